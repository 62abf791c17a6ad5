package imaptest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// lifetime are the timers that end a session. It belongs to whoever holds the
// connection's turn.
type lifetime struct {
	session, inactive, idle *time.Timer
	random                  *rand.Rand // what chance decides; nil: not yet needed
}

// beginSession starts what ends the session.
func (c *conn) beginSession(token bool) {
	l := &c.srv.opts.Limits
	life, text := l.Session, l.SessionBye
	if token && l.Token > 0 {
		life, text = l.Token, l.TokenBye
	}
	c.life.session = c.expire(life, text)
	c.life.inactive = c.expire(l.Inactive, l.InactiveBye)
}

// endSession stops it.
func (c *conn) endSession() {
	for _, t := range []*time.Timer{c.life.session, c.life.inactive, c.life.idle} {
		if t != nil {
			t.Stop()
		}
	}
	c.life.session, c.life.inactive, c.life.idle = nil, nil, nil
}

// expire ends the connection after a time, if there is one.
func (c *conn) expire(after time.Duration, text string) *time.Timer {
	if after <= 0 {
		return nil
	}
	return time.AfterFunc(after, func() { c.goodbye(text) })
}

// heard notes that the client said something.
func (c *conn) heard(name string) {
	l := &c.srv.opts.Limits
	if c.life.inactive != nil && (name != "NOOP" || !l.NoopIsNone) {
		c.life.inactive.Reset(l.Inactive)
	}
}

// beginIdle starts what ends an IDLE.
func (c *conn) beginIdle() {
	l := &c.srv.opts.Limits
	if l.IdleIsActive && c.life.inactive != nil {
		c.life.inactive.Stop()
	}
	if l.IdleMax <= 0 {
		return
	}
	last := l.IdleMax
	if spread := l.IdleMax - l.IdleMin; spread > 0 {
		last = l.IdleMin + time.Duration(c.chance().Int64N(int64(spread)))
	}
	if l.IdleSwallow {
		c.life.idle = time.AfterFunc(last, func() { c.wire.dead.Store(true) })
		return
	}
	c.life.idle = c.expire(last, l.IdleBye)
}

// endIdle stops it.
func (c *conn) endIdle() {
	if c.life.idle != nil {
		c.life.idle.Stop()
		c.life.idle = nil
	}
}

// chance is the connection's own chance, the same in every run.
func (c *conn) chance() *rand.Rand {
	if c.life.random == nil {
		c.life.random = rand.New(rand.NewPCG(c.srv.opts.Seed, uint64(c.id)))
	}
	return c.life.random
}

// part says BYE after the tagged reply, where that was decided.
func (c *conn) part() {
	if c.parting != "" {
		c.untagged("BYE %s", c.parting)
		c.flush()
		c.over = true
	}
}

// sprintf puts a number into a text that may have a place for it.
func sprintf(text string, n int64) string { return strings.ReplaceAll(text, "%d", fmt.Sprint(n)) }
