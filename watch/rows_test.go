package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
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
