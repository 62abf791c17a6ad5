package watch_test

import (
	"sync"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// A lost connection is made again, with growing pauses while the server refuses,
// and what came meanwhile is told once.
func TestR017_ReconnectWithBackoff(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(10 * time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.dials.Store(0)
		w.srv.Disconnect("alice", "")
		w.after(20 * time.Minute)
		if n := w.dials.Load(); n < 5 || n > 60 {
			t.Errorf("%d dials in 20 minutes", n)
		}
		w.deliver(3)
		w.faults(imaptest.Faults{})
		w.after(5*time.Minute + time.Second)
		w.exact(3)
	})
}

// IDLE is asked for again before a server may log out, for as long as nothing
// happens; and whatever ends the connection, the next one finds what came
// meanwhile, and then waits in IDLE as before.
func TestR106_ReIdleReconnectCatchUp(t *testing.T) {
	in(t, func(w *world) {
		var mu sync.Mutex
		var idles []time.Time
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				mu.Lock()
				idles = append(idles, time.Now())
				mu.Unlock()
			}
			return nil
		}})
		w.start()
		w.after(3 * time.Hour)
		mu.Lock()
		for i, at := range append(idles, time.Now())[1:] {
			if d := at.Sub(idles[i]); d > 29*time.Minute {
				t.Errorf("one IDLE for %v", d)
			}
		}
		if w.dials.Load() != 1 || len(idles) < 6 {
			t.Errorf("%d dials and %d times IDLE in three hours", w.dials.Load(), len(idles))
		}
		mu.Unlock()

		told := 0
		for i, lose := range []func(){
			func() { w.srv.Disconnect("alice", "") },
			func() { w.srv.Disconnect("alice", "Logged out for inactivity") },
			func() { w.srv.Blackhole() },
		} {
			lose()
			w.deliver(2)
			told += 2
			w.after(6 * time.Minute)
			w.exact(told)
			w.deliver(1)
			told++
			w.after(3 * time.Second)
			w.exact(told)
			if on := all[watch.Online](w); len(on) != i+2 || on[i+1].Mode != watch.ModeIdle {
				t.Errorf("after loss %d: %+v", i+1, on)
			}
		}
	})
}
