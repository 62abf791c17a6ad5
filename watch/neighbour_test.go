package watch_test

import (
	"strings"
	"sync/atomic"
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

// Mail in one mailbox is told although there is very much in another one, which
// the loop's body takes long over.
func TestMuchInOneMailbox(t *testing.T) {
	eachMode(t, func(w *world, names []string, delay time.Duration) {
		last := names[len(names)-1]
		var slow atomic.Bool
		var told atomic.Int64
		w.body = func(b *watch.Batch) bool {
			switch {
			case b.Mailbox != last || len(names) == 1:
			case !slow.Load():
			case told.Load() == 0:
				told.Store(int64(time.Since(w.began)))
			}
			if slow.Load() && b.Mailbox == names[0] {
				<-time.After(3 * time.Second)
			}
			return true
		}
		w.start()
		w.after(10 * time.Minute)
		slow.Store(true)
		w.deliver(5000)
		w.after(delay + time.Second)
		before := time.Since(w.began)
		if last != names[0] {
			w.deliverTo(last, 1)
		}
		w.after(time.Hour)
		w.exactIn(5000, names[0])
		if last == names[0] {
			return
		}
		w.exactIn(1, last)
		if took := time.Duration(told.Load()) - before; took > delay+longestTurn {
			t.Errorf("told after %v", took)
		}
	})
}

// longestTurn is how long mailboxes wait for each other, with a batch and the
// questions.
const longestTurn = 15 * time.Second
