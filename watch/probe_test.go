package watch_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// What the server tells in answer to a probe, between IDLE and IDLE, is news as any
// other.
func TestB22_ArrivesWithProbe(t *testing.T) {
	in(t, func(w *world) {
		w.w.Scan = time.Hour
		w.faults(imaptest.Faults{CloseSilent: 4 * time.Minute})
		w.start()
		w.after(3*time.Hour + 15*time.Minute) // between two scans
		if lost := len(all[watch.Offline](w)); lost == 0 || lost > 3 {
			t.Fatalf("%d losses", lost) // it was learned to probe more often than to scan
		}
		var sent atomic.Int64
		w.faults(imaptest.Faults{CloseSilent: 4 * time.Minute, Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "NOOP" && sent.Add(1) <= 3 {
				w.deliver(1)
			}
			return nil
		}})
		w.after(20 * time.Minute)
		if sent.Load() < 3 {
			t.Errorf("%d probes in 20 minutes", sent.Load())
		}
		w.exact(3)
	})
}
