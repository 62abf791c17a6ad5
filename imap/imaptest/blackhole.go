package imaptest

import (
	"context"
	"net"
)

// Blackhole makes all live connections swallow what they are sent and never say
// anything again, without closing them: what a client sees when the network
// loses its state. New connections work.
func (s *Server) Blackhole() { s.lose(func(*conn) bool { return true }) }

// BlackholeUser is Blackhole for the connections of one user.
func (s *Server) BlackholeUser(user string) {
	s.lose(func(c *conn) bool {
		u := c.user.Load()
		return u != nil && u.name == user
	})
}

// BlackholeConn is Blackhole for one connection, by the number that Call and Trace
// know it by.
func (s *Server) BlackholeConn(id uint32) {
	s.lose(func(c *conn) bool { return c.id == id })
}

// BlackholeAll is Blackhole for all connections there are and will be, until
// Unblackhole: Dial waits for as long as its Context lets it, and connections
// made by other ways are dead from the start.
func (s *Server) BlackholeAll() {
	s.mu.Lock()
	if s.unplugged == nil {
		s.unplugged = make(chan struct{})
	}
	s.mu.Unlock()
	s.Blackhole()
}

// Unblackhole ends BlackholeAll: connections made from now on work, and those
// that wait to be dialed come about. Those that were dead stay dead.
func (s *Server) Unblackhole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unplugged != nil {
		close(s.unplugged)
		s.unplugged = nil
	}
}

// Freeze lets time stop for all connections, as for a process that is stopped or
// a network that holds everything back: nothing comes or goes until Thaw, and then
// all of it. New connections come about, and are frozen. A connection that the
// server has to end meanwhile is closed without a word.
func (s *Server) Freeze() { s.frost.CompareAndSwap(nil, &frost{make(chan struct{})}) }

// Thaw ends Freeze.
func (s *Server) Thaw() {
	if f := s.frost.Swap(nil); f != nil {
		close(f.over)
	}
}

// frost is one Freeze.
type frost struct{ over chan struct{} }

// thaw waits as long as the connection is frozen. It reports whether it lives.
func (w *wire) thaw() bool {
	for w.frost != nil {
		f := w.frost.Load()
		if f == nil {
			break
		}
		select {
		case <-f.over:
		case <-w.done:
			return false
		}
	}
	return true
}

func (s *Server) lose(match func(*conn) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if match(c) {
			c.wire.dead.Store(true)
		}
	}
}

// awaitNetwork waits until there is a way to the server.
func (s *Server) awaitNetwork(ctx context.Context) error {
	for {
		s.mu.Lock()
		back := s.unplugged
		s.mu.Unlock()
		if back == nil {
			return nil
		}
		select {
		case <-back:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return net.ErrClosed
		}
	}
}
