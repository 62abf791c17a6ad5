package imap

import (
	"context"
	"iter"
	"slices"
	"strings"
)

// Event is something that the server told by itself about any mailbox: one of
// SelectedChanged, StatusChanged, NameChanged, MetadataChanged, NotifyEnded,
// Other or Overflow.
type Event interface{ event() }

// SelectedChanged is news of the mailbox that is selected.
type SelectedChanged struct {
	Mailbox string
	Update  Update
}

// StatusChanged says how a mailbox is that is not selected, after messages came
// or went or changed. Only what the server told is set: UIDNEXT and MESSAGES
// when messages came or went, HIGHESTMODSEQ where CONDSTORE or QRESYNC is
// enabled, UIDVALIDITY when it changed (RFC 5465 §5.1 to §5.3).
type StatusChanged struct{ Status *MailboxStatus }

// NameChanged says that a mailbox was created, deleted, renamed, subscribed,
// unsubscribed, or that access to it was lost or given (RFC 5465 §5.4, §5.5,
// §5.9). Of a rename it is told once, for the mailboxes below it too.
type NameChanged struct {
	Entry *ListEntry
	// OldName is what the mailbox was called before; "": it was not renamed.
	OldName string
}

// Gone says that there is no such mailbox any more.
func (e NameChanged) Gone() bool { return e.Entry.has(`\NonExistent`) }

// NoAccess says that the mailbox must not be read, or that what was asked to
// be told of it will not be.
func (e NameChanged) NoAccess() bool { return e.Entry.has(`\NoAccess`) }

// Subscribed says that the user is subscribed to the mailbox.
func (e NameChanged) Subscribed() bool { return e.Entry.has(`\Subscribed`) }

func (e *ListEntry) has(attribute string) bool {
	return slices.ContainsFunc(e.Attributes, func(a string) bool { return strings.EqualFold(a, attribute) })
}

// NotifyEnded says that the server will tell nothing more, of no mailbox, until
// Notify is called again (NOTIFICATIONOVERFLOW, RFC 5465 §5.8).
type NotifyEnded struct{ Text string } // the server's, not to be trusted

func (SelectedChanged) event() {}
func (StatusChanged) event()   {}
func (NameChanged) event()     {}
func (NotifyEnded) event()     {}
func (Other) event()           {}
func (Overflow) event()        {}
func (MetadataChanged) event() {}

// Events yields what the server tells by itself about any mailbox, as Notify
// has asked for, until ctx is done, the connection is gone or break. Without
// Notify it yields what comes of the selected mailbox.
//
// What comes while nobody loops, after Notify, is kept for the next loop. An
// Overflow stands for what was dropped because the loop was too slow: look at
// the mailboxes anew. An answer to Status or List may be yielded too, as it
// cannot be told from news.
//
// It sends nothing: a connection that has died is found by the next command, so
// call Noop now and then, or loop over Idle.
func (c *Client) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		l := c.hear()
		var rest []Event
		defer func() { c.unhear(l, rest) }()
		for {
			items, err := c.nextEvents(ctx, l)
			for i, e := range items {
				if rest = items[i+1:]; !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// hear joins the listeners, or takes over from the loop before.
func (c *Client) hear() *listener[Event] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.notify.kept; l != nil {
		c.notify.kept = nil
		return l
	}
	return c.events.join()
}

// unhear ends a loop. The last one leaves its listener, and what it did not
// yield, to the next.
func (c *Client) unhear(l *listener[Event], rest []Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.waiting = false; c.notify.on && len(c.events.all) == 1 && c.closed == nil {
		l.giveBack(rest)
		c.notify.kept = l
		return
	}
	c.events.leave(l)
}

// nextEvents returns what there is, waiting for the first.
func (c *Client) nextEvents(ctx context.Context, l *listener[Event]) ([]Event, error) {
	for {
		c.mu.Lock()
		items, err := l.take(), l.err
		if l.dropped > 0 {
			items, l.dropped = append(items, Overflow{Dropped: l.dropped}), 0
		}
		if l.waiting = len(items) == 0 && err == nil; l.waiting {
			c.wake()
		}
		c.mu.Unlock()
		if len(items) > 0 {
			return items, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			return nil, canceled(ctx, "events")
		}
	}
}

// tellSelected hands news of a mailbox to those who listen for events. What
// names its mailbox itself, or none, is told by tell; alerts are notices.
func (c *Client) tellSelected(m *Mailbox, u Update, size int) {
	if len(c.events.all) == 0 || c.box != m {
		return
	}
	switch x := u.(type) {
	case Other, MetadataChanged, Alert:
		return
	case Changed:
		u = Changed{x.Message.copy()}
	}
	c.events.add(SelectedChanged{m.name, u}, size)
}

// tell hands a response that is about no message to those who listen for
// events; up is what it is as an update. by is the call that it answers, nil if
// there is none. With NOTIFY on, news of mailboxes may come among the answers to
// LIST and STATUS: then all of these are events, so that none is missed. The
// answer to NOTIFY is not.
func (c *Client) tell(r *response, by *call, up Update) {
	if len(c.events.all) == 0 {
		return
	}
	news := by == nil || c.notify.on && by.name != "NOTIFY"
	switch u := up.(type) {
	case Other:
		c.events.add(u, max(r.size, 1))
		return
	case MetadataChanged:
		c.events.add(u, max(r.size, 1))
		return
	}
	switch {
	case r.kind == kindStatus && news:
		s := *r.mbox
		c.events.add(StatusChanged{&s}, max(r.size, 1))
	case r.kind == kindList && news:
		e := *r.list
		c.events.add(NameChanged{Entry: &e, OldName: e.OldName}, max(r.size, 1))
	}
}
