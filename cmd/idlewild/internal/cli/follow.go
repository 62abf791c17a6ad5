package cli

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/watch"
)

// errEnough says that --count events were put out.
var errEnough = errors.New("enough")

// errInterrupted says that ctx was done before an event was dealt with.
var errInterrupted = errors.New("interrupted")

// follower watches the mailboxes of an account.
type follower struct {
	sink      *sink
	target    target
	mailboxes []string
	watcher   *watch.Watcher
}

// run returns nil when ctx is done, errEnough, or why it had to end.
func (f *follower) run(ctx context.Context) error {
	for batch, err := range f.watcher.Watch(ctx) {
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = f.take(ctx, batch)
		}
		if errors.Is(err, errInterrupted) {
			return nil // what was not dealt with comes again
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take deals with a batch and then commits it. If there is a command, that is
// done event by event: what it has taken does not come again.
func (f *follower) take(ctx context.Context, batch *watch.Batch) error {
	for i, event := range batch.Events {
		r := recordOf(f.target.account(), batch.Mailbox, event)
		if r == nil {
			continue
		}
		last, err := f.sink.show(ctx, r)
		if err != nil {
			return err
		}
		taken, err := f.sink.run(ctx, r)
		if err != nil {
			return err
		}
		if taken || last {
			if err := batch.CommitFirst(i + 1); err != nil {
				return err
			}
		}
		if last {
			return errEnough
		}
	}
	return batch.Commit()
}
