package watch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// errLeft says that the loop was left.
var errLeft = errors.New("the loop was left")

// errGoexit says that what the user gave us has called runtime.Goexit, as a test's
// FailNow does.
var errGoexit = errors.New("the Watcher's Dial, or its Store, has ended the goroutine that it was called on")

// run is one call of Watch. The caller's goroutine is the hub, which runs the
// loop's body and nothing else; each connection has a goroutine, its line's. A
// line hands its batches to the hub and waits until the body has ended.
type run struct {
	*settings
	boxes   []*box
	batches chan *Batch
	ended   chan error // a line has ended, and the Watch is to end
	spots   *spots

	logins logins      // what the lines share of them
	begun  atomic.Bool // there was a connection

	mu    sync.Mutex
	lines []*line
	mode  Mode
	wg    sync.WaitGroup
}

func newRun(s *settings) *run {
	r := &run{settings: s, batches: make(chan *Batch), ended: make(chan error), spots: newSpots()}
	for _, name := range s.mailboxes {
		r.boxes = append(r.boxes, newBox(r, name))
	}
	return r
}

// run is the hub.
func (r *run) run(ctx context.Context, yield func(*Batch, error) bool) error {
	for _, b := range r.boxes {
		if err := b.load(ctx); err != nil {
			return err
		}
	}
	working, leave := context.WithCancelCause(ctx)
	defer r.wg.Wait()
	defer leave(errLeft)
	r.begin(working, r.boxes)
	for {
		select {
		case b := <-r.batches:
			if !body(b, yield) {
				return errLeft
			}
		case err := <-r.ended:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// body runs the loop's body, which may panic.
func body(b *Batch, yield func(*Batch, error) bool) bool {
	defer close(b.taken)
	return yield(b, nil)
}

// begin starts a line for some mailboxes.
func (r *run) begin(ctx context.Context, boxes []*box) {
	l := newLine(r, boxes)
	r.mu.Lock()
	r.lines = append(r.lines, l)
	r.mu.Unlock()
	r.wg.Go(func() {
		err := errGoexit
		defer func() {
			if err == errGoexit {
				r.end(ctx, err)
			}
		}()
		err = l.work(ctx)
		r.remove(l)
		if err == nil {
			return // others have its mailboxes now
		}
		r.end(ctx, err)
	})
}

// end ends the Watch.
func (r *run) end(ctx context.Context, err error) {
	select {
	case r.ended <- err:
	case <-ctx.Done():
	}
}

func (r *run) remove(l *line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.lines {
		if other == l {
			r.lines = append(r.lines[:i:i], r.lines[i+1:]...)
		}
	}
}

// emit hands a batch to the hub and returns when the body has ended.
func (r *run) emit(ctx context.Context, b *Batch) error {
	b.taken = make(chan struct{})
	select {
	case r.batches <- b:
		<-b.taken
		return ctxErr(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func ctxErr(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
