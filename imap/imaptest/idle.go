package imaptest

import (
	"strings"
	"time"
)

// doIdle: RFC 2177.
func (c *conn) doIdle(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	f := c.faults()
	if f.RefuseIdle != "" {
		return no("", "%s", f.RefuseIdle)
	}
	if !f.NoIdlePlus {
		c.out = append(c.out, "+ idling\r\n"...)
	}
	c.idling = time.Now()
	c.idle.Store(true)
	if !c.mute(f) && !f.HoldExists && !f.HoldUntilSelect {
		c.meet()
		c.sync(true)
		c.syncWatched()
	}
	c.startKeepalive()
	c.beginIdle()
	timeout := c.timeOut(cmd, f.IdleTimeout)
	c.in.shrink()
	line, fault, err := c.in.line(nil, c.srv.opts.maxLine())
	c.idle.Store(false)
	c.stopKeepalive()
	c.endIdle()
	c.heard("DONE")
	if timeout != nil {
		timeout.Stop()
	}
	if err != nil {
		c.over = true
		return reply{}
	}
	if c.timeout {
		c.timeout = false
		c.in.unread(line)
		return reply{}
	}
	c.trace(line)
	if fault != faultNone || !strings.EqualFold(string(line), "DONE") {
		return bad("IDLE: expected DONE")
	}
	return ok("IDLE completed")
}

// timeOut ends the IDLE after a time, if there is one.
func (c *conn) timeOut(cmd *command, after time.Duration) *time.Timer {
	if after <= 0 {
		return nil
	}
	began := c.idling
	return time.AfterFunc(after, func() {
		if !c.lock() {
			return
		}
		defer c.unlock()
		if c.over || c.idling != began || !c.idle.Swap(false) {
			return
		}
		c.timeout = true
		c.stopKeepalive()
		c.out = append(c.out, cmd.tag...)
		c.out = append(c.out, " OK IDLE ended by the server\r\n"...)
		c.flush()
	})
}

// mute says whether nothing is reported in IDLE any more.
func (c *conn) mute(f *Faults) bool {
	return f.MuteIdle || f.MuteIdleAfter > 0 && time.Since(c.idling) >= f.MuteIdleAfter
}

// startKeepalive begins to say "Still here" from time to time.
func (c *conn) startKeepalive() {
	every := c.srv.opts.IdleKeepalive
	if every <= 0 {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(every, func() {
		if !c.lock() {
			return
		}
		defer c.unlock()
		if c.keep != t {
			return
		}
		c.untagged("OK Still here")
		c.flush()
		t.Reset(every)
	})
	c.keep = t
}

func (c *conn) stopKeepalive() {
	if c.keep != nil {
		c.keep.Stop()
		c.keep = nil
	}
}
