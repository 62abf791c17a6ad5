package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// Batch is what the loop over Watch gets: some events, at least one, in order.
// It is the receiver's to keep.
type Batch struct {
	Events []Event
	// Cursor is where to go on once all events up to these are handled.
	Cursor Cursor
	// Mailbox may be used until the loop's body ends, to fetch what arrived for
	// instance; it is open read-only. Nil: there is no connection. The body may
	// also use its Client, and even select other mailboxes: the Watcher then
	// opens its own again.
	Mailbox *imap.Mailbox

	save func(context.Context) error
}

// Commit saves Cursor in the Watcher's Store: this batch and all before it are
// handled and will not be reported again. Nothing is saved without it, so what
// was reported since the last Commit is reported again after a restart, with
// the same IDs.
//
// Commit batches in order. One that comes after a later one is ErrBackward.
// Without a Store it does nothing. It may be called after Watch's Context is
// done, and after the loop.
func (b *Batch) Commit() error {
	if b.save == nil {
		return nil
	}
	return b.save(context.Background())
}
