package watch

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// line is one connection after another, for some of the mailboxes, on one
// goroutine.
type line struct {
	*run
	pace     pace
	renewal  renewal
	patience patience
	began    bool        // there was a connection
	looks    uint64      // complete scans
	panics   []time.Time // the last ones
	alerts   alertQueue

	mu      sync.Mutex
	boxes   []*box
	session *session // the present connection; nil: none
}

func newLine(r *run, boxes []*box) *line {
	return &line{run: r, boxes: slices.Clone(boxes),
		pace:    pace{max: r.maxWait, rand: r.rand, logins: &r.logins},
		renewal: renewal{most: r.scanEvery}}
}

// mine are the line's mailboxes now.
func (l *line) mine() []*box {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.boxes)
}

func (l *line) names() (names []string) {
	for _, b := range l.mine() {
		names = append(names, b.name)
	}
	return names
}

// adopt gives the line more mailboxes.
func (l *line) adopt(boxes []*box) {
	l.mu.Lock()
	l.boxes = append(l.boxes, boxes...)
	s := l.session
	l.mu.Unlock()
	if s != nil {
		s.poke()
	}
}

// keep takes all other mailboxes away from the line.
func (l *line) keep(boxes []*box) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.boxes = slices.Clone(boxes)
}

// fatalError ends the Watch although there was a connection.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// work connects again and again. It returns nil if the line's mailboxes are
// another line's now.
func (l *line) work(ctx context.Context) error {
	for {
		err := l.connection(ctx)
		var fatal fatalError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &fatal):
			return fatal.error
		case !l.begun.Load() && !l.patient && l.first():
			return err
		case isTooManyConnections(err) && l.merge():
			l.pace.tried()
			return nil
		}
		if err := l.pause(ctx, err); err != nil {
			return err
		}
	}
}

// connection makes one and works on it until it is lost, which is the error. A
// panic in it, or in Dial, is one too: it must not bring down other accounts.
func (l *line) connection(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = l.panicked(&panicError{v, debug.Stack()})
		}
	}()
	if err := l.await(ctx); err != nil {
		return err
	}
	dialing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // when the connection has ended: what Dial has started may need it
	late := time.AfterFunc(longestDial, func() { cancel(errLongDial) })
	client, err := l.dial(dialing)
	late.Stop()
	if err == nil && client == nil {
		err = errNoClient
	}
	if err != nil {
		if client != nil {
			_ = client.Close()
		}
		return err
	}
	s := newSession(l, client)
	defer s.hangUp(ctx)
	err = s.work(ctx)
	if s.gaveUp.Load() && !is[fatalError](err) {
		return errNoAnswer
	}
	if errors.Is(err, imap.ErrTimeout) { // nobody is there to say goodbye to
		_ = client.Close()
	}
	return err
}

// await waits for the line's turn to log in. That the credentials were refused to
// another line is told.
func (l *line) await(ctx context.Context) error {
	told := false
	for {
		t := l.pace.ready()
		if t.changed == nil {
			return nil
		}
		if t.why != nil && !told {
			told = true
			off := l.pace.held(t)
			off.Mailboxes = l.names()
			if err := l.tell(ctx, off); err != nil {
				return err
			}
		}
		if err := l.rest(ctx, t.until, t.changed, false); err != nil {
			return err
		}
	}
}

// pause tells of a lost connection and waits until the next attempt.
func (l *line) pause(ctx context.Context, err error) error {
	off := l.pace.next(err)
	off.Mailboxes = l.names()
	l.log.Warn("watch: offline", "reason", off.Reason, "class", off.Class, "retry", off.Retry, "attempt", off.Attempt, "error", err)
	if err := l.tell(ctx, append(append(l.alerts.take(time.Now()), off), l.pace.also()...)...); err != nil {
		return err
	}
	return l.rest(ctx, time.Now().Add(off.Retry), newsOf(err), off.Class == ClassOutage)
}

// rest waits, though not when there is news about the login, and tells of
// mailboxes that become stale meanwhile. With jumps it also ends when time was
// lost: after a suspension there is a network again, or another one.
func (l *line) rest(ctx context.Context, until time.Time, news <-chan struct{}, jumps bool) error {
	clock := newClock(l.wall)
	for {
		now := time.Now()
		if !now.Before(until) {
			return nil
		}
		next := earlier(earlier(until, l.staleAt()), now.Add(clockEvery))
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-timer.C:
			if err := l.tellStale(ctx); err != nil {
				return err
			}
		case <-news:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		if clock.jumped(next.Sub(now)) && jumps {
			until = earlier(until, time.Now().Add(time.Duration(l.rand()*float64(clockShare))))
		}
	}
}

// tell yields events about the connection.
func (l *line) tell(ctx context.Context, events ...Event) error {
	return l.emit(ctx, &Batch{Events: events})
}

// earlier is the earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
