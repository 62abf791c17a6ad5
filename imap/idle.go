package imap

import (
	"context"
	"errors"
	"iter"
	"time"
)

// IdleOptions are the settings of Idle. The zero value is good.
type IdleOptions struct {
	// Duration ends the loop after so long; 0 or less: it goes on until ctx is done.
	Duration time.Duration
	// Renew is how long one IDLE command lasts before it is sent again, which
	// also proves that the server is alive; 0: 9 minutes, or less if the server
	// is known to need that; at most 29 minutes.
	Renew time.Duration
	// Burst is the gap that ends a burst of IdleBursts; 0: 100 ms.
	Burst time.Duration
}

const (
	defaultRenew = 9 * time.Minute
	longestRenew = 29 * time.Minute // RFC 2177: servers may log out at 30
	defaultBurst = 100 * time.Millisecond
)

func (o *IdleOptions) withDefaults() IdleOptions {
	var v IdleOptions
	if o != nil {
		v = *o
	}
	v.Renew = min(max(v.Renew, 0), longestRenew)
	if v.Burst <= 0 {
		v.Burst = defaultBurst
	}
	return v
}

// idleLoop is one loop that wants IDLE.
type idleLoop struct {
	renew time.Duration
	ear   *ear
}

func (l *idleLoop) fail(err error) { l.ear.end(err) }

// Idle yields what the server says about the mailbox, as it says it, with IDLE
// (RFC 2177). It ends after Duration, by break, with ctx's error, or with the
// connection's; in the first three cases the connection is as good as before.
// Other commands may be sent meanwhile, also from the loop's body: IDLE is left
// for them and entered again.
//
// The first update is a State if something happened that the handle's user was
// not told about, so nothing is missed between a look and a loop. A server
// without IDLE is an *UnsupportedError; if NOTIFY is set so that it would tell
// nothing, ErrNotNotified; one that refuses it a *ResponseError.
func (m *Mailbox) Idle(ctx context.Context, opts *IdleOptions) iter.Seq2[Update, error] {
	o := opts.withDefaults()
	return func(yield func(Update, error) bool) {
		e, err := m.listen(true, o.Renew)
		if err != nil {
			yield(nil, err)
			return
		}
		defer e.leave()
		e.loop(ctx, o.Duration, yield)
	}
}

// IdleBursts is Idle that yields updates in bursts: those that follow each
// other within Burst come together, as a server sends several for one event.
// The gap is measured from the last update; a burst is never empty.
func (m *Mailbox) IdleBursts(ctx context.Context, opts *IdleOptions) iter.Seq2[[]Update, error] {
	o := opts.withDefaults()
	return func(yield func([]Update, error) bool) {
		e, err := m.listen(true, o.Renew)
		if err != nil {
			yield(nil, err)
			return
		}
		defer e.leave()
		e.bursts(ctx, o, yield)
	}
}

// Updates yields what the server says about the mailbox without sending IDLE:
// what comes with the answers to other commands.
func (m *Mailbox) Updates(ctx context.Context) iter.Seq2[Update, error] {
	return func(yield func(Update, error) bool) {
		e, err := m.listen(false, 0)
		if err != nil {
			yield(nil, err)
			return
		}
		defer e.leave()
		e.loop(ctx, 0, yield)
	}
}

// ear is a loop's place among a mailbox's listeners.
type ear struct {
	*listener[Update]
	box  *Mailbox
	want *idleLoop
	owed bool   // the State at its beginning was not yielded yet
	seen uint64 // how many of the mailbox's updates this loop has yielded
}

// listen joins the listeners.
func (m *Mailbox) listen(idle bool, renew time.Duration) (*ear, error) {
	c := m.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := m.usable(); err != nil {
		return nil, err
	}
	if idle && !c.caps.has("IDLE") && !c.caps.has("IMAP4REV2") {
		return nil, &UnsupportedError{Capability: "IDLE", What: "IDLE"}
	}
	if idle && c.notify.deaf {
		return nil, ErrNotNotified
	}
	e := &ear{listener: m.listeners.join(), box: m, seen: m.seen}
	switch {
	case m.kept != nil && len(m.listeners.all) == 1:
		e.takeOver(m.kept)
	case m.seen != m.changes:
		e.items = append(e.items, State{m.snapshot()})
		e.seen, e.owed = m.changes-1, true
	}
	if idle {
		if renew == 0 {
			renew = c.renewal()
		}
		e.want = &idleLoop{renew: renew, ear: e}
		c.idle.loops = append(c.idle.loops, e.want)
		if c.idle.state == idleOn {
			c.idle.renew = earlier(c.idle.renew, c.idle.since.Add(renew))
			c.watch(c.idle.renew)
		}
		c.changed()
	}
	return e, nil
}

// leave lowers the number of those that want IDLE; it waits for nothing.
func (e *ear) leave() {
	c := e.box.client
	c.mu.Lock()
	defer c.mu.Unlock()
	e.box.listeners.leave(e.listener)
	if e.box.kept != nil && len(e.box.listeners.all) == 0 {
		e.box.kept.takeOver(e.listener)
	}
	e.box.seen = max(e.box.seen, e.seen)
	if e.want != nil {
		c.idle.leave(e.want)
		c.changed()
	}
}

func (s *idleState) leave(l *idleLoop) {
	for i, x := range s.loops {
		if x == l {
			s.loops = append(s.loops[:i:i], s.loops[i+1:]...)
			return
		}
	}
}

// dropIdleLoops ends the loops over a mailbox that is no longer selected.
func (c *Client) dropIdleLoops(m *Mailbox, err error) {
	for i := 0; i < len(c.idle.loops); i++ {
		if l := c.idle.loops[i]; l.ear.box == m {
			l.fail(err)
			c.idle.leave(l)
			i--
		}
	}
}

// take returns what there is, waiting for the first if wait is not nil. A done
// ctx or wait ends the waiting.
func (e *ear) take(ctx context.Context, wait <-chan time.Time) (items []Update, err error, timeUp bool) {
	c := e.box.client
	for {
		c.mu.Lock()
		items, err = e.collect()
		e.waiting = len(items) == 0 && err == nil
		if e.waiting {
			c.wake()
		}
		c.mu.Unlock()
		if len(items) > 0 || err != nil || timeUp {
			return items, err, timeUp
		}
		select {
		case <-e.ready:
		case <-wait:
			timeUp = true
		case <-ctx.Done():
			err = canceled(ctx, "idle")
			timeUp = true
		}
		c.mu.Lock()
		e.waiting = false
		if err != nil {
			items, _ = e.collect()
		}
		c.mu.Unlock()
		if err != nil {
			return items, err, true
		}
	}
}

// collect takes what the listener has, and what stands for what was dropped.
func (e *ear) collect() ([]Update, error) {
	items := e.listener.take()
	if e.dropped > 0 {
		items = append(items, Overflow{Dropped: e.dropped}, State{e.box.snapshot()})
		e.dropped = 0
	}
	if len(items) > 0 {
		return items, nil
	}
	return nil, e.err
}

// loop yields updates until something ends it.
func (e *ear) loop(ctx context.Context, d time.Duration, yield func(Update, error) bool) {
	up, stop := timer(d)
	defer stop()
	for {
		items, err, timeUp := e.take(ctx, up)
		for i, u := range items {
			if !e.yielded(u, yield(u, nil)) {
				e.giveBack(items[i+1:])
				return
			}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if timeUp {
			return
		}
	}
}

// yielded notes that the loop's user knows of u.
func (e *ear) yielded(u Update, more bool) bool {
	c := e.box.client
	c.mu.Lock()
	defer c.mu.Unlock()
	switch u := u.(type) {
	case Overflow:
		e.seen += uint64(u.Dropped)
	case State:
		if e.owed {
			e.owed = false
			e.seen++
		}
	default:
		e.seen++
	}
	e.seen = min(e.seen, e.box.changes)
	return more
}

// giveBack puts before what there is what the loop did not come to.
func (e *ear) giveBack(items []Update) {
	c := e.box.client
	c.mu.Lock()
	defer c.mu.Unlock()
	e.listener.giveBack(items)
}

func (e *ear) bursts(ctx context.Context, o IdleOptions, yield func([]Update, error) bool) {
	up, stop := timer(o.Duration)
	defer stop()
	end := time.Now().Add(o.Duration)
	for {
		burst, err, timeUp := e.take(ctx, up)
		for err == nil && !timeUp && len(burst) > 0 {
			wait := o.Burst
			if o.Duration > 0 {
				if wait = min(wait, time.Until(end)); wait <= 0 {
					break
				}
			}
			gap := time.NewTimer(wait)
			more, _, quiet := e.take(ctx, gap.C)
			gap.Stop()
			burst = append(burst, more...)
			if quiet || len(more) == 0 || len(burst) > maxWaiting || o.Duration > 0 && !time.Now().Before(end) {
				break
			}
		}
		if len(burst) > 0 {
			ok := yield(burst, nil)
			for _, u := range burst {
				e.yielded(u, true)
			}
			if !ok {
				return
			}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if timeUp || errors.Is(err, context.Canceled) {
			return
		}
	}
}

// timer returns a channel that fires after d, never if d is 0.
func timer(d time.Duration) (<-chan time.Time, func()) {
	if d <= 0 {
		return nil, func() {}
	}
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
