package watch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// A panic in Dial is a lost connection: it is told, and paced.
func TestB74_PanicInDial(t *testing.T) {
	in(t, func(w *world) {
		w.w.Patient = true
		var panics atomic.Bool
		panics.Store(true)
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			if w.dials.Add(1) > 1 && panics.Load() {
				panic("a bug")
			}
			return w.dial(ctx)
		}
		w.start()
		w.after(time.Minute)
		w.srv.Disconnect("alice", "")
		w.deliver(1)
		w.after(20 * time.Minute)
		off := all[watch.Offline](w)
		if len(off) != 3 || off[1].Class != watch.ClassDefect || !contains(off[1].Err.Error(), "a bug") {
			t.Errorf("offline: %+v", off)
		}
		panics.Store(false)
		w.after(time.Hour)
		w.exact(1)
	})
}

// The third panic of a connection within an hour ends the Watch, so that whoever
// supervises the program sees it.
func TestB74_PanicsEndTheWatch(t *testing.T) {
	for name, boxes := range map[string]int{"one connection": 0, "three": 2} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Patient, w.w.Listen = true, watch.ModeIdle
				names := w.boxes(boxes)
				w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
					if int(w.dials.Add(1)) > len(names) {
						panic("a bug")
					}
					return w.dial(ctx)
				}
				w.start()
				w.after(time.Minute)
				w.disconnect()
				if !w.ended() || !contains(w.err.Error(), "3 panics") || !contains(w.err.Error(), "a bug") {
					t.Errorf("the Watch has ended with %v", w.err)
				}
				if n := len(all[watch.Offline](w)); n < len(names)+2 || n > 3*len(names) {
					t.Errorf("%d times offline", n)
				}
			})
		})
	}
}

// Panics that are rarer do not end it.
func TestB74_RarePanics(t *testing.T) {
	in(t, func(w *world) {
		w.w.Patient = true
		var panics atomic.Bool
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			if panics.Swap(false) {
				panic("a bug")
			}
			return w.dial(ctx)
		}
		w.start()
		for range 20 {
			w.after(35 * time.Minute)
			panics.Store(true)
			w.disconnect()
			w.deliver(1)
		}
		w.after(35 * time.Minute)
		w.exact(20)
	})
}

// A panic in the loop's body is the caller's: it comes out of the loop, and
// leaves nothing behind.
func TestB74_PanicInBody(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.deliver(1)
		recovered := make(chan any)
		go func() {
			defer func() { recovered <- recover() }()
			for b, err := range w.w.Watch(w.t.Context()) {
				if err != nil {
					w.t.Error(err)
				}
				if b.Mailbox != "" {
					panic("mine")
				}
			}
		}()
		if v := <-recovered; v != "mine" {
			w.t.Errorf("recovered %v", v)
		}
		w.after(5 * time.Second)
		if n := w.srv.Connections(); n != 0 {
			w.t.Errorf("%d connections are left", n)
		}
		w.start()
		w.after(time.Minute)
		w.exactIn(1, "INBOX")
	})
}

// One account in trouble does not hold others up, though they share a process, a
// server and a store.
func TestB56_NoisyNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := imaptest.NewServer(nil)
		defer srv.Close()
		store := new(watch.MemoryStore)
		ctx, cancel := context.WithCancel(t.Context())
		const accounts = 20
		var most [accounts]time.Duration
		var told [accounts]int
		sent := map[uint32]time.Time{}
		ended := make(chan struct{})
		for i := range accounts {
			user := fmt.Sprint("user", i)
			srv.AddUser(user, "secret")
			w := &watch.Watcher{Account: user, Store: store, From: watch.All(), Patient: true,
				Dial: watch.Login("mail.example.org:143", user, "secret", &imap.Options{
					Security: imap.Plaintext, InsecureLogin: true, Dial: srv.Dial,
				})}
			if i == 0 { // the noisy one
				w.Dial = watch.Login("mail.example.org:143", user, "wrong", &imap.Options{
					Security: imap.Plaintext, InsecureLogin: true, Dial: srv.Dial,
				})
			}
			go func() {
				defer func() { ended <- struct{}{} }()
				for b, err := range w.Watch(ctx) {
					if err != nil {
						return
					}
					for _, e := range b.Events {
						if a, ok := e.(watch.Arrived); ok {
							most[i] = max(most[i], time.Since(sent[uint32(a.UID)]))
							told[i]++
						}
					}
					if i == 1 {
						<-time.After(20 * time.Second) // a slow consumer
					}
					if err := b.Commit(); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		for n := range 100 {
			<-time.After(time.Minute)
			synctest.Wait()
			sent[uint32(n+1)] = time.Now()
			for i := range accounts {
				if _, err := srv.Deliver(fmt.Sprint("user", i), "INBOX", mail, nil); err != nil {
					t.Error(err)
				}
			}
			if n%10 == 5 {
				srv.Disconnect("user2", "")
				for range 50 {
					_ = srv.SetFlags("user1", "INBOX", 1, `\Seen`)
				}
			}
		}
		<-time.After(time.Minute)
		cancel()
		for range accounts {
			<-ended
		}
		for i := 3; i < accounts; i++ {
			if told[i] != 100 || most[i] > time.Second {
				t.Errorf("user%d was told of %d messages, of one after %v", i, told[i], most[i])
			}
		}
		if told[1] != 100 || told[2] != 100 || told[0] != 0 {
			t.Errorf("told: %v", told)
		}
	})
}

// Weeks of a bad network: thousands of connections, and no goroutine and no
// memory more than at first.
func TestB75_Weeks(t *testing.T) {
	days := 4
	if os.Getenv("IDLEWILD_LONG") != "" {
		days = 24
	}
	for _, more := range []int{0, 3} {
		inWith(t, nil, func(w *world) {
			names := w.boxes(more)
			w.w.Store = new(watch.MemoryStore)
			w.w.Changes = more > 0
			w.start()
			var goroutines []int
			var heap []uint64
			n, cuts := 0, 0
			for day := range days {
				for range 24 * 60 / 4 {
					w.after(4 * time.Minute)
					w.srv.Disconnect("alice", []string{"", "shutting down"}[cuts%2])
					cuts++
				}
				for _, name := range names {
					w.deliverTo(name, 1)
				}
				n++
				w.after(10 * time.Minute)
				w.exactIn(n, names...)
				w.mu.Lock()
				w.events = slices.DeleteFunc(w.events, func(x told) bool {
					_, ok := x.event.(watch.Arrived)
					return !ok
				})
				w.mu.Unlock()
				goroutines = append(goroutines, runtime.NumGoroutine())
				if day%4 == 3 {
					heap = append(heap, heapNow())
				}
			}
			slices.Sort(goroutines)
			if d := goroutines[len(goroutines)-1] - goroutines[0]; d > 8 {
				t.Errorf("goroutines at the ends of days: %v", goroutines)
			}
			if first, last := heap[0], heap[len(heap)-1]; last > first+4<<20 {
				t.Errorf("the heap grew from %d to %d bytes", first, last)
			}
			if logins := len(w.srv.Stats().Users["alice"].Logins); logins < cuts/2 {
				t.Errorf("only %d logins", logins)
			}
		})
	}
}

func heapNow() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A certificate that runs out, or becomes another's, while the process runs: no
// login, slow attempts, and back when it is good again.
func TestB03_CertificateChanges(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	other, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	good := ca.ServerConfig("mail.example.org")
	for _, name := range []string{"expired", "unknown", "wrong host"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := imaptest.NewServer(&imaptest.Options{TLSConfig: good})
				evil := map[string]*imaptest.Server{
					"expired":    imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ExpiredConfig("mail.example.org")}),
					"unknown":    imaptest.NewServer(&imaptest.Options{TLSConfig: other.ServerConfig("mail.example.org")}),
					"wrong host": imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig("mail.example.com")}),
				}
				defer srv.Close()
				for _, s := range evil {
					defer s.Close()
					s.AddUser("alice", "secret")
				}
				srv.AddUser("alice", "secret")
				var now atomic.Pointer[imaptest.Server]
				now.Store(srv)
				w := &world{t: t, srv: srv, began: time.Now()}
				w.w = &watch.Watcher{From: watch.All(), Dial: watch.Login("mail.example.org", "alice", "secret", &imap.Options{
					TLSConfig: ca.ClientConfig("mail.example.org"),
					Dial:      tlsDial(&now),
				})}
				w.start()
				w.after(10 * time.Minute)
				now.Store(evil[name])
				srv.Disconnect("alice", "")
				w.deliver(1)
				w.after(2 * time.Hour)
				off := all[watch.Offline](w)
				last := off[len(off)-1]
				if last.Reason != watch.ReasonTLS || last.Class != watch.ClassPermanent || len(off) > 8 {
					t.Errorf("%d attempts, the last: %+v", len(off), last)
				}
				if n := len(evil[name].Stats().Users["alice"].Logins); n > 0 {
					t.Errorf("%d logins", n)
				}
				now.Store(srv)
				w.after(70 * time.Minute)
				w.exact(1)
				w.stop()
			})
		})
	}
}

// The handshake stands, or the connection is cut anywhere in it and behind it,
// without close_notify: nothing is told of what came only in part.
func TestB03_CutInTLS(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	step := int64(173)
	if testing.Short() {
		step = 997
	}
	for n := int64(1); n < 6000; n += step {
		for kind, f := range map[string]imaptest.Faults{
			"cut": {CutAfter: n}, "stall": {StallAfter: n}, "our half is cut": {CutAfterRead: n},
		} {
			t.Run(fmt.Sprint(kind, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig("mail.example.org")})
					defer srv.Close()
					srv.AddUser("alice", "secret")
					var now atomic.Pointer[imaptest.Server]
					now.Store(srv)
					w := &world{t: t, srv: srv, began: time.Now()}
					w.w = &watch.Watcher{From: watch.All(), Patient: true, Dial: watch.Login("mail.example.org", "alice", "secret",
						&imap.Options{TLSConfig: ca.ClientConfig("mail.example.org"), Dial: tlsDial(&now)})}
					w.deliver(5)
					w.faults(f)
					w.start()
					w.after(5 * time.Minute)
					for _, a := range all[watch.Arrived](w) {
						if a.Envelope != nil && a.Envelope.Subject != "Hello" {
							t.Errorf("a message in part: %+v", a)
						}
					}
					w.faults(imaptest.Faults{})
					w.after(20 * time.Minute)
					w.exact(5)
					w.stop()
				})
			})
		}
	}
}

// The address changes, or one of the interfaces goes: each attempt asks anew
// where the server is.
func TestB10_AnotherAddress(t *testing.T) {
	in(t, func(w *world) {
		second := imaptest.NewServer(nil)
		defer second.Close()
		second.AddUser("alice", "secret")
		var moved atomic.Bool
		w.w.OnReset = watch.PolicyReplay
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			if !moved.Load() {
				return w.dial(ctx)
			}
			w.dials.Add(1)
			return watch.Login("test:143", "alice", "secret", &imap.Options{
				Security: imap.Plaintext, InsecureLogin: true, Dial: second.Dial,
			})(ctx)
		}
		w.start()
		w.after(10 * time.Minute)
		w.srv.Blackhole() // the route is gone
		moved.Store(true)
		if _, err := second.Deliver("alice", "INBOX", mail, nil); err != nil {
			t.Fatal(err)
		}
		w.after(w.w.Bound())
		w.exact(1)
	})
}

// A store that fails now and then is the program's business: Commit says so, and
// what was not committed is told again after a restart.
func TestCommitFails(t *testing.T) {
	in(t, func(w *world) {
		broken := errors.New("disk is broken")
		store := &memory{}
		w.w.Store = store
		w.lazy.Store(true)
		failed := 0
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == "" {
				return true
			}
			store.setFail(broken)
			if err := b.Commit(); errors.Is(err, broken) {
				failed++
			}
			store.setFail(nil)
			return true
		}
		w.start()
		w.deliver(2)
		w.after(time.Minute)
		w.stop()
		if failed == 0 {
			t.Error("no Commit failed")
		}
		w.body = nil
		w.lazy.Store(false)
		w.forget()
		w.start()
		w.after(time.Minute)
		w.exact(2)
	})
}

func (m *memory) setFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}
