package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// What the server says in IDLE that the user must see is told at once.
func TestAlertInIdle(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				return &imaptest.Action{Untagged: []string{"OK [ALERT] the server stops at noon"}}
			}
			return nil
		}})
		w.deliver(1) // IDLE is left for a moment
		w.after(5 * time.Second)
		if alerts := all[watch.Alert](w); len(alerts) == 0 || alerts[0].Text != "the server stops at noon" {
			t.Errorf("alerts: %q", alerts)
		}
	})
}
