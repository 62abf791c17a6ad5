package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// The server falls silent while it is asked for what has arrived: so much that
// it is asked which messages there are first. That is noticed as soon as with
// any other question, and nobody waits for an answer to LOGOUT.
func TestB04_SilentInScan(t *testing.T) {
	for _, command := range []string{"UID SEARCH", "UID FETCH"} {
		in(t, func(w *world) {
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name != command {
					return nil
				}
				w.faults(imaptest.Faults{})
				return &imaptest.Action{Delay: -1}
			}})
			asked := time.Since(w.began)
			w.deliver(700)
			w.after(w.w.Bound())
			w.exact(700)
			if after := when[watch.Offline](w, 0) - asked; after < 2*time.Minute || after > 2*time.Minute+time.Second {
				t.Errorf("%s: noticed after %v", command, after)
			}
		})
	}
}
