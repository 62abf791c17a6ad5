package watch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

var mail = imaptest.CRLF("From: bob@example.org\nSubject: Hello\nMessage-ID: <1@example.org>\n\nHi there.\n")

// world is a server, a Watcher and what it told, in a bubble.
type world struct {
	t     *testing.T
	srv   *imaptest.Server
	w     *watch.Watcher
	dials atomic.Int64
	began time.Time
	lazy  atomic.Bool // do not commit
	body  func(*watch.Batch) bool

	mu      sync.Mutex
	events  []told
	err     error
	cancel  context.CancelFunc
	stopped chan struct{}
}

type told struct {
	at    time.Duration // since the beginning
	event watch.Event
}

func in(t *testing.T, f func(w *world)) { inWith(t, nil, f) }

func inWith(t *testing.T, opts *imaptest.Options, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, srv: imaptest.NewServer(opts), began: time.Now()}
		w.srv.AddUser("alice", "secret")
		w.w = &watch.Watcher{Account: "alice@example.org", From: watch.All(), Dial: w.dial, Rand: seeded(1)}
		f(w)
		w.stop()
		w.srv.Close()
	})
}

func (w *world) dial(ctx context.Context) (*imap.Client, error) {
	w.dials.Add(1)
	c, err := imap.Dial(ctx, "test:143", &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true, Dial: w.srv.Dial,
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

// start begins to watch.
func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	w.cancel, w.stopped = cancel, stopped
	go func() {
		defer close(stopped)
		for b, err := range w.w.Watch(ctx) {
			w.mu.Lock()
			if w.err = err; err == nil {
				for _, e := range b.Events {
					w.events = append(w.events, told{time.Since(w.began), e})
				}
			}
			w.mu.Unlock()
			if err != nil {
				continue
			}
			if w.body != nil && !w.body(b) {
				return
			}
			if w.lazy.Load() {
				continue
			}
			if err := b.Commit(); err != nil {
				w.t.Errorf("commit: %v", err)
			}
		}
	}()
}

// stop ends the watch and returns its error.
func (w *world) stop() error {
	if w.cancel == nil {
		return nil
	}
	w.cancel()
	<-w.stopped
	w.cancel = nil
	return w.err
}

// ended waits until the watch has ended by itself, but no longer than an hour.
func (w *world) ended() bool {
	w.t.Helper()
	select {
	case <-w.stopped:
		return true
	case <-time.After(time.Hour):
		w.t.Error("the Watch goes on")
		return false
	}
}

// after lets time pass.
func (w *world) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (w *world) deliver(n int) {
	w.t.Helper()
	for range n {
		if _, err := w.srv.Deliver("alice", "INBOX", mail, nil); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) faults(f imaptest.Faults) { w.srv.SetFaults(&f) }

// all are the events of a type so far.
func all[E watch.Event](w *world) (es []E) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.events {
		if e, ok := x.event.(E); ok {
			es = append(es, e)
		}
	}
	return es
}

// when is when the i-th event of a type was told, from the beginning.
func when[E watch.Event](w *world, i int) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.events {
		if _, ok := x.event.(E); ok {
			if i--; i < 0 {
				return x.at
			}
		}
	}
	w.t.Errorf("there are not so many events")
	return 0
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
}

func (w *world) uids() (uids []imap.UID) {
	for _, a := range all[watch.Arrived](w) {
		uids = append(uids, a.UID)
	}
	return uids
}

// exact checks that the messages 1 to n were told, once each, in order.
func (w *world) exact(n int) {
	w.t.Helper()
	var want []imap.UID
	for i := range n {
		want = append(want, imap.UID(i+1))
	}
	if got := w.uids(); !slices.Equal(got, want) {
		w.t.Errorf("arrived: %s, want 1 to %d", short(got), n)
	}
}

func short(uids []imap.UID) string {
	if len(uids) > 30 {
		return fmt.Sprintf("%d messages, %v to %v", len(uids), uids[:10], uids[len(uids)-5:])
	}
	return fmt.Sprint(uids)
}

// cut closes the connection at the n-th command of a name, counted from now.
func cut(name string, n int64, after bool) imaptest.Faults {
	var seen atomic.Int64
	return imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
		if c.Name != name || seen.Add(1) != n {
			return nil
		}
		return &imaptest.Action{Cut: !after, CutReply: after}
	}}
}

// tlsDial dials whichever server it is now, on its port for TLS.
func tlsDial(now *atomic.Pointer[imaptest.Server]) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return now.Load().Dial(ctx, network, address)
	}
}

// seeded are random numbers that are the same every time, for any goroutine.
func seeded(seed uint64) func() float64 {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 0))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Float64()
	}
}
