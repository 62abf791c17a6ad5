package imaptest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Server is an IMAP server with its mailboxes in memory. All its methods may be
// called by any goroutine at any time. It owns its connections and goroutines;
// Close ends them all. Under testing/synctest, make it inside the bubble.
//
// UIDVALIDITY is counted from 1 over all mailboxes of a server, so that tests can
// tell it in advance: the first user's INBOX has 1.
type Server struct {
	opts   Options
	caps   map[string]bool // capabilities taken away, upper case
	only   map[string]bool // those that there are, upper case; nil: all
	faults atomic.Pointer[Faults]
	now    func() time.Time
	wg     sync.WaitGroup

	closing   chan struct{} // closed by Close
	closeOnce sync.Once

	mu        sync.Mutex
	closed    bool
	unplugged chan struct{} // closed when the network is back; nil: it is there
	users     map[string]*User
	conns     map[*conn]struct{}
	listeners map[net.Listener]struct{}
	lastConn  uint32

	validity atomic.Uint32 // the last UIDVALIDITY given
	commands counter
	frost    atomic.Pointer[frost]
	poisoned atomic.Bool // there is a message with Poison
}

// NewServer returns a server without users that serves nobody yet. Nil options
// are the zero Options.
func NewServer(opts *Options) *Server {
	s := &Server{
		users:     make(map[string]*User),
		conns:     make(map[*conn]struct{}),
		listeners: make(map[net.Listener]struct{}),
	}
	if opts != nil {
		s.opts = *opts
	}
	s.caps = upperSet(s.opts.Without)
	if s.opts.Offers != nil {
		s.only = upperSet(append(slices.Clone(s.opts.Offers), s.opts.Early...))
	}
	s.closing = make(chan struct{})
	s.SetFaults(s.opts.Faults)
	s.now = s.opts.Now
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// AddUser adds a user with an empty INBOX. An existing user gets the new
// password and keeps everything else.
func (s *Server) AddUser(name, password string) *User {
	s.mu.Lock()
	u := s.users[name]
	if u == nil {
		u = newUser(s, name, password)
		s.users[name] = u
	}
	s.mu.Unlock()
	u.setPassword(password)
	return u
}

// Serve accepts clear-text connections until Close, which makes it return nil,
// or until the listener fails. STARTTLS is offered if there is a TLSConfig.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS is Serve for connections that begin with TLS.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.opts.TLSConfig == nil {
		return errors.New("imaptest: ServeTLS without a TLSConfig")
	}
	return s.serve(l, true)
}

func (s *Server) serve(l net.Listener, secure bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("imaptest: serve: the server is closed")
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	defer l.Close()
	for {
		nc, err := l.Accept()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.listeners, l)
			if s.closed {
				return nil
			}
			return fmt.Errorf("imaptest: accept: %w", err)
		}
		s.start(nc, secure)
	}
}

// Pipe returns the client's end of a new in-memory connection that is already
// being served. After Close it is a connection that has ended.
func (s *Server) Pipe() net.Conn {
	client, server := Pipe()
	s.start(server, false)
	return client
}

// PipeTLS is Pipe with a server that expects TLS at once: the caller wraps the
// connection with tls.Client. It panics when there is no TLSConfig.
func (s *Server) PipeTLS() net.Conn {
	if s.opts.TLSConfig == nil {
		panic("imaptest: PipeTLS without a TLSConfig")
	}
	client, server := Pipe()
	s.start(server, true)
	return client
}

// Dial is Pipe in the shape of a dialer's method, for clients that connect by
// themselves, again and again. With a TLSConfig, an address with port 993 begins
// with TLS. After Close, and while the faults say so, it is refused.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if err := s.awaitNetwork(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	s.mu.Lock()
	refused := s.closed
	s.mu.Unlock()
	if refused || s.current().RefuseConnect {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	if _, port, _ := net.SplitHostPort(address); port == "993" && s.opts.TLSConfig != nil {
		return s.PipeTLS(), nil
	}
	return s.Pipe(), nil
}

// start serves nc in a goroutine of its own.
func (s *Server) start(nc net.Conn, secure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.current()
	if s.closed || f.RefuseConnect {
		nc.Close()
		return
	}
	s.lastConn++
	c := newConn(s, nc, s.lastConn)
	c.wire.dead.Store(s.unplugged != nil)
	s.conns[c] = struct{}{}
	c.watchSilence(f)
	s.wg.Go(func() {
		c.run(secure)
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		close(c.ended)
	})
}

// Close ends listeners and connections at once, without a word to the clients,
// and waits for the server's goroutines. Close again does nothing.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { close(s.closing) })
	s.mu.Lock()
	s.closed = true
	for l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.cut()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return nil
}

// Connections is the number of connections being served, logged in or not.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Shutdown says BYE with the text to every client, and then is Close.
func (s *Server) Shutdown(text string) error {
	s.mu.Lock()
	s.closed = true
	for l := range s.listeners {
		l.Close()
	}
	s.mu.Unlock()
	s.DisconnectAll(text)
	return s.Close()
}

// Disconnect says BYE with the text to every connection of the user, closes
// them and waits until they have ended. The server goes on. Without a text the
// connections are closed without a word.
func (s *Server) Disconnect(user, text string) {
	s.dismiss(text, func(c *conn) bool {
		u := c.user.Load()
		return u != nil && u.name == user
	})
}

// DisconnectAll is Disconnect for every connection, logged in or not.
func (s *Server) DisconnectAll(text string) { s.dismiss(text, func(*conn) bool { return true }) }

// dismiss says BYE to all connections that match, and waits for their end.
func (s *Server) dismiss(text string, match func(*conn) bool) {
	var all []*conn
	s.mu.Lock()
	for c := range s.conns {
		if match(c) {
			all = append(all, c)
		}
	}
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Go(func() {
			c.goodbye(text)
			<-c.ended
		})
	}
	wg.Wait()
}

// lookup returns the user, for methods that have to name the one missing.
func (s *Server) lookup(name string) (*User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("imaptest: no user %q", name)
}

// nextValidity returns a UIDVALIDITY never used before.
func (s *Server) nextValidity() uint32 { return s.validity.Add(1) }

func (s *Server) tlsConfig() *tls.Config { return s.opts.TLSConfig }
