package imap

import (
	"context"
	"strings"
)

// SpecialUse is what a mailbox is for: an attribute of LIST (RFC 6154 §2). It
// is given by CreateMailbox, and changed where the server lets it by the
// metadata "/private/specialuse".
type SpecialUse string

// The special uses.
const (
	SpecialAll       SpecialUse = `\All`       // all messages, in a view
	SpecialArchive   SpecialUse = `\Archive`   // messages that were put away
	SpecialDrafts    SpecialUse = `\Drafts`    // not sent yet
	SpecialFlagged   SpecialUse = `\Flagged`   // those with that flag, in a view
	SpecialImportant SpecialUse = `\Important` // RFC 8457
	SpecialJunk      SpecialUse = `\Junk`      // spam
	SpecialSent      SpecialUse = `\Sent`
	SpecialTrash     SpecialUse = `\Trash`
)

// specialUses are those that RFCs define.
var specialUses = [...]SpecialUse{
	SpecialAll, SpecialArchive, SpecialDrafts, SpecialFlagged, SpecialImportant, SpecialJunk, SpecialSent, SpecialTrash,
}

// SpecialMailbox is a mailbox that has a special use, and how that is known.
type SpecialMailbox struct {
	*ListEntry
	Use SpecialUse
	By  SpecialBy
}

// SpecialBy is how it is known what a mailbox is for.
type SpecialBy string

// The ways to know it.
const (
	SpecialByAttribute SpecialBy = "attribute" // the server says so
	SpecialByName      SpecialBy = "name"      // it is what such a mailbox is usually called
)

// SpecialMailboxes finds the mailboxes for sent mail, drafts and so on, one for
// each use that there is one for. What the server says counts (SPECIAL-USE, RFC
// 6154, XLIST, or whatever LIST tells by itself); only where it says nothing of
// a use, a mailbox is taken that is called so in one of many languages, at the
// top of the user's own mailboxes. It sends LIST, and NAMESPACE if it can.
//
//	boxes, err := c.SpecialMailboxes(ctx)
//	if sent, ok := boxes[imap.SpecialSent]; ok {
//		_, err = c.Append(ctx, sent.Mailbox, …)
//	}
func (c *Client) SpecialMailboxes(ctx context.Context) (map[SpecialUse]SpecialMailbox, error) {
	var all []*ListEntry
	for e, err := range c.List(ctx, "*", &ListOptions{ReturnSpecialUse: true}) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	found := byAttribute(all)
	if len(found) == len(specialUses) {
		return found, nil
	}
	prefixes, err := c.personalPrefixes(ctx)
	if err != nil {
		return nil, err
	}
	byName(found, all, prefixes)
	return found, nil
}

// maxPrefixes is how many namespaces of the user's own are looked at; there is
// one, mostly.
const maxPrefixes = 20

// personalPrefixes are what the names of the user's own mailboxes begin with,
// beside nothing and what is below INBOX.
func (c *Client) personalPrefixes(ctx context.Context) ([]string, error) {
	var prefixes []string
	if !c.offers("NAMESPACE", "IMAP4REV2") {
		return nil, nil
	}
	spaces, err := c.Namespace(ctx)
	if err != nil {
		// Servers advertise it and do not have it.
		return nil, c.Err()
	}
	for _, n := range spaces.Personal[:min(len(spaces.Personal), maxPrefixes)] {
		prefixes = append(prefixes, n.Prefix)
	}
	return prefixes, nil
}

func byAttribute(all []*ListEntry) map[SpecialUse]SpecialMailbox {
	found := make(map[SpecialUse]SpecialMailbox)
	for _, e := range all {
		for _, use := range e.SpecialUses() {
			if have, ok := found[use]; !ok || !have.Selectable() && e.Selectable() {
				found[use] = SpecialMailbox{e, use, SpecialByAttribute}
			}
		}
	}
	return found
}

// byName finds the uses that no attribute tells. A mailbox that is said to be
// for something else is not taken.
func byName(found map[SpecialUse]SpecialMailbox, all []*ListEntry, prefixes []string) {
	named := make(map[string]*ListEntry)
	for _, e := range all {
		if !e.Selectable() || len(e.SpecialUses()) > 0 {
			continue
		}
		if base, ok := topName(e, prefixes); ok && named[base] == nil {
			named[base] = e
		}
	}
	for use, names := range specialNames() {
		if _, ok := found[use]; ok {
			continue
		}
		for _, name := range names {
			if e := named[name]; e != nil {
				found[use] = SpecialMailbox{e, use, SpecialByName}
				break
			}
		}
	}
}

// topName returns a mailbox's name below a prefix, in lower case; ok is false
// if it is not right below one.
func topName(e *ListEntry, prefixes []string) (name string, ok bool) {
	name = e.Mailbox
	below := append([]string{"INBOX" + e.Delimiter, "[Gmail]" + e.Delimiter, "[Google Mail]" + e.Delimiter}, prefixes...)
	for _, p := range below {
		if e.Delimiter != "" && p != "" && len(name) > len(p) && strings.EqualFold(name[:len(p)], p) {
			name = name[len(p):]
			break
		}
	}
	if e.Delimiter != "" && strings.Contains(name, e.Delimiter) {
		return "", false
	}
	return strings.ToLower(strings.TrimSpace(name)), true
}
