package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// refuseSearch lets a server refuse SEARCH in a mailbox.
func refuseSearch(mailbox string) imaptest.Faults {
	return imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
		if c.Mailbox == mailbox && strings.HasSuffix(c.Name, "SEARCH") {
			return &imaptest.Action{Reply: "NO cannot search"}
		}
		return nil
	}}
}

// A mailbox in which no place to begin can be found does not keep back the others.
func TestNoPlaceInOneMailbox(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(1)
		w.w.From, w.w.Patient = watch.Last(3), true
		w.faults(refuseSearch(names[1]))
		w.start()
		w.after(time.Minute)
		w.deliver(1)
		w.after(3 * time.Second)
		w.exactIn(1, names[0])
		if m := all[watch.Missing](w); len(m) != 1 || m[0].Mailbox != names[1] {
			t.Errorf("missing: %v", m)
		}
		w.faults(imaptest.Faults{})
		w.after(10 * time.Minute)
		w.deliverTo(names[1], 1)
		w.after(3 * time.Second)
		w.exactIn(1, names...)
		if n := w.dials.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}
