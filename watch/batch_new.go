package watch

import "context"

// NewBatch makes a Batch that no Watch has made: for what is fed with batches in
// a test (package watchtest has a whole source of them), or for events from
// elsewhere. Its Commit calls commit with its Cursor, its CommitFirst with the
// place behind the last message that is committed. That may be by any goroutine,
// more than once and never; nil: both do nothing. Cursor and Open are the caller's
// to set.
func NewBatch(mailbox string, events []Event, commit func(context.Context, Cursor) error) *Batch {
	return &Batch{Mailbox: mailbox, Events: events, save: commit}
}
