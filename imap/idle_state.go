package imap

import (
	"fmt"
	"time"
)

// IDLE is a state of the connection (RFC 2177). Loops want it; the pump enters
// it when nothing else is to be done and leaves it, by DONE, when something is.
// Loops neither see nor wait for that.

// idlePhase is where IDLE stands.
type idlePhase uint8

const (
	idleOff      idlePhase = iota
	idleStarting           // IDLE was written, "+" is awaited
	idleOn
	idleStopping // DONE was written, the tagged reply is awaited
)

type idleState struct {
	state   idlePhase
	loops   []*idleLoop // those that want it
	call    *call
	since   time.Time // of the present state
	renew   time.Time // when it must be left and entered again
	retry   time.Time // not to be entered before
	pause   time.Duration
	worked  bool // it was entered once
	probing bool // a NOOP stands in for it
}

const (
	idleLinger   = 30 * time.Millisecond // after a command, before IDLE again
	idleShortest = time.Second           // a shorter one makes the client back off
	idleMaxPause = time.Minute
)

// mayIdle says whether IDLE may be entered now.
func (c *Client) mayIdle(now time.Time) bool {
	return len(c.idle.loops) > 0 && c.idle.state == idleOff && len(c.flight) == 0 && len(c.queue) == 0 &&
		c.box != nil && !c.leaving && c.bye == "" && !c.idle.probing && !now.Before(c.idle.retry)
}

// mustStop says whether DONE is due.
func (s *idleState) mustStop(c *Client) bool {
	return len(c.queue) > 0 || len(s.loops) == 0 || !time.Now().Before(s.renew)
}

// startIdle queues the IDLE command; nothing else is in flight or queued.
func (c *Client) startIdle() {
	k := &call{name: "IDLE", idle: true, foot: footprint{class: classBarrier}}
	k.prepare = idleCommand
	k.done = make(chan struct{})
	k.state = callQueued
	k.written = func() {
		c.idle.state, c.idle.since = idleStarting, time.Now()
		c.watch(c.idle.since.Add(c.opts.Timeouts.IdleStart))
	}
	k.finish = c.idleEnded
	c.idle.call = k
	c.queue = append(c.queue, k)
}

// idleBegun is called at the "+".
func (c *Client) idleBegun() {
	now := time.Now()
	c.idle.state, c.idle.since, c.idle.worked = idleOn, now, true
	renew := c.idle.loops
	c.idle.renew = now.Add(c.renewal())
	if len(renew) > 0 {
		c.idle.renew = now.Add(renew[0].renew)
		for _, l := range renew {
			c.idle.renew = earlier(c.idle.renew, now.Add(l.renew))
		}
	}
	c.watch(c.idle.renew)
	c.changed()
}

// writeDone leaves IDLE.
func (c *Client) writeDone(b []byte) []byte {
	c.idle.state, c.idle.since = idleStopping, time.Now()
	c.watch(c.idle.since.Add(c.opts.Timeouts.IdleStop))
	c.trace.line('C', "DONE")
	return append(b, "DONE\r\n"...)
}

// idleEnded is called at IDLE's tagged reply, asked for or not.
func (c *Client) idleEnded(r *response) {
	now := time.Now()
	s := &c.idle
	was, lasted := s.state, now.Sub(s.since)
	s.state, s.call = idleOff, nil
	switch {
	case r.status != StatusOK && !s.worked:
		// IDLE was never possible: the loops hear of it.
		err := responseError("IDLE", r)
		for _, l := range s.loops {
			l.fail(err)
		}
		s.loops = nil
	case was == idleStopping:
		s.pause = 0
	case r.status != StatusOK || was == idleStarting || lasted < idleShortest:
		s.pause = min(max(2*s.pause, time.Second), idleMaxPause)
		s.retry = now.Add(s.pause)
		s.probing = true
		c.watch(s.retry)
	default:
		s.pause = 0
	}
}

// linger puts IDLE off for a moment, because a command was just answered and
// another may follow.
func (c *Client) linger() {
	if len(c.idle.loops) == 0 {
		return
	}
	if t := time.Now().Add(idleLinger); t.After(c.idle.retry) {
		c.idle.retry = t
		c.watch(t)
	}
}

// limitIdle sees to the bounded waits of IDLE, and to renewal.
func (c *Client) limitIdle(now time.Time) time.Time {
	s := &c.idle
	switch s.state {
	case idleStarting, idleStopping:
		limit, what := c.opts.Timeouts.IdleStart, "IDLE"
		if s.state == idleStopping {
			limit, what = c.opts.Timeouts.IdleStop, "DONE"
		}
		due := s.since.Add(limit)
		if !now.Before(due) {
			c.failLocked(fmt.Errorf("no answer to %s for %v: %w", what, limit, ErrTimeout))
		}
		return due
	case idleOn:
		return s.renew // the pump sees that it has come
	}
	if len(s.loops) > 0 && now.Before(s.retry) {
		return s.retry
	}
	if s.probing && len(s.loops) > 0 {
		// IDLE did not last: a NOOP looks for news before it is tried again.
		_ = c.submitLocked(noopCall())
	}
	s.probing = false
	return time.Time{}
}
