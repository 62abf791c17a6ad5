package watch_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// delay is how long it took at most until a message that was delivered was told.
func (w *world) delay(user string, names ...string) time.Duration {
	w.t.Helper()
	delays := w.allDelays(user, names...)
	return delays[len(delays)-1]
}

// allDelays are those of all messages, in order.
func (w *world) allDelays(user string, names ...string) (all []time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	at := map[string]time.Time{}
	for _, name := range names {
		for _, a := range w.srv.Log(user, name) {
			at[fmt.Sprint(name, a.UIDValidity, a.UID)] = a.Time
		}
	}
	for _, x := range w.events {
		if a, ok := x.event.(watch.Arrived); ok {
			if sent, known := at[fmt.Sprint(a.Mailbox, a.UIDValidity, uint32(a.UID))]; known {
				all = append(all, w.began.Add(x.at).Sub(sent))
			}
		}
	}
	if len(all) == 0 {
		w.t.Fatal("no message was told")
	}
	slices.Sort(all)
	return all
}

// The peer has vanished without a word, at any moment of a quiet time.
func TestB01_HalfOpenInIdle(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.start()
		n := 0
		for _, quiet := range []time.Duration{
			time.Second, time.Minute, 4*time.Minute + 59*time.Second, 5 * time.Minute, 17 * time.Minute,
		} {
			w.after(quiet)
			w.srv.Blackhole()
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			n++
			w.after(w.w.Bound())
			w.exactIn(n, names...)
		}
		if d := w.delay("alice", names...); d > w.w.Bound() {
			w.t.Errorf("a message was told after %v, more than %v", d, w.w.Bound())
		}
	})
}

// A connection that hears, and is not heard: what it says is swallowed.
func TestB01_Swallowed(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{Forget: 4 * time.Minute})
		for i := range 10 {
			w.after(11 * time.Minute)
			w.deliver(1)
			w.after(w.w.Bound())
			w.exact(i + 1)
		}
	})
}

// The machine was suspended: the monotonic clock stood still, the wall clock did
// not, and the connection is dead.
func TestB07_Suspend(t *testing.T) {
	in(t, func(w *world) {
		var asleep atomic.Int64
		w.w.SetWall(func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) })
		w.start()
		w.after(10 * time.Second)
		w.srv.Blackhole()
		w.deliver(1)
		asleep.Store(int64(8 * time.Hour))
		w.after(clockFound)
		w.exact(1)
		if off := all[watch.Offline](w); len(off) != 1 || off[0].Reason != watch.ReasonTimeout {
			t.Errorf("offline: %+v", off)
		}
	})
}

// clockFound is how long after a suspension mail is told at the latest: 30 s
// until the clocks are compared, 5 s of jitter, 15 s for the probe, and a new
// connection.
const clockFound = 52 * time.Second

// A suspension that the connection has survived costs a probe and no more.
func TestB07_SuspendSurvived(t *testing.T) {
	in(t, func(w *world) {
		var asleep atomic.Int64
		w.w.SetWall(func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) })
		w.faults(imaptest.Faults{HoldExists: true})
		w.start()
		w.after(10 * time.Second)
		w.deliver(1)
		asleep.Store(int64(time.Hour))
		w.after(clockFound)
		w.exact(1)
		if off := all[watch.Offline](w); len(off) != 0 {
			t.Errorf("offline: %+v", off)
		}
	})
}

// After a suspension a pause between two attempts is not waited out: there is a
// network again.
func TestB07_SuspendWhileOffline(t *testing.T) {
	in(t, func(w *world) {
		w.w.Rand = func() float64 { return 0.99 }
		var asleep atomic.Int64
		w.w.SetWall(func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) })
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.after(20 * time.Minute) // pauses are five minutes now
		w.faults(imaptest.Faults{})
		w.deliver(1)
		n := len(all[watch.Online](w))
		w.after(2 * time.Second)
		if len(all[watch.Online](w)) != n {
			t.Fatal("the pause is over already: this test shows nothing")
		}
		asleep.Store(int64(8 * time.Hour))
		w.after(clockFound)
		w.exact(1)
	})
}

// The wall clock is set, forth and back and by years: nothing changes but for a
// probe.
func TestB08_ClockIsSet(t *testing.T) {
	in(t, func(w *world) {
		var off atomic.Int64
		w.w.SetWall(func() time.Time { return time.Now().Add(time.Duration(off.Load())) })
		w.start()
		n := 0
		for _, d := range []time.Duration{24 * time.Hour, -24 * time.Hour, -10 * 365 * 24 * time.Hour, 0, time.Minute} {
			off.Store(int64(d))
			w.after(7 * time.Minute)
			w.deliver(1)
			w.after(2 * time.Second)
			n++
			w.exact(n)
		}
		if off := all[watch.Offline](w); len(off) != 0 {
			t.Errorf("offline: %+v", off)
		}
		if n := w.srv.Stats().Commands["NOOP"]; n > 30 {
			t.Errorf("%d probes", n)
		}
	})
}

// A middlebox, or the server, ends connections that were silent for so long: it
// is learned, and does not happen again.
func TestB09_SilenceKills(t *testing.T) {
	for _, f := range []imaptest.Faults{
		{CloseSilent: 4*time.Minute + 50*time.Second},
		{CloseSilent: 3 * time.Minute},
		{CloseSilent: 2*time.Minute + 10*time.Second},
		{CloseSilent: 70 * time.Second},
		{Forget: 4*time.Minute + 50*time.Second},
		{Forget: 3 * time.Minute},
		{Forget: 4 * time.Minute, ForgetReset: true},
	} {
		t.Run(fmt.Sprint(f.CloseSilent, f.Forget), func(t *testing.T) {
			in(t, func(w *world) {
				w.faults(f)
				w.start()
				w.after(24 * time.Hour)
				lost := len(all[watch.Offline](w))
				if lost == 0 || lost > 3 {
					t.Errorf("%d losses in the first day", lost)
				}
				w.deliver(1)
				w.after(w.w.Bound())
				w.exact(1)
			})
		})
	}
}

// When the middlebox is gone, connections may be silent again.
func TestB09_SilenceComesBack(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{CloseSilent: 4 * time.Minute})
		w.start()
		w.after(time.Hour)
		w.faults(imaptest.Faults{})
		before := w.srv.Stats().Commands["NOOP"]
		w.after(time.Hour)
		often := w.srv.Stats().Commands["NOOP"] - before
		w.after(20 * 24 * time.Hour)
		before = w.srv.Stats().Commands["NOOP"]
		w.after(time.Hour)
		if now := w.srv.Stats().Commands["NOOP"] - before; now >= often || now > 13 {
			t.Errorf("%d probes an hour then, %d now", often, now)
		}
	})
}

// A mailbox that cannot be looked at for longer than is promised is called
// stale, once, and then recovered.
func TestStale(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.start()
		w.after(10 * time.Minute)
		if n := len(all[watch.Stale](w)); n != 0 {
			w.t.Errorf("%d times stale in good weather", n)
		}
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.after(time.Hour)
		stale := all[watch.Stale](w)
		if len(stale) != len(names) {
			w.t.Errorf("stale: %+v", stale)
		}
		for _, s := range stale {
			if s.For < w.w.Bound() || s.For > w.w.Bound()+time.Second {
				w.t.Errorf("stale for %v when it was told", s.For)
			}
		}
		w.faults(imaptest.Faults{})
		w.after(6 * time.Minute)
		recovered := all[watch.Recovered](w)
		if len(recovered) != len(names) {
			w.t.Errorf("recovered: %+v", recovered)
		}
		for _, r := range recovered {
			if r.After < time.Hour {
				w.t.Errorf("recovered after %v", r.After)
			}
		}
	})
}
