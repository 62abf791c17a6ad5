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

	save  func(context.Context) error
	taken chan struct{} // is closed when the loop's body has ended
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
	return b.save(context.Background())
}
