package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// Batch is what the loop over Watch gets: some events, at least one, in order.
// It is the receiver's to keep.
type Batch struct {
	// Mailbox is the mailbox that the events are about, by the name that the
	// Watcher was given; "": they are about the connection.
	Mailbox string
	Events  []Event
	// Cursor is where to go on in Mailbox once all events up to these are
	// handled.
	Cursor Cursor
	// Open may be used until the loop's body ends, to fetch what arrived for
	// instance; it is open read-only. Nil: there is no connection, or the
	// mailbox is not open. The body may also use its Client, and even select
	// other mailboxes: the Watcher then opens its own again.
	Open *imap.Mailbox

	before Cursor // of Mailbox, before the events
	save   func(context.Context, Cursor) error
	taken  chan struct{} // is closed when the loop's body has ended
}

// NewBatch makes a Batch that no Watch has made: for what is fed with batches in
// a test (package watchtest has a whole source of them), or for events from
// elsewhere. Its Commit calls commit with its Cursor, its CommitFirst with the
// place behind the last message that is committed. That may be by any goroutine,
// more than once and never; nil: both do nothing. Cursor and Open are the caller's
// to set.
func NewBatch(mailbox string, events []Event, commit func(context.Context, Cursor) error) *Batch {
	return &Batch{Mailbox: mailbox, Events: events, save: commit}
}

// Commit saves Cursor in the Watcher's Store: this batch and all before it in
// this mailbox are handled and will not be reported again. Nothing is saved
// without it, so what was reported since the last Commit is reported again after
// a restart, with the same IDs.
//
// Commit batches in order. One that comes after a later one of its mailbox is
// ErrBackward. Without a Store, and for batches about the connection, it does
// nothing. It may be called after Watch's Context is done, after the loop, and
// by any goroutine.
func (b *Batch) Commit() error {
	if b.save == nil {
		return nil
	}
	return b.save(context.Background(), b.Cursor)
}

// CommitFirst is Commit for the first n of the Events only: those behind them
// come again after a restart, unless a later Commit saves more. Events that are
// not Arrived count with the message behind them, so some may come again too.
// Call it with growing n: one that would take back what is committed is
// ErrBackward, and saves nothing.
func (b *Batch) CommitFirst(n int) error {
	if n >= len(b.Events) {
		return b.Commit()
	}
	for i := n - 1; i >= 0 && b.save != nil; i-- {
		if m, ok := b.Events[i].(Arrived); ok {
			c := b.before
			if c.UIDValidity != m.UIDValidity {
				c = Cursor{UIDValidity: m.UIDValidity}
			}
			c.UIDNext = m.UID + 1
			return b.save(context.Background(), c)
		}
	}
	return nil
}
