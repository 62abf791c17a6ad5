package imap

import (
	"errors"
	"fmt"
	"time"
)

// watchdog is the one timer of a connection. It is armed for the earliest time
// at which some limit may be reached; when it fires, all limits are looked at
// and it is armed anew. A limit that moved to later costs nothing.
type watchdog struct {
	timer *time.Timer
	at    time.Time // zero: not armed
}

// errEarlyReply says that the server answered what was not yet sent.
var errEarlyReply = errors.New("the server answered a command before it was sent")

// watch sees to it that limits are looked at at t.
func (c *Client) watch(t time.Time) {
	w := &c.watchdog
	if t.IsZero() || c.closed != nil || !w.at.IsZero() && !t.Before(w.at) {
		return
	}
	w.at = t
	d := max(time.Until(t), 0)
	if w.timer == nil {
		w.timer = time.AfterFunc(d, c.lookAtLimits)
		return
	}
	w.timer.Reset(d)
}

func (w *watchdog) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// lookAtLimits is the timer's function.
func (c *Client) lookAtLimits() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != nil {
		return
	}
	c.watchdog.at = time.Time{}
	now := time.Now()
	for _, limit := range []func(time.Time) time.Time{
		c.limitWrite, c.limitStall, c.limitSilence, c.limitIdle, c.limitBye, c.limitFeed,
	} {
		next := limit(now)
		if c.closed != nil {
			return
		}
		c.watch(next)
	}
	c.changed()
}

// Each limit acts if its time has come, and returns when to look again; zero:
// nothing is due.

func (c *Client) limitWrite(now time.Time) time.Time {
	if !c.writeDue.IsZero() && !now.Before(c.writeDue) {
		c.failLocked(fmt.Errorf("nothing could be written for %v: %w", c.opts.Timeouts.Stall, ErrTimeout))
	}
	return c.writeDue
}

// limitStall looks for a standstill inside a response.
func (c *Client) limitStall(now time.Time) time.Time {
	since, waiting := c.in.waitingInside()
	if !waiting {
		return time.Time{}
	}
	due := since.Add(c.opts.Timeouts.Stall)
	if !now.Before(due) {
		c.failLocked(fmt.Errorf("the server stopped inside a response for %v: %w", c.opts.Timeouts.Stall, ErrTimeout))
	}
	return due
}

// limitSilence looks for calls whose reply is overdue with nothing at all said
// meanwhile. The first time they fail and are abandoned; the second time the
// connection is given up.
func (c *Client) limitSilence(now time.Time) time.Time {
	var next time.Time
	heard := c.in.heard(now)
	var patience time.Duration // a server answers in turn: that of the oldest is all others'
	for i := 0; i < len(c.flight); i++ {
		k := c.flight[i]
		if k.idle || k.state == callWriting && !k.awaits || k.fed() || k.thinking {
			continue
		}
		since := k.since
		if heard.After(since) {
			since = heard
		}
		patience = max(patience, c.patience(k))
		due := since.Add(patience)
		if now.Before(due) {
			next = earlier(next, due)
			continue
		}
		err := fmt.Errorf("imap: %s: nothing heard for %v%s: %w", k.name, patience, c.inflate.complaint(), ErrTimeout)
		if c.silent || k.state == callWriting {
			c.failLocked(err)
			return next
		}
		c.silent = true
		for _, f := range c.flight {
			if !f.idle && !f.since.After(k.since) && f.state == callSent {
				f.since = now // the second silence begins
				c.abandon(f, err)
			}
		}
		next = earlier(next, now.Add(patience))
	}
	return next
}

func (c *Client) limitBye(now time.Time) time.Time {
	if !c.byeDue.IsZero() && !now.Before(c.byeDue) {
		c.failLocked(c.unwritable)
	}
	return c.byeDue
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
