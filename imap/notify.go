package imap

import (
	"context"
	"errors"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// NotifyOptions say what the server is to tell of by itself (RFC 5465).
type NotifyOptions struct {
	// Groups are mailboxes and the events in them. Without one for
	// NotifySelected or NotifySelectedDelayed the server tells nothing more of
	// the selected mailbox, also not in IDLE.
	Groups []NotifyGroup
	// Status asks for the present STATUS of the mailboxes, but the selected one,
	// which Notify then returns: what comes later is told against that.
	Status bool
}

// NotifyGroup is some mailboxes and what to tell of them.
type NotifyGroup struct {
	Mailboxes NotifyMailboxes
	// Names are the mailboxes of NotifySubtree and NotifyNamed; "*" and "%"
	// mean nothing in them.
	Names []string
	// Events are what to tell of; none: NONE. NotifyMessageNew and
	// NotifyMessageExpunge go together, NotifyFlagChange and
	// NotifyAnnotationChange need both, and of the selected mailbox these four
	// are all that there is.
	Events []NotifyEvent
	// Fetch is what to tell of a message that is new in the selected mailbox;
	// nil: only that it is there. MarkSeen and Slice have no place in it.
	Fetch *FetchOptions
}

// NotifyMailboxes says which mailboxes (RFC 5465 §6).
type NotifyMailboxes uint8

// The kinds of mailboxes. All but the first two leave the selected one out.
const (
	// NotifySelected is whatever mailbox is selected. Messages may then be
	// expunged at any time.
	NotifySelected NotifyMailboxes = iota
	// NotifySelectedDelayed tells of expunges only during commands that allow
	// it, and in IDLE.
	NotifySelectedDelayed
	NotifyInboxes    // those to which mail is delivered
	NotifyPersonal   // all in the user's own namespaces
	NotifySubscribed // those that the user is subscribed to
	NotifySubtree    // Names, and what is below them
	NotifyNamed      // Names alone
)

// word is the ABNF's filter-mailboxes.
func (m NotifyMailboxes) word() string {
	words := []string{"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED", "SUBTREE", "MAILBOXES"}
	if int(m) < len(words) {
		return words[m]
	}
	return ""
}

// NotifyEvent is a kind of event (RFC 5465 §5). Any atom will do; these are the
// known ones.
type NotifyEvent string

// The kinds of event.
const (
	NotifyMessageNew            NotifyEvent = "MessageNew"
	NotifyMessageExpunge        NotifyEvent = "MessageExpunge"
	NotifyFlagChange            NotifyEvent = "FlagChange"
	NotifyAnnotationChange      NotifyEvent = "AnnotationChange"
	NotifyMailboxName           NotifyEvent = "MailboxName" // created, deleted, renamed
	NotifySubscriptionChange    NotifyEvent = "SubscriptionChange"
	NotifyMailboxMetadataChange NotifyEvent = "MailboxMetadataChange"
	NotifyServerMetadataChange  NotifyEvent = "ServerMetadataChange"
)

// BadEventError is a NOTIFY that the server refused because it does not know
// an event (BADEVENT). errors.As also finds the *ResponseError in it.
type BadEventError struct {
	*ResponseError
	Supported []NotifyEvent // what it does know
}

// Unwrap returns the ResponseError.
func (e *BadEventError) Unwrap() error { return e.ResponseError }

// ErrNotNotified says that IDLE would hear nothing: NOTIFY is set without the
// selected mailbox, or the server has ended its notifications
// (NOTIFICATIONOVERFLOW). Notify with NotifySelectedDelayed makes IDLE hear
// again.
var ErrNotNotified = errors.New("imap: the server tells nothing of the selected mailbox (NOTIFY)")

// Notify asks the server to tell of changes in many mailboxes by itself, also
// when no command is under way (NOTIFY, RFC 5465); [Client.Events] yields what
// it tells. The new setting replaces the one before; nil, or no groups, is
// NOTIFY NONE: nothing is told any more, not even of the selected mailbox in
// IDLE. Without Status the answer is nil.
//
// A loop over Idle may run beside one over Events, and with Dovecot it must
// where the selected mailbox matters: Dovecot tells of that one only in IDLE and
// in answer to commands, whatever NotifySelected promises. It also tells more
// than was asked for: STATUS of mailboxes of which only names are wanted.
//
// Between Notify and the first loop over Events nothing is missed. Names that
// do not exist are passed over by the server.
//
// Errors: *UnsupportedError without the capability NOTIFY; *BadEventError if
// the server does not know an event; a *ResponseError with
// CodeNotificationOverflow if it is too much for it.
func (c *Client) Notify(ctx context.Context, opts *NotifyOptions) ([]*MailboxStatus, error) {
	if opts == nil {
		opts = &NotifyOptions{}
	}
	if !c.offers("NOTIFY") {
		return nil, &UnsupportedError{Capability: "NOTIFY", What: "Notify"}
	}
	for _, g := range opts.Groups {
		if g.Fetch == nil {
			continue
		}
		if err := c.supports(g.Fetch); err != nil {
			return nil, err
		}
	}
	n := &notifying{c: c, opts: opts}
	err := c.do(ctx, n.call())
	if err == nil {
		err = n.err
	}
	if err != nil {
		return nil, badEvent(err)
	}
	return n.found, nil
}

// badEvent gives a refusal for an unknown event its type. The data of the code
// is a list of atoms.
func badEvent(err error) error {
	refused, ok := err.(*ResponseError)
	if !ok || refused.Code != CodeBadEvent {
		return err
	}
	bad := &BadEventError{ResponseError: refused}
	for _, name := range strings.Fields(strings.Trim(refused.Data, "() ")) {
		bad.Supported = append(bad.Supported, NotifyEvent(name))
	}
	return bad
}

// notifying is one NOTIFY under way.
type notifying struct {
	c     *Client
	opts  *NotifyOptions
	found []*MailboxStatus
	size  int64
	err   error
}

func (n *notifying) call() *call {
	c := n.c
	k := &call{name: "NOTIFY", foot: footprint{class: classBarrier}, slow: true}
	k.prepare = n.command
	var before notifyState
	k.written = func() {
		before = c.notify
		c.notify.begin(c, n.opts)
	}
	k.claim = func(r *response) bool {
		if r.kind != kindStatus {
			return false
		}
		c.learnStatus(r.mbox)
		if !k.abandoned {
			n.add(r)
		}
		return true
	}
	k.finish = func(r *response) {
		if r.status == StatusOK {
			c.notify.set(c, n.opts)
		} else {
			c.notify.restore(c, before)
		}
	}
	return k
}

func (n *notifying) add(r *response) {
	most := n.c.opts.Limits.Held
	switch n.size += int64(r.size + 200); {
	case len(n.found) == maxListed:
		n.err = &wire.LimitError{What: "number of mailboxes", Max: maxListed}
	case n.size > most:
		n.err = &wire.LimitError{What: "answer to NOTIFY", Max: uint64(most)}
	default:
		n.found = append(n.found, r.mbox)
	}
}

// RFC 5465 §8, notify
func (n *notifying) command() (*wire.Command, error) {
	cmd := wire.NewCommand("NOTIFY")
	if len(n.opts.Groups) == 0 {
		return cmd.Atom("NONE"), nil
	}
	if cmd.Atom("SET"); n.opts.Status {
		cmd.Atom("STATUS")
	}
	selected := 0
	for _, g := range n.opts.Groups {
		if g.selected() {
			selected++
		}
		if reason := g.wrong(); reason != "" || selected > 1 {
			if reason == "" {
				reason = "there is only one selected mailbox"
			}
			return nil, &wire.ArgumentError{Kind: "NOTIFY group", Value: g.Mailboxes.word(), Reason: reason}
		}
		cmd.List(func() { g.addTo(cmd, n.spell(g.Names)) })
	}
	return cmd, nil
}

// spell returns names as they are to be sent.
func (n *notifying) spell(names []string) (spelled []string) {
	for _, name := range names {
		sent := n.c.names.wire(name)
		if spelled = append(spelled, sent); sent != name && n.c.quirk(QuirkNotifyUTF8) {
			spelled = append(spelled, name)
		}
	}
	return spelled
}

// selected says whether the group is about the selected mailbox.
func (g *NotifyGroup) selected() bool { return g.Mailboxes <= NotifySelectedDelayed }

// has says whether the group has one of some events.
func (g *NotifyGroup) has(events ...NotifyEvent) bool {
	for _, e := range g.Events {
		for _, want := range events {
			if strings.EqualFold(string(e), string(want)) {
				return true
			}
		}
	}
	return false
}

// wrong is what is wrong with the group, which the server would answer with
// BAD (RFC 5465 §5 and §6).
func (g *NotifyGroup) wrong() string {
	named := g.Mailboxes == NotifySubtree || g.Mailboxes == NotifyNamed
	comes, goes := g.has(NotifyMessageNew), g.has(NotifyMessageExpunge)
	switch {
	case g.Mailboxes.word() == "":
		return "there is no such kind of mailboxes"
	case named != (len(g.Names) > 0):
		return "Names belong to NotifySubtree and NotifyNamed"
	case comes != goes:
		return "MessageNew and MessageExpunge go together"
	case !comes && g.has(NotifyFlagChange, NotifyAnnotationChange):
		return "FlagChange and AnnotationChange need MessageNew and MessageExpunge"
	case g.selected() && g.has(NotifyMailboxName, NotifySubscriptionChange, NotifyMailboxMetadataChange, NotifyServerMetadataChange):
		return "of the selected mailbox only events of messages can be told"
	case g.Fetch != nil && (!g.selected() || !comes):
		return "Fetch belongs to MessageNew of the selected mailbox"
	case g.Fetch != nil && g.Fetch.MarkSeen:
		return "Fetch must not mark messages as seen"
	}
	return ""
}

// RFC 5465 §8, event-group
func (g *NotifyGroup) addTo(cmd *wire.Command, names []string) {
	cmd.Atom(g.Mailboxes.word())
	if len(names) > 0 {
		addOneOrMore(cmd, names, func(name string) { cmd.AString(name) })
	}
	if len(g.Events) == 0 {
		cmd.Atom("NONE")
		return
	}
	cmd.List(func() {
		for _, e := range g.Events {
			cmd.Atom(string(e))
			if g.Fetch != nil && strings.EqualFold(string(e), string(NotifyMessageNew)) {
				cmd.List(func() { g.Fetch.addAll(cmd) })
			}
		}
	})
}
