package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// A server that refuses IDLE is not asked for it again all the time.
func TestB23_IdleRefusedOnce(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{RefuseIdle: "not now"})
		w.start()
		w.after(14 * time.Minute)
		if n := w.srv.Stats().Commands["IDLE"]; n == 0 || n > 2 {
			t.Errorf("%d times IDLE in 14 minutes", n)
		}
		w.after(time.Hour)
		if n := w.srv.Stats().Commands["IDLE"]; n < 3 || n > 8 {
			t.Errorf("%d times IDLE in 74 minutes", n)
		}
	})
}
