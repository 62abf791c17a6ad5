package cli

import (
	"context"
	"errors"
	"time"

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

// followAll runs the followers until ctx is done or one of them ends, which
// ends all.
func followAll(ctx context.Context, followers []*follower) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, f := range followers {
		go func() {
			err := f.run(ctx)
			if err != nil && !errors.Is(err, errEnough) {
				err = suggest(ctx, f.watcher.Dial, explain(f.target, f.mailboxes, err))
			}
			ended <- err
		}()
	}
	var first error
	for range followers {
		if err := <-ended; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	if errors.Is(first, errEnough) {
		return nil
	}
	return first
}

// showLive keeps the live line up to date until stop is called.
func (s *sink) showLive(followers []*follower) (stop func()) {
	if !s.out.terminal() {
		return func() {}
	}
	s.status.watch(followers)
	s.env.screen.Store(s.out)
	s.out.setLive(func(columns int) string { return s.status.live(s.out.style, columns) })
	tick := time.NewTicker(time.Second)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick.C:
				s.out.refresh()
			case <-done:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(done)
		<-ended
		s.env.screen.Store(nil)
		s.out.setLive(nil)
	}
}
