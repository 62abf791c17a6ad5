package watch_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// chatterer is a connection on which a command is swallowed and never answered,
// while the server says every now and then that it is still there.
type chatterer struct {
	net.Conn
	on     *atomic.Bool // from now on
	once   sync.Once
	begun  chan struct{}
	closed chan struct{}
	end    sync.Once
}

func (c *chatterer) Write(p []byte) (int, error) {
	if c.on.Load() && bytes.Contains(p, []byte("UID FETCH")) {
		c.once.Do(func() { close(c.begun); c.Conn.SetReadDeadline(time.Now()) })
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *chatterer) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case <-c.begun:
	default:
		return n, err
	}
	select {
	case <-time.After(20 * time.Second):
		return copy(p, "* OK still here\r\n"), nil
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *chatterer) Close() error {
	c.end.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// A server that keeps talking but never answers is told of, however long it takes.
func TestAttackChatter(t *testing.T) {
	in(t, func(w *world) {
		var on atomic.Bool
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			w.dials.Add(1)
			c, err := imap.Dial(ctx, "test:143", &imap.Options{Security: imap.Plaintext, InsecureLogin: true,
				Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := w.srv.Dial(ctx, network, address)
					if err != nil || w.dials.Load() > 1 {
						return conn, err
					}
					return &chatterer{Conn: conn, on: &on, begun: make(chan struct{}), closed: make(chan struct{})}, nil
				}})
			if err != nil {
				return nil, err
			}
			return c, c.Login(ctx, "alice", "secret")
		}
		w.start()
		w.after(time.Second)
		on.Store(true)
		w.deliver(1)
		w.after(time.Hour)
		if len(all[watch.Stale](w))+len(all[watch.Offline](w)) == 0 {
			t.Error("nothing was told")
		}
		w.exact(1)
	})
}
