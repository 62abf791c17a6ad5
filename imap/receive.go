package imap

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The reader is one goroutine a Client, from the greeting to the end. It alone
// reads and parses. It never writes, so it never waits for the server to read.

// connReader is what the Framer reads from. It notes when something was heard
// and since when a Read inside a response has been waiting.
type connReader struct {
	client *Client
	src    io.Reader
	framer *wire.Framer
	total  int64 // bytes, for the limit before login; the reader's alone
	// received is how many bytes came, of the whole connection.
	received atomic.Uint64
	last     atomic.Int64 // when something was heard, since Client.start
	wait     atomic.Int64 // since when a Read has been waiting; 0: none is
	inside   atomic.Int64 // since when; 0: not waiting inside a response
}

func (r *connReader) Read(p []byte) (int, error) {
	if r.total > maxPreLogin && !r.client.Authenticated() {
		return 0, &wire.LimitError{What: "data before login", Max: maxPreLogin}
	}
	if r.framer.InResponse() {
		r.inside.Store(r.now())
		r.client.watchStall()
	}
	r.wait.Store(r.now())
	n, err := r.src.Read(p)
	r.wait.Store(0)
	r.inside.Store(0)
	if n > 0 {
		r.total += int64(n)
		r.received.Add(uint64(n))
		r.last.Store(r.now())
	}
	return n, err
}

// heard is since when the server has been silent: it is not while nobody
// listens, because a loop is behind.
func (r *connReader) heard(now time.Time) time.Time {
	wait := r.wait.Load()
	if wait == 0 {
		return now
	}
	return r.time(max(wait, r.last.Load()))
}

// now is the time since Client.start, never 0.
func (r *connReader) now() int64 { return 1 + int64(time.Since(r.client.start)) }

func (r *connReader) time(now int64) time.Time {
	return r.client.start.Add(time.Duration(now - 1))
}

// waitingInside says since when a Read has been waiting inside a response.
func (r *connReader) waitingInside() (time.Time, bool) {
	t := r.inside.Load()
	return r.time(t), t != 0
}

// watchStall sees to it that a standstill is noticed.
func (c *Client) watchStall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch(time.Now().Add(c.opts.Timeouts.Stall))
}

const (
	maxStrange  = 100      // of each kind, a connection
	maxPreLogin = 64 << 10 // bytes before login; a capability list and alerts are far below
)

// read is the reader goroutine.
func (c *Client) read() {
	defer c.workers.Done()
	for {
		if err := c.readResponse(); err != nil {
			c.fail(err)
			return
		}
	}
}

// readResponse reads one response and does what it asks for.
func (c *Client) readResponse() error {
	c.beforeWait()
	wr, err := c.framer.Next()
	for err == nil {
		r, problem := c.parser.parseResponse(wr)
		if wr.Pending < 0 {
			c.trace.response(wr)
			if r != nil {
				r.bytes = wr.Bytes
			}
			return c.handle(r, problem, len(wr.Bytes))
		}
		if problem == nil && r.kind == kindFetch && r.pending != nil && !r.pending.collect {
			var done bool
			if done, err = c.readSection(r, wr); done || err != nil {
				return err
			}
		}
		if wr, err = c.hold(wr); wr == nil {
			return err
		}
	}
	return err
}

// beforeWait gives memory back if there is nothing to expect.
func (c *Client) beforeWait() {
	if c.framer.Buffered() > 0 {
		return
	}
	c.mu.Lock()
	quiet := len(c.flight) == 0 || c.idle.state == idleOn
	c.mu.Unlock()
	if quiet {
		c.framer.Shrink()
	}
}

// hold takes a pending literal into memory and returns the response with it.
// A literal that is too large is read over with the rest of its response; then
// the response is nil.
func (c *Client) hold(wr *wire.Response) (*wire.Response, error) {
	held, err := c.framer.Hold(c.holdLimit(wr))
	if err == nil {
		return held, nil
	}
	if _, tooLarge := err.(*wire.LimitError); !tooLarge {
		return nil, err
	}
	c.mu.Lock()
	c.stats.Skipped++
	c.oddity("response with a literal that is too large", err.Error())
	c.spoiled(responseName(wr.Bytes), err)
	c.mu.Unlock()
	return nil, c.skipRest()
}

// holdLimit is how large a literal may be that is kept: one of FETCH may be a
// body, and so may what somebody asked for; any other is a name.
func (c *Client) holdLimit(wr *wire.Response) int64 {
	if isFetch(wr.Bytes) || c.awaitsLarge(responseName(wr.Bytes)) {
		return c.opts.Limits.Held
	}
	return int64(c.opts.Limits.Inline)
}

// awaitsLarge says whether a call is under way whose answers, of that name, may
// hold large literals.
func (c *Client) awaitsLarge(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.flight {
		if k.large && !k.abandoned && k.answeredBy(name) {
			return true
		}
	}
	return false
}

// responseName is the name of an untagged response, behind its number if it
// has one.
func responseName(b []byte) string {
	words := bytes.SplitN(b, []byte(" "), 4)
	for _, w := range words[min(1, len(words)):] {
		if len(w) > 0 && !isDigit(w[0]) {
			return keyword(w)
		}
	}
	return ""
}

// isFetch says whether a response begins as "* 12 FETCH" or "* 12 UIDFETCH".
func isFetch(b []byte) bool {
	i := 2
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i > 2 && i+6 <= len(b) && (string(b[i:i+3]) == " FE" || string(b[i:i+3]) == " UI")
}

// skipRest reads to the end of a response that has a pending literal.
func (c *Client) skipRest() error {
	for {
		if err := c.framer.SkipLiteral(); err != nil {
			return err
		}
		wr, err := c.framer.Continue()
		if err != nil || wr.Pending < 0 {
			return err
		}
	}
}

// handle does what a whole response asks for.
func (c *Client) handle(r *response, problem error, size int) error {
	c.mu.Lock()
	then := c.dispatch(r, problem, size)
	if r != nil {
		r.bytes = nil // the call that keeps r as its reply would keep the Framer's buffer
	}
	c.mu.Unlock()
	if then != nil {
		return then()
	}
	return nil
}
