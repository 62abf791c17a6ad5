package watch

import "context"

// NewBatch makes a Batch that no Watch has made: for what is fed with batches in
// a test (package watchtest has a whole source of them), or for events from
// elsewhere. Its Commit calls commit, which must be ready to be called by any
// goroutine, more than once and never; nil: Commit does nothing. Cursor and Open
// are the caller's to set.
func NewBatch(mailbox string, events []Event, commit func(context.Context) error) *Batch {
	return &Batch{Mailbox: mailbox, Events: events, save: commit}
}
