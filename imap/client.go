package imap

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Client is a connection to an IMAP server.
//
// All its methods, and those of its [Mailbox], may be called from any
// goroutine at any time, also inside the loops over Fetch, Idle or List of the
// same connection: they are sent in order, at once where the protocol allows
// it, and none waits for ever on another. A Context ends the wait for a call,
// not the connection. The caller owes it a Close.
//
// One mailbox is selected at a time: two goroutines that select different ones
// take them from each other.
type Client struct {
	opts    Options
	host    string   // that was dialed; "" if the connection was given
	port    string   // that was dialed
	conn    net.Conn // the bottom: closing it ends everything
	in      *connReader
	framer  *wire.Framer
	parser  *parser
	trace   *tracer
	start   time.Time
	workers sync.WaitGroup // reader and pump
	dead    chan struct{}  // closed when the connection is gone

	mu         sync.Mutex
	top        net.Conn  // TLS, if any
	out        io.Writer // top, or what deflates for it
	inflate    *inflater // nil: nothing is compressed
	secured    bool      // TLS is on, or the transport is a pipe
	greeted    bool
	phase      phase
	caps       capabilities
	quirks     quirkState
	introduced bool // ID was sent
	names      mailboxNames
	enabled    enabledSet
	// listRefused is what LIST turned out not to do, whatever the capabilities.
	listRefused listWants
	serverID    ID
	prefix      string // of tags
	tags        uint64
	queue       []*call
	flight      []*call // written in part or whole, oldest first
	writing     *call   // its literal is not finished
	pumping     bool
	wbuf        []byte
	writeDue    time.Time // when the present write must have made progress
	idle        idleState
	box         *Mailbox // the selected one
	opening     *Mailbox // SELECT was written
	previous    *Mailbox // what was selected before, until SELECT is answered
	notices     listeners[Notice]
	early       earlyAlerts
	events      listeners[Event]
	notify      notifyState
	kick        chan struct{} // wakes a parked reader
	welcome     chan struct{} // closed at the greeting
	watchdog    watchdog
	esearch     bool // a tagged ESEARCH was seen
	plainly     bool // RETURN cannot be trusted: SEARCH is sent without
	silent      bool // one silence has passed
	memory      int64
	spool       *spool
	leaving     bool // LOGOUT was written
	bye         string
	byeCode     Code   // the code in it
	webAlert    string // the address in the last WEBALERT
	byeDue      time.Time
	// mechanism is what logged in; "" before, and with PREAUTH.
	mechanism string
	// unwritable is why nothing more can be written.
	unwritable error
	stats      Stats
	written    uint64 // bytes
	strange    struct{ tags, continues, skipped, logged int }
	closed     *closedError
}

// phase is the protocol's session state (RFC 9051 §3).
type phase uint8

const (
	notAuthenticated phase = iota
	authenticated          // selected, if Client.box is set
)

var errLoggedOut = errors.New("logged out")

// NewClient makes a Client of a connection that is open and, where it needs
// to be, protected already; it waits for the greeting. Options.Security is
// heeded: TLS and StartTLS are begun on conn. For a conn that is a tls.Conn, or
// otherwise safe, set Security to Plaintext.
//
// On success conn belongs to the Client, on failure it is closed.
func NewClient(ctx context.Context, conn net.Conn, opts *Options) (*Client, error) {
	o := opts.withDefaults()
	return newClient(ctx, conn, "", o)
}

// newStarted makes a client over a connection on which TLS, if any, is on.
func newStarted(bottom net.Conn, top net.Conn, secured bool, o Options) *Client {
	c := &Client{
		opts: o, conn: bottom, top: top, out: top, secured: secured,
		dead: make(chan struct{}), welcome: make(chan struct{}), kick: make(chan struct{}, 1), start: time.Now(),
		parser: newParser(o.Limits), names: mailboxNames{asIs: o.RawNames}, prefix: tagPrefix(o.Security),
	}
	c.parser.asIs = o.RawNames
	c.in = &connReader{client: c, src: top}
	c.framer = wire.NewFramer(c.in, o.Limits)
	c.in.framer = c.framer
	c.trace = newTracer(o.Trace, o.RecentLines)
	return c
}

// Close ends the connection at once and frees all that it holds. Calls under
// way return an error that wraps ErrClosed. It may be called at any time, more
// than once, and from any goroutine; Logout is the polite way.
func (c *Client) Close() error {
	c.fail(nil)
	c.workers.Wait()
	if p, ok := c.conn.(*process); ok {
		p.wait()
	}
	c.trace.close()
	return nil
}

// fail ends the connection for a cause. It does not wait.
func (c *Client) fail(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(cause)
}

func (c *Client) failLocked(cause error) {
	if c.closed != nil {
		return
	}
	if c.unwritable != nil && (cause == nil || errors.Is(cause, io.EOF)) {
		cause = c.unwritable
	}
	if c.leaving && (errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF)) {
		cause = errLoggedOut
	}
	c.closed = &closedError{cause: cause, bye: c.bye, code: c.byeCode}
	_ = c.conn.Close()
	c.watchdog.stop()
	close(c.dead)
	for _, k := range append(slices.Clone(c.flight), c.queue...) {
		c.failCall(k, c.closed)
	}
	c.flight, c.queue, c.writing = nil, nil, nil
	c.notices.add(Notice{Kind: NoticeClosed, Text: c.bye, Err: c.closed}, 0)
	c.notices.close(c.closed)
	c.events.close(c.closed)
	for _, m := range []*Mailbox{c.box, c.opening, c.previous} {
		if m != nil {
			m.listeners.close(c.closed)
			m.closeContexts(c.closed)
		}
	}
	c.spool.close()
	c.wake()
}

// Done is closed when the connection is gone; Err then says why.
func (c *Client) Done() <-chan struct{} { return c.dead }

// Err returns nil while the connection is good, and then an error that wraps
// ErrClosed and the cause.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		return nil
	}
	return c.closed
}

// changed is called, under the mutex, after anything that may let something be
// written or the reader go on.
func (c *Client) changed() {
	c.startPump()
	c.wake()
}

// wake makes a parked reader look again.
func (c *Client) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// Has says whether the server offers a capability, as far as it has told:
// "IDLE", "AUTH=PLAIN". Case does not matter. One that a quirk says is not to
// be believed counts as not offered.
func (c *Client) Has(capability string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps.has(capability)
}

// Capabilities returns what the server offers, in its order.
func (c *Client) Capabilities() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.caps.list)
}

// Selected returns the mailbox that is selected, or nil.
func (c *Client) Selected() *Mailbox {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.box
}

// Authenticated says whether somebody is logged in.
func (c *Client) Authenticated() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase == authenticated
}

// capabilities is what the server said it can do.
type capabilities struct {
	list  []string
	set   map[string]struct{}
	fresh bool // learned since login began
	// hidden are those that a quirk says are not to be believed.
	hidden map[string]struct{}
}

func (s *capabilities) learn(list []string) {
	s.list, s.fresh = slices.Clone(list), true
	s.set = make(map[string]struct{}, len(list))
	for _, name := range list {
		s.set[strings.ToUpper(name)] = struct{}{}
	}
}

func (s *capabilities) forget() { s.list, s.set = nil, nil }

func (s *capabilities) known() bool { return s.set != nil }

func (s *capabilities) has(name string) bool {
	name = strings.ToUpper(name)
	_, ok := s.set[name]
	_, hidden := s.hidden[name]
	return ok && !hidden
}

// literals says which literals the server takes without being asked.
func (s *capabilities) literals() wire.Literals {
	switch {
	case s.has("LITERAL+"):
		return wire.LiteralPlus
	case s.has("LITERAL-"), s.has("IMAP4REV2"):
		return wire.LiteralMinus
	}
	return wire.Synchronizing
}

// tagPrefix begins all tags of a connection. Before STARTTLS somebody in
// between may answer what was not yet sent (CVE-2026-42246), so tags are made
// that nobody can guess.
func tagPrefix(s Security) string {
	if s == StartTLS {
		return rand.Text()[:8] + "."
	}
	return "A"
}
