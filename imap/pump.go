package imap

import (
	"strconv"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The pump writes. It is a goroutine that exists only while there is something
// to write: changed starts it, and it ends when the next thing must wait for
// the server or for somebody.

const (
	writeBatch = 16 << 10 // commands gathered for one write
	writeChunk = 64 << 10 // of a literal
)

// startPump starts the pump if there is something to write.
func (c *Client) startPump() {
	if c.pumping || c.closed != nil || !c.canWrite() {
		return
	}
	c.pumping = true
	c.workers.Add(1)
	go c.pump()
}

func (c *Client) pump() {
	defer c.workers.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.closed == nil {
		b := c.nextWrite(c.wbuf[:0])
		if len(b) == 0 {
			break
		}
		out := c.out
		c.written += uint64(len(b)) // before the answer can come
		c.writeDue = time.Now().Add(c.opts.Timeouts.Stall)
		c.watch(c.writeDue)
		c.mu.Unlock()
		_, err := out.Write(b)
		c.mu.Lock()
		c.writeDue = time.Time{}
		if err != nil && c.closed == nil {
			// The server may have said why: reading goes on to the end.
			c.unwritable = err
			c.endSoon()
		}
		if c.wbuf = b[:0]; cap(b) > writeBatch {
			c.wbuf = nil
		}
	}
	c.pumping = false
	if len(c.flight) == 0 || c.idle.state != idleOff {
		c.wbuf = nil
	}
}

// canWrite says whether nextWrite would find something, without doing it.
func (c *Client) canWrite() bool {
	switch {
	case c.bye != "" || c.unwritable != nil || !c.greeted:
		return false
	case c.writing != nil:
		k := c.writing
		return !k.awaits || k.answerReady()
	case c.idle.state == idleStarting || c.idle.state == idleStopping:
		return false
	case c.idle.state == idleOn:
		return c.idle.mustStop(c)
	}
	return len(c.queue) > 0 && c.mayWrite(c.queue[0]) || c.mayIdle(time.Now())
}

// nextWrite appends what may go out next to b. It marks as written what it
// takes: the server may answer before Write has returned.
func (c *Client) nextWrite(b []byte) []byte {
	for c.canWrite() && len(b) < writeBatch {
		switch {
		case c.writing != nil:
			b = c.continueWriting(b, c.writing)
		case c.idle.state == idleOn:
			b = c.writeDone(b)
		case len(c.queue) > 0:
			k := c.queue[0]
			c.queue = c.queue[1:]
			if len(c.queue) == 0 {
				c.queue = nil
			}
			b = c.begin(b, k)
		default:
			c.startIdle()
		}
	}
	return b
}

// mayWrite says whether k may go out now.
func (c *Client) mayWrite(k *call) bool {
	if c.leaving || len(c.flight) >= c.pipeline() {
		return false
	}
	if k.name == "LOGOUT" {
		return true
	}
	for _, f := range c.flight {
		if !k.foot.mayFollow(&f.foot) {
			return false
		}
	}
	return true
}

// begin writes a call's first segment.
func (c *Client) begin(b []byte, k *call) []byte {
	if k.prepare != nil {
		cmd, err := k.prepare()
		if err == nil {
			err = cmd.Err()
		}
		if err != nil {
			c.failCall(k, err)
			return b
		}
		k.cmd = cmd
	}
	c.tags++
	k.tag = c.prefix + strconv.FormatUint(c.tags, 10)
	render := k.cmd.Render
	if c.names.utf8 {
		render = k.cmd.RenderUTF8
	}
	segs, err := render(k.tag, c.caps.literals())
	if err != nil {
		c.failCall(k, err)
		return b
	}
	k.segs = segs
	c.flight = append(c.flight, k)
	if k.written != nil {
		k.written()
	}
	c.trace.command(k)
	k.state = callWriting
	c.writing = k
	return c.continueWriting(b, k)
}

// continueWriting writes on until the call is written or has to wait.
func (c *Client) continueWriting(b []byte, k *call) []byte {
	if k.awaits && k.answerReady() {
		return c.writeAnswer(b, k)
	}
	k.hungry = false
	for len(k.segs) > 0 {
		s := &k.segs[0]
		b = append(b, s.Data...)
		s.Data = nil
		if s.Sync {
			k.segs = k.segs[1:]
			if k.reply != nil {
				break // to a server that has refused already, this line is the last
			}
			return c.await(b, k)
		}
		if s.Source != nil && s.Size > 0 {
			if b = c.continueLiteral(b, k, s); s.Size > 0 {
				return b
			}
		}
		k.segs = k.segs[1:]
	}
	k.segs = nil
	if k.challenge != nil {
		return c.await(b, k)
	}
	c.writing = nil
	c.sent(k)
	return b
}

// continueLiteral writes on in a literal that is fed.
func (c *Client) continueLiteral(b []byte, k *call, s *wire.Segment) []byte {
	before := len(b)
	b = k.feed.take(b, min(s.Size, writeChunk))
	s.Size -= int64(len(b) - before)
	if k.hungry = s.Size > 0 && !k.feed.ready(); k.hungry {
		k.awaits = true // for its Reader; fill wakes the pump
		c.watch(time.Now().Add(appendPatience))
	}
	return b
}

// await makes everything wait for the server's "+" to k.
func (c *Client) await(b []byte, k *call) []byte {
	k.awaits = true
	k.since = time.Now()
	c.watch(k.since.Add(c.patience(k)))
	return b
}

// sent marks a call as wholly handed over.
func (c *Client) sent(k *call) {
	k.state = callSent
	k.since = time.Now()
	c.watch(k.since.Add(c.patience(k)))
	if k.reply != nil {
		c.complete(k, k.reply)
	}
}

// continued is called for a continuation request.
func (c *Client) continued(r *response) {
	k := c.writing
	switch {
	case c.idle.state == idleStarting:
		c.idleBegun()
	case k != nil && k.awaits && k.challenge != nil:
		c.challenged(k, r.text)
	case k != nil && k.awaits && !k.fed():
		k.awaits = false
		c.changed()
	default:
		c.strayContinuation(r.text)
	}
}

// strayContinuation counts continuation requests that nobody awaits.
func (c *Client) strayContinuation(text string) {
	c.strange.continues++
	c.stats.StrayContinuations++
	c.oddity("continuation request", text)
	if c.strange.continues > maxStrange {
		c.failLocked(&wire.LimitError{What: "number of continuation requests nobody awaits", Max: maxStrange})
	}
}

// refused is called when a tagged reply comes to a call that is not wholly
// written: not one more byte of it may be sent, but that a literal must be
// finished which the server reads by now, because it has asked for it or because
// it was not asked (RFC 7888 §4).
func (c *Client) refused(k *call, r *response) {
	if r.status == StatusOK {
		c.failLocked(errEarlyReply)
		return
	}
	if len(k.segs) > 0 && (!k.awaits || k.hungry) {
		k.reply = r
		return
	}
	k.segs = nil
	c.writing = nil
	if k.feed != nil {
		k.feed.stop()
	}
	c.complete(k, r)
}
