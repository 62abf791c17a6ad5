package watch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// attempts are when something was tried.
type attempts struct {
	mu sync.Mutex
	at []time.Time
}

func (a *attempts) add() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
}

func (a *attempts) times() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Time(nil), a.at...)
}

// most checks that there were never more than n within an hour.
func (a *attempts) most(t *testing.T, n int) {
	t.Helper()
	at := a.times()
	for i := n; i < len(at); i++ {
		if span := at[i].Sub(at[i-n]); span < time.Hour {
			t.Errorf("%d attempts within %v, the last after %v", n+1, span, at[i].Sub(at[0]))
		}
	}
}

// seeded makes the jitter of a Watcher a known one.
func (w *world) seeded(seed uint64) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	w.w.Rand = func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Float64()
	}
}

// through makes the Watcher connect to a host of that name, each connection
// through wrap.
func (w *world) through(host string, wrap func(net.Conn) net.Conn) {
	w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
		w.dials.Add(1)
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := w.srv.Dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		}
		c, err := imap.Dial(ctx, host+":143", &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Dial: dial})
		if err != nil {
			return nil, err
		}
		if err := c.Login(ctx, "alice", "secret"); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}
}

// dropper ends a connection some time after a mailbox was opened on it.
type dropper struct {
	net.Conn
	after time.Duration
	once  sync.Once
}

func (d *dropper) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("EXAMINE")) {
		n, err := d.Conn.Write(b)
		d.once.Do(func() { time.AfterFunc(max(d.after, 1), func() { d.Conn.Close() }) })
		return n, err
	}
	return d.Conn.Write(b)
}

// A server that lets us in and drops us is called less and less often.
func TestB05_DropsAfterSelect(t *testing.T) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, time.Minute} {
		for seed := range uint64(10) {
			in(t, func(w *world) {
				w.seeded(seed)
				w.w.Patient = true
				var healed atomic.Bool
				w.through("test", func(c net.Conn) net.Conn {
					if healed.Load() {
						return c
					}
					return &dropper{Conn: c, after: after}
				})
				w.start()
				w.after(time.Hour)
				if n := w.dials.Load(); n > 45 || n < 10 {
					t.Errorf("%v: %d dials in an hour", after, n)
				}
				for _, off := range all[watch.Offline](w) {
					if off.Class != watch.ClassOutage || off.Expected || off.Retry > 5*time.Minute {
						t.Errorf("%+v", off)
					}
				}
				healed.Store(true)
				w.deliver(1)
				w.after(5*time.Minute + after + time.Second)
				w.exact(1)
			})
		}
	}
}

// After a stable period the first attempt is made within a second, and a short
// one does not count as stable.
func TestB05_FirstRetry(t *testing.T) {
	in(t, func(w *world) {
		var mu sync.Mutex
		var last net.Conn
		w.through("test", func(c net.Conn) net.Conn {
			mu.Lock()
			defer mu.Unlock()
			last = c
			return c
		})
		drop := func() {
			mu.Lock()
			defer mu.Unlock()
			last.Close()
		}
		w.w.Rand = func() float64 { return 0.999 }
		w.start()
		for i, life := range []time.Duration{time.Hour, 290 * time.Second, 290 * time.Second, 301 * time.Second, time.Second} {
			w.after(life)
			drop()
			w.after(5 * time.Second)
			offs := all[watch.Offline](w)
			if len(offs) != i+1 {
				t.Fatalf("%d times offline, not %d", len(offs), i+1)
			}
			want := []int{1, 2, 3, 1, 2}[i]
			if off := offs[i]; off.Attempt != want || off.Retry > time.Second<<(want-1) {
				t.Errorf("%d: attempt %d, retry in %v", i, off.Attempt, off.Retry)
			}
		}
	})
}

// A name that is not known may be known later: it is asked for again, slowly, for
// ever.
func TestB06_UnknownHost(t *testing.T) {
	for _, tt := range []struct {
		err  net.DNSError
		most int64
	}{
		{net.DNSError{Err: "no such host", Name: "mail.example.org", IsNotFound: true}, 14},
		{net.DNSError{Err: "server misbehaving", Name: "mail.example.org", IsTemporary: true}, 45},
	} {
		in(t, func(w *world) {
			w.seeded(1)
			w.w.Patient = true
			dial := w.w.Dial
			var known atomic.Bool
			var asked attempts
			w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
				asked.add()
				if known.Load() {
					return dial(ctx)
				}
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &tt.err}
			}
			w.deliver(1)
			w.start()
			w.after(time.Hour)
			n := int64(len(asked.times()))
			if n > tt.most || n < 4 {
				t.Errorf("%v: asked %d times in an hour", &tt.err, n)
			}
			w.after(23 * time.Hour)
			if more := int64(len(asked.times())) - n; more < 23*4-10 {
				t.Errorf("%v: asked %d times in the rest of the day", &tt.err, more)
			}
			for _, off := range all[watch.Offline](w) {
				if off.Reason != watch.ReasonDNS || off.Class != watch.ClassOutage {
					t.Errorf("%+v", off)
				}
			}
			known.Store(true)
			w.after(15 * time.Minute)
			w.exact(1)
		})
	}
}

// A certificate that is not to be trusted is permanent until it is: tried slowly,
// and never without TLS.
func TestB03_Certificate(t *testing.T) {
	in(t, func(w *world) {
		w.seeded(1)
		w.w.Patient = true
		dial := w.w.Dial
		var bad atomic.Bool
		bad.Store(true)
		var asked attempts
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			asked.add()
			if !bad.Load() {
				return dial(ctx)
			}
			return nil, fmt.Errorf("tls: %w", x509.UnknownAuthorityError{})
		}
		w.deliver(1)
		w.start()
		w.after(24 * time.Hour)
		if n := len(asked.times()); n < 24 || n > 32 {
			t.Errorf("asked %d times in a day", n)
		}
		for _, off := range all[watch.Offline](w) {
			if off.Class != watch.ClassPermanent || off.Reason != watch.ReasonTLS || off.Retry < 4*time.Minute {
				t.Errorf("%+v", off)
			}
		}
		bad.Store(false)
		w.after(70 * time.Minute)
		w.exact(1)
	})
}

// refuser refuses logins, and notes when.
func (w *world) refuser(a *attempts, refusal func(n int) string) {
	n := 0
	var mu sync.Mutex
	w.faults(imaptest.Faults{DropCapabilities: []string{"NOTIFY"}, Hook: func(c imaptest.Call) *imaptest.Action {
		if c.Name != "LOGIN" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		if r := refusal(n); r != "" {
			a.add()
			return &imaptest.Action{Reply: r}
		}
		return nil
	}})
}

// A refusal that nobody knows is an outage for an hour, then the credentials are
// to blame.
func TestB50_UnknownRefusal(t *testing.T) {
	for _, tt := range []struct {
		refusal string
		first   watch.Class
		most    int // attempts in the first hour
	}{
		{"NO Zugangsdaten falsch", watch.ClassOutage, 20},
		{"BAD User is authenticated but not connected.", watch.ClassLimit, 12},
	} {
		in(t, func(w *world) {
			w.seeded(2)
			w.w.Patient = true
			var logins attempts
			w.refuser(&logins, func(int) string { return tt.refusal })
			w.start()
			w.after(59 * time.Minute)
			first := logins.times()
			if len(first) < 4 || len(first) > tt.most {
				t.Errorf("%s: %d logins in the first hour", tt.refusal, len(first))
			}
			for _, off := range all[watch.Offline](w) {
				if off.Class != tt.first {
					t.Errorf("%s: %+v", tt.refusal, off)
				}
			}
			if len(all[watch.AuthFailed](w)) != 0 {
				t.Errorf("%s: the credentials are blamed at once", tt.refusal)
			}
			w.after(23 * time.Hour)
			offs := all[watch.Offline](w)
			if last := offs[len(offs)-1]; last.Class != watch.ClassCredential {
				t.Errorf("%s: %+v", tt.refusal, last)
			}
			if n := len(all[watch.AuthFailed](w)); n != 1 {
				t.Errorf("%s: told %d times", tt.refusal, n)
			}
			late := attempts{}
			for _, at := range logins.times() {
				if at.Sub(first[0]) > 75*time.Minute {
					late.at = append(late.at, at)
				}
			}
			late.most(t, 3)
		})
	}
}

// Exchange's "not connected" stays what it is as long as another connection of
// the account is online, and if it passes within the hour.
func TestB50_NotConnectedForAWhile(t *testing.T) {
	in(t, func(w *world) {
		w.seeded(3)
		w.w.Patient = true
		var logins attempts
		var bad atomic.Bool
		bad.Store(true)
		w.refuser(&logins, func(int) string {
			if bad.Load() {
				return "BAD User is authenticated but not connected."
			}
			return ""
		})
		w.deliver(1)
		w.start()
		w.after(50 * time.Minute)
		bad.Store(false)
		w.after(15 * time.Minute)
		w.exact(1)
		bad.Store(true)
		w.srv.Blackhole()
		w.after(50 * time.Minute)
		if n := len(all[watch.AuthFailed](w)); n != 0 {
			t.Errorf("told %d times", n)
		}
	})
	in(t, func(w *world) {
		w.seeded(3)
		w.several("INBOX", "A")
		var conns []net.Conn
		var mu sync.Mutex
		w.through("test", func(c net.Conn) net.Conn {
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, c)
			return c
		})
		w.start()
		w.after(time.Minute)
		if w.dials.Load() != 2 {
			t.Fatalf("%d connections", w.dials.Load())
		}
		var logins attempts
		w.refuser(&logins, func(int) string { return "BAD User is authenticated but not connected." })
		conns[0].Close()
		w.after(3 * time.Hour)
		offs := all[watch.Offline](w)
		for _, off := range offs[1:] {
			if off.Class != watch.ClassLimit {
				t.Errorf("%+v", off)
			}
		}
		w.deliverTo("INBOX", 1)
		w.deliverTo("A", 1)
		w.after(70 * time.Second)
		w.exactIn(1, "INBOX", "A") // on the other connection
	})
}

// several makes mailboxes, which have a connection each.
func (w *world) several(names ...string) {
	w.w.Mailboxes, w.w.Connections = names, len(names)
	for _, name := range names {
		if name != "INBOX" {
			if err := w.srv.CreateMailbox("alice", name); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.w.Listen = watch.ModeIdle
	w.faults(imaptest.Faults{DropCapabilities: []string{"NOTIFY"}})
}

// A limit is kept to, and the pause that the server asks for, up to a quarter of
// an hour.
func TestB52_SuggestedPause(t *testing.T) {
	for _, tt := range []struct {
		refusal   string
		from, to  time.Duration
		reconnect bool
	}{
		{"NO Request is throttled. Suggested Backoff Time: 600000 milliseconds", 10 * time.Minute, 10 * time.Minute, true},
		{"NO Request is throttled. Suggested Backoff Time: 99999999 milliseconds", 15 * time.Minute, 15 * time.Minute, true},
		{"BAD Request is throttled. Suggested Backoff Time: 1 milliseconds", 30 * time.Second, time.Minute, true},
		{"NO [LIMIT] LOGIN Rate limit hit.", 30 * time.Second, time.Minute, true},
		{"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", 30 * time.Second, time.Minute, true},
		{"NO [ALERT] Too many simultaneous connections. (Failure)", 30 * time.Second, time.Minute, true},
		{"NO [INUSE] mailbox in use", 0, time.Second, true},
	} {
		in(t, func(w *world) {
			w.seeded(4)
			w.w.Patient = true
			var logins attempts
			w.refuser(&logins, func(n int) string {
				if n == 1 {
					return tt.refusal
				}
				return ""
			})
			w.deliver(1)
			w.start()
			w.after(tt.to + time.Second)
			w.exact(1)
			off := all[watch.Offline](w)[0]
			if off.Retry < tt.from || off.Retry > tt.to {
				t.Errorf("%s: %+v", tt.refusal, off)
			}
		})
	}
}

// Where the account may have fewer connections than are wanted, those that there
// are do the work.
func TestB52_OneConnectionAllowed(t *testing.T) {
	in(t, func(w *world) {
		w.seeded(8)
		w.several("INBOX", "A", "B")
		w.w.Listen = ""
		var live, most atomic.Int64
		w.through("test", func(c net.Conn) net.Conn {
			return &counted{Conn: c, live: &live}
		})
		var logins attempts
		w.refuser(&logins, func(int) string {
			if n := live.Load(); n > 1 {
				return "NO [ALERT] Too many simultaneous connections. (Failure)"
			}
			return ""
		})
		w.start()
		for _, name := range w.w.Mailboxes {
			w.after(10 * time.Minute)
			most.Store(max(most.Load(), live.Load()))
			if _, err := w.srv.Deliver("alice", name, mail, nil); err != nil {
				t.Fatal(err)
			}
		}
		w.after(10 * time.Minute)
		var where []string
		for _, a := range all[watch.Arrived](w) {
			where = append(where, a.Mailbox)
		}
		if fmt.Sprint(where) != "[INBOX A B]" {
			t.Errorf("arrived in %v", where)
		}
		if n := len(logins.times()); n > 3 || most.Load() != 1 {
			t.Errorf("%d connections were refused, %d live", n, most.Load())
		}
	})
}

// counted is a connection that counts as long as it is open.
type counted struct {
	net.Conn
	live  *atomic.Int64
	begin sync.Once
	end   sync.Once
}

func (c *counted) Write(b []byte) (int, error) {
	c.begin.Do(func() { c.live.Add(1) })
	return c.Conn.Write(b)
}

func (c *counted) Close() error {
	c.end.Do(func() { c.live.Add(-1) })
	return c.Conn.Close()
}

// A refused login is tried three times an hour at most, whatever comes in
// between, and however many connections want it.
func TestB53_ThreeAnHour(t *testing.T) {
	const refusal = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
	for name, script := range map[string]func(w *world, n int) string{
		"always": func(*world, int) string { return refusal },
		"with outages": func(w *world, n int) string {
			if n%2 == 0 {
				return "NO [UNAVAILABLE] Temporary System Error (Failure)"
			}
			return refusal
		},
		"every other": func(w *world, n int) string {
			if n%2 == 0 {
				time.AfterFunc(time.Minute, w.srv.Blackhole)
				return ""
			}
			return refusal
		},
		"long in between": func(w *world, n int) string {
			if n%2 == 0 {
				time.AfterFunc(6*time.Minute, w.srv.Blackhole)
				return ""
			}
			return refusal
		},
		"with limits": func(w *world, n int) string {
			if n%3 == 1 {
				return "NO [LIMIT] LOGIN Rate limit hit."
			}
			return refusal
		},
	} {
		for seed := range uint64(3) {
			in(t, func(w *world) {
				w.seeded(seed)
				w.w.Patient = true
				var logins attempts
				w.refuser(&logins, func(n int) string { return script(w, n) })
				// Only refusals of the credentials count.
				w.start()
				w.after(24 * time.Hour)
				var bad attempts
				for _, off := range all[watch.Offline](w) {
					if off.Class == watch.ClassCredential {
						bad.at = append(bad.at, time.Time{})
					}
				}
				if n := len(bad.at); n < 10 || n > 3*24 {
					t.Errorf("%s: %d refusals in a day", name, n)
				}
				w.mu.Lock()
				bad.at = bad.at[:0]
				for _, x := range w.events {
					if off, ok := x.event.(watch.Offline); ok && off.Class == watch.ClassCredential {
						bad.at = append(bad.at, w.began.Add(x.at))
					}
				}
				w.mu.Unlock()
				bad.most(t, 3)
			})
		}
	}
}

// Several connections that are lost together do not try a refused login each.
func TestB53_SeveralConnections(t *testing.T) {
	for seed := range uint64(6) {
		in(t, func(w *world) {
			if w.seeded(seed); seed == 0 {
				w.w.Rand = func() float64 { return 0 } // all at once
			}
			w.several("INBOX", "A", "B", "C", "D")
			w.start()
			w.after(10 * time.Minute)
			if n := w.dials.Load(); n != 5 {
				t.Fatalf("%d connections", n)
			}
			var logins attempts
			var good atomic.Bool
			w.refuser(&logins, func(int) string {
				if good.Load() {
					return ""
				}
				return "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
			})
			w.srv.Blackhole()
			w.after(24 * time.Hour)
			if n := len(logins.times()); n < 20 {
				t.Errorf("%d logins in a day", n)
			}
			logins.most(t, 3)
			good.Store(true)
			w.deliver(1)
			w.after(2 * time.Hour)
			w.exact(1)
			if n := w.dials.Load(); n < 10 {
				t.Errorf("%d dials: not all are back", n)
			}
		})
	}
}

// The user is told once, at the second refusal, and what to do.
func TestB53_Told(t *testing.T) {
	in(t, func(w *world) {
		w.w.Patient = true
		var bad atomic.Bool
		bad.Store(true)
		var logins attempts
		w.refuser(&logins, func(int) string {
			if bad.Load() {
				return "NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"
			}
			return ""
		})
		w.start()
		w.after(time.Second)
		if len(all[watch.AuthFailed](w)) != 0 {
			t.Error("told at the first refusal")
		}
		w.after(5 * time.Minute)
		told := all[watch.AuthFailed](w)
		if len(told) != 1 || told[0].Refusals != 2 || told[0].Retry != 30*time.Minute || told[0].Help == "" ||
			!errors.Is(told[0].Err, imap.ErrAppPassword) {
			t.Fatalf("%+v", told)
		}
		w.after(10 * time.Hour)
		if n := len(all[watch.AuthFailed](w)); n != 1 {
			t.Errorf("told %d times", n)
		}
		// It works again, and fails again: that is news.
		bad.Store(false)
		w.after(time.Hour)
		bad.Store(true)
		w.srv.Blackhole()
		w.after(2 * time.Hour)
		if n := len(all[watch.AuthFailed](w)); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// Gmail ends a session every hour. That is no failure.
func TestB02_GmailEveryHour(t *testing.T) {
	in(t, func(w *world) {
		w.seeded(5)
		w.faults(imaptest.Faults{Hook: hourly("Session expired, please login again.", time.Hour)})
		w.start()
		w.after(24 * time.Hour)
		offs := all[watch.Offline](w)
		if len(offs) < 20 || len(offs) > 24 {
			t.Errorf("%d times offline", len(offs))
		}
		for _, off := range offs {
			if !off.Expected || off.Attempt != 0 || off.Retry > 5*time.Second {
				t.Errorf("%+v", off)
			}
		}
		w.deliver(1)
		w.after(time.Minute)
		w.exact(1)
	})
}

// A server that says so at every login is paced like any other.
func TestB02_ExpectedCloseAbused(t *testing.T) {
	in(t, func(w *world) {
		w.seeded(6)
		w.w.Patient = true
		w.faults(imaptest.Faults{Hook: hourly("Session expired, please login again.", 0)})
		w.start()
		w.after(time.Hour)
		if n := w.dials.Load(); n > 45 {
			t.Errorf("%d dials in an hour", n)
		}
		for _, off := range all[watch.Offline](w) {
			if off.Expected {
				t.Errorf("%+v", off)
			}
		}
	})
}

// Yandex drops connections, and locks accounts that log in often.
func TestB02_YandexDrops(t *testing.T) {
	for _, life := range []time.Duration{time.Second, 3 * time.Minute, 10 * time.Minute} {
		in(t, func(w *world) {
			w.seeded(7)
			w.w.Patient = true
			var logins attempts
			w.through("imap.yandex.ru", func(c net.Conn) net.Conn {
				logins.add()
				return &dropper{Conn: c, after: life}
			})
			w.start()
			w.after(3 * time.Hour)
			at := logins.times()
			for i := 1; i < len(at); i++ {
				if rest := at[i].Sub(at[i-1]) - life; rest < 30*time.Second || rest > 6*time.Minute {
					t.Errorf("%v: %v after the last one", life, rest)
				}
			}
			for _, off := range all[watch.Offline](w) {
				if off.Expected != (life > 2*time.Minute) || off.Expected && off.Retry > 2*time.Minute {
					t.Errorf("%v: %+v", life, off)
				}
			}
		})
	}
}

// hourly ends each connection with a BYE at the first command that comes when it
// is so old, though not before a mailbox is open.
func hourly(bye string, life time.Duration) func(imaptest.Call) *imaptest.Action {
	var mu sync.Mutex
	began := map[uint32]time.Time{}
	return func(c imaptest.Call) *imaptest.Action {
		mu.Lock()
		defer mu.Unlock()
		at, ok := began[c.Conn]
		if !ok {
			at = time.Now()
			began[c.Conn] = at
		}
		if c.Mailbox == "" || time.Since(at) < life {
			return nil
		}
		return &imaptest.Action{Bye: bye}
	}
}
