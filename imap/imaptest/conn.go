package imaptest

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one connection. Its goroutine reads and executes commands. It holds
// turn all the time except while it waits for the client; then others may take
// it, to announce news (pump) or to say BYE. Everything not said to be otherwise
// belongs to whoever holds turn.
type conn struct {
	srv      *Server
	id       uint32
	raw      net.Conn   // as accepted; any goroutine may close it
	nc       *faultConn // raw or TLS, with faults
	in       input
	out      []byte // said but not yet sent
	secure   bool
	tls      *tls.Conn // nil without TLS
	over     bool      // nothing more is to be done
	view     *view
	enabled  map[string]bool // what ENABLE turned on, upper case
	deflated *deflateConn    // nil: nothing is compressed
	language string          // "": the server's own
	adding   bool            // the command adds messages, which are no news
	watch    *watched        // what NOTIFY set; nil: it was never used

	condstore bool                 // the client wants mod-sequences
	fate      atomic.Pointer[fate] // what became of the selected mailbox; nil: nothing

	user atomic.Pointer[User] // nil when nobody is logged in

	turn    chan struct{} // a mutex that synctest understands
	done    chan struct{} // closed by cut
	ended   chan struct{} // closed when the server has forgotten the connection
	cutOnce sync.Once
	idle    atomic.Bool // may be told news now
	idling  time.Time   // since when, or when that was last
	timeout bool        // the server has ended the IDLE

	watching atomic.Bool            // the same, because of NOTIFY
	overflow atomic.Pointer[string] // NOTIFICATIONOVERFLOW is to be said

	pumping atomic.Bool // a pump is on its way
	wire    wire        // what is between the server and the client

	life       lifetime
	parting    string      // a BYE is to be said after the reply
	fake       bool        // the login was of no use
	token      bool        // it was with a token
	identified bool        // the client has sent ID
	throttled  int         // commands refused in a row
	keep       *time.Timer // the next "Still here" in IDLE
}

const flushAt = 32 << 10

func newConn(s *Server, nc net.Conn, id uint32) *conn {
	c := &conn{
		srv:   s,
		id:    id,
		raw:   nc,
		turn:  make(chan struct{}, 1),
		done:  make(chan struct{}),
		ended: make(chan struct{}),
	}
	c.wire.done, c.wire.frost = c.done, &s.frost
	c.nc = newFaultConn(nc, &c.wire, s.faults.Load)
	c.in.src = (*patientReader)(c)
	return c
}

// run serves the connection until it ends.
func (c *conn) run(secure bool) {
	c.turn <- struct{}{}
	if c.begin(secure) {
		for !c.over && c.step() {
		}
	}
	c.deselect()
	c.unwatch()
	if u := c.user.Load(); u != nil {
		u.logout()
	}
	c.endSession()
	c.stopKeepalive()
	c.nc.Close()
	c.cut()
}

// begin does what comes before the first command.
func (c *conn) begin(secure bool) bool {
	f := c.faults()
	if secure && !c.handshake() {
		return false
	}
	if f.ByeOnConnect != "" {
		c.untagged("BYE %s", f.ByeOnConnect)
		c.flush()
		return false
	}
	if f.GreetingDelay != 0 && !c.sleep(f.GreetingDelay) {
		return false
	}
	c.greet()
	return true
}

func (c *conn) greet() {
	opts := &c.srv.opts
	status := "OK"
	if opts.Preauth != "" {
		if u, err := c.srv.lookup(opts.Preauth); err == nil {
			u.mu.Lock()
			u.enterNow()
			u.mu.Unlock()
			c.user.Store(u)
			c.beginSession(false)
			status = "PREAUTH"
		}
	}
	switch {
	case opts.Greeting != "":
		c.untagged("%s", opts.Greeting)
	case opts.QuietCapabilities:
		c.untagged("%s %s", status, opts.greetingText())
	default:
		c.untagged("%s [CAPABILITY %s] %s", status, c.capabilities(), opts.greetingText())
	}
}

// handshake makes the connection a TLS one.
func (c *conn) handshake() bool {
	c.flush()
	switch wait := c.faults().HandshakeDelay; {
	case wait < 0:
		<-c.done
		return false
	case wait > 0 && !c.sleep(wait):
		return false
	}
	t := tls.Server(c.raw, c.srv.tlsConfig())
	if err := t.Handshake(); err != nil {
		return false
	}
	c.nc = newFaultConn(t, &c.wire, c.srv.faults.Load)
	c.secure, c.tls = true, t
	return true
}

// lock takes the turn, or reports false when the connection is cut: for those who
// then have nothing left to do.
func (c *conn) lock() bool {
	select {
	case c.turn <- struct{}{}:
		return true
	case <-c.done:
		return false
	}
}

func (c *conn) unlock() { <-c.turn }

// cut closes the connection without a word. Any goroutine may call it.
func (c *conn) cut() {
	c.cutOnce.Do(func() {
		close(c.done)
		c.raw.Close()
	})
}

// goodbye says BYE as soon as it can, and closes the connection. It is called
// without the turn, by any goroutine.
func (c *conn) goodbye(text string) {
	defer c.cut()
	if text == "" || c.srv.frost.Load() != nil {
		return
	}
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case c.turn <- struct{}{}:
	case <-c.done:
		return
	case <-patience.C:
		return
	}
	c.untagged("BYE %s", text)
	c.raw.SetWriteDeadline(time.Now().Add(time.Second))
	c.flush()
	c.nc.Close()
	c.over = true
	c.unlock()
}

// sleep waits, for ever if d is negative, unless the connection is cut.
func (c *conn) sleep(d time.Duration) bool {
	if d < 0 {
		c.wire.dead.Store(true)
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.done:
		return false
	}
}

// wake is called, with the user's mutex held, by whoever changed the selected
// mailbox. If the client may be told now, somebody will.
func (c *conn) wake() {
	if (c.idle.Load() || c.watching.Load() || c.srv.opts.PushAlways) && c.pumping.CompareAndSwap(false, true) {
		c.srv.wg.Go(c.pump)
	}
}

// pump tells a waiting client the news.
func (c *conn) pump() {
	if !c.lock() {
		return
	}
	defer c.unlock()
	c.pumping.Store(false) // what changes from here on needs another pump
	f := c.faults()
	switch {
	case f.HoldExists, f.HoldUntilSelect:
	case c.idle.Load() && !c.mute(f):
		c.meet()
		c.sync(true)
		c.syncWatched()
	case !c.idle.Load() && c.watching.Load():
		c.meet()
		c.sync(c.watch.immediate())
		c.syncWatched()
	case !c.idle.Load() && c.srv.opts.PushAlways:
		c.meet()
		c.sync(false)
	}
	c.flush()
}

// untagged says one line with "* " before it.
func (c *conn) untagged(format string, args ...any) {
	c.out = append(c.out, "* "...)
	c.out = fmt.Appendf(c.out, format, args...)
	c.crlf()
}

func (c *conn) crlf() { c.out = append(c.out, "\r\n"...) }

// number says an untagged line of the form "* 23 EXISTS".
func (c *conn) number(n int, what string) {
	c.out = append(c.out, "* "...)
	c.out = strconv.AppendInt(c.out, int64(n), 10)
	c.out = append(c.out, ' ')
	c.out = append(c.out, what...)
	c.crlf()
}

// flush sends what was said. When that fails the connection is over.
func (c *conn) flush() {
	if len(c.out) > 0 {
		c.send(c.out)
		c.out = c.out[:0]
	}
}

// send writes data at once.
func (c *conn) send(data []byte) {
	if c.srv.opts.Trace != nil {
		c.srv.opts.Trace(c.id, 'S', data)
	}
	if _, err := c.nc.Write(data); err != nil {
		c.over = true
	}
}

// mayFlush sends what was said if it is much. It reports whether it is worth
// going on.
func (c *conn) mayFlush() bool {
	if len(c.out) >= flushAt {
		c.flush()
	}
	return !c.over
}

func (c *conn) faults() *Faults { return c.srv.current() }

// patientReader reads from the connection for input. Before it waits it sends
// what was said and gives up the turn.
type patientReader conn

func (r *patientReader) Read(p []byte) (int, error) {
	c := (*conn)(r)
	c.flush()
	if cap(c.out) > 4<<10 {
		c.out = nil
	}
	if c.over {
		return 0, net.ErrClosed
	}
	nc := c.nc
	c.unlock()
	n, err := nc.Read(p)
	c.turn <- struct{}{} // whoever has it soon gives it back, also after cut
	if c.over {
		return 0, net.ErrClosed
	}
	return n, err
}
