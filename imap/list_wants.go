package imap

import (
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// listWants is what a List wants beyond names.
type listWants uint16

const (
	selectSubscribed listWants = 1 << iota
	selectRemote
	selectRecursive
	selectSpecialUse
	returnSubscribed
	returnChildren
	returnSpecialUse
	returnStatus
	returnMyRights
	returnMetadata
	manyPatterns

	selections = selectSubscribed | selectRemote | selectRecursive | selectSpecialUse
	mailboxes  = returnStatus | returnMyRights | returnMetadata // what is known of each
)

// listLadder is what is left out, step by step, if a server that claims to
// support all of it refuses: first what is refused most.
var listLadder = [...]listWants{
	returnMetadata, returnMyRights, returnStatus, returnSubscribed, selectSpecialUse, returnSpecialUse, returnChildren,
	manyPatterns, selectSubscribed | selectRecursive | selectRemote,
}

func (o *ListOptions) wants() (w listWants) {
	for _, x := range []struct {
		on bool
		w  listWants
	}{
		{o.SelectSubscribed, selectSubscribed}, {o.SelectRemote, selectRemote},
		{o.SelectRecursiveMatch, selectRecursive}, {o.SelectSpecialUse, selectSpecialUse},
		{o.ReturnSubscribed, returnSubscribed}, {o.ReturnChildren, returnChildren},
		{o.ReturnSpecialUse, returnSpecialUse}, {len(o.ReturnStatus) > 0, returnStatus},
		{o.ReturnMyRights, returnMyRights}, {len(o.ReturnMetadata) > 0, returnMetadata},
		{len(o.Patterns) > 0, manyPatterns},
	} {
		if x.on {
			w |= x.w
		}
	}
	return w
}

// listable is what the server's LIST can do, as far as is known.
func (c *Client) listable() listWants {
	var can listWants
	for _, x := range []struct {
		capability string
		w          listWants
	}{
		{"LIST-EXTENDED", selectSubscribed | selectRemote | selectRecursive | returnSubscribed | returnChildren | manyPatterns},
		{"IMAP4REV2", selectSubscribed | selectRemote | selectRecursive | returnSubscribed | returnChildren | manyPatterns | returnStatus},
		{"LIST-STATUS", returnStatus}, {"LIST-MYRIGHTS", returnMyRights}, {"LIST-METADATA", returnMetadata},
	} {
		if c.caps.has(x.capability) {
			can |= x.w
		}
	}
	if c.caps.has("SPECIAL-USE") && can&selectSubscribed != 0 {
		can |= selectSpecialUse | returnSpecialUse
	}
	return can &^ c.listRefused
}

// RFC 5258 §6, list-select-opts
func (l *listing) addSelection(cmd *wire.Command) {
	if l.ask&selections == 0 {
		return
	}
	cmd.List(func() {
		l.addOption(cmd, selectSubscribed, "SUBSCRIBED")
		l.addOption(cmd, selectRemote, "REMOTE")
		l.addOption(cmd, selectSpecialUse, "SPECIAL-USE")
		l.addOption(cmd, selectRecursive, "RECURSIVEMATCH")
	})
}

// RFC 5258 §6, list-return-opts
func (l *listing) addReturn(cmd *wire.Command) {
	if l.ask&^(selections|manyPatterns) == 0 {
		return
	}
	cmd.Atom("RETURN").List(func() {
		l.addOption(cmd, returnSubscribed, "SUBSCRIBED")
		l.addOption(cmd, returnChildren, "CHILDREN")
		l.addOption(cmd, returnSpecialUse, "SPECIAL-USE")
		l.addOption(cmd, returnMyRights, "MYRIGHTS")
		if l.addOption(cmd, returnStatus, "STATUS") {
			cmd.List(func() {
				for _, item := range l.opts.ReturnStatus {
					cmd.Atom(string(item))
				}
			})
		}
		if l.addOption(cmd, returnMetadata, "METADATA") {
			cmd.List(func() {
				for _, name := range l.opts.ReturnMetadata {
					addEntryName(cmd, name)
				}
			})
		}
	})
}

func (l *listing) addOption(cmd *wire.Command, w listWants, name string) bool {
	if l.ask&w == 0 {
		return false
	}
	cmd.Atom(name)
	return true
}

// answers are the responses that the command brings.
func (l *listing) answers() []string {
	all := []string{l.name}
	if l.kind == kindList {
		all = []string{"LIST", "XLIST"}
	}
	if l.ask&returnStatus != 0 {
		all = append(all, "STATUS")
	}
	if l.ask&returnMyRights != 0 {
		all = append(all, "MYRIGHTS")
	}
	if l.ask&returnMetadata != 0 {
		all = append(all, "METADATA")
	}
	return all
}

// footprint of a LIST: one that brings STATUS is to others what that is.
func (w listWants) footprint() footprint {
	f := footprint{class: classList, tells: w&mailboxes != 0}
	if w&returnStatus != 0 {
		f.class = classStatus
	}
	return f
}
