package watch_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// pointed is a connection that calls a function at one of the points at which
// something passes it: before the client's writes, and after its reads.
type pointed struct {
	net.Conn
	points *atomic.Int64
	at     int64
	f      func()
}

func (p *pointed) Write(b []byte) (int, error) {
	p.pass()
	return p.Conn.Write(b)
}

func (p *pointed) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.pass()
	return n, err
}

func (p *pointed) pass() {
	if p.points.Add(1) == p.at {
		p.f()
	}
}

// dialAt makes the Watcher's connections call f at the n-th point of all.
func (w *world) dialAt(n int, f func()) (points *atomic.Int64) {
	points = new(atomic.Int64)
	w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
		w.dials.Add(1)
		c, err := imap.Dial(ctx, "test:143", &imap.Options{
			Security: imap.Plaintext, InsecureLogin: true,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := w.srv.Dial(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &pointed{conn, points, int64(n), f}, nil
			},
		})
		if err != nil {
			return nil, err
		}
		if err := c.Login(ctx, "alice", "secret"); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}
	return points
}

// A message that arrives at any point of the conversation is told as soon as any
// other: between SELECT and IDLE, between DONE and its answer, and so on.
func TestB20_ArrivesAtEveryPoint(t *testing.T) {
	most := 70
	if testing.Short() {
		most = 20
	}
	for point := range most {
		t.Run(fmt.Sprint(point+1), func(t *testing.T) {
			eachMode(t, func(w *world, names []string, delay time.Duration) {
				points := w.dialAt(point+1, func() {
					for _, name := range names {
						w.deliverTo(name, 1)
					}
				})
				w.start()
				for range 40 { // until the point was passed
					if points.Load() > int64(point) {
						break
					}
					w.after(time.Minute)
				}
				w.after(delay)
				w.exactIn(1, names...)
			})
		})
	}
}

// What is appended while the server answers DONE, several times, is told; with
// what was announced merged into one EXISTS.
func TestB22_ArrivesAfterDone(t *testing.T) {
	in(t, func(w *world) {
		var sent atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			// The first command after DONE, which was sent behind it at once.
			if (c.Name == "NOOP" || c.Name == "UID FETCH") && sent.Load() < 40 {
				w.deliver(2)
				sent.Add(2)
			}
			return nil
		}})
		w.start()
		w.after(2 * time.Hour)
		if sent.Load() < 40 {
			t.Errorf("only %d were sent", sent.Load())
		}
		w.exact(int(sent.Load()))
	})
}
