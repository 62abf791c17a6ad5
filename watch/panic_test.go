package watch_test

import (
	"context"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// A panic in Dial is a failed attempt. The process, and what else it watches, live
// on.
func TestPanicInDial(t *testing.T) {
	in(t, func(w *world) {
		w.w.Patient = true
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			if w.dials.Load() == 0 {
				w.dials.Add(1)
				panic("no such account")
			}
			return w.dial(ctx)
		}
		w.deliver(1)
		w.start()
		w.after(time.Minute)
		offline := all[watch.Offline](w)
		if len(offline) != 1 || offline[0].Class != watch.ClassDefect || offline[0].Err.Error() != "panic: no such account" {
			t.Errorf("offline: %+v", offline)
		}
		w.after(10 * time.Minute)
		w.exact(1)
	})
}
