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

// A mailbox that is damaged or locked, in words that are said of a whole server
// too, does not cost the others their connection.
func TestTroubleInOneMailbox(t *testing.T) {
	for _, code := range []string{"SERVERBUG", "INUSE", "UNAVAILABLE"} {
		t.Run(code, func(t *testing.T) {
			for _, i := range []int{0, 5} { // NOTIFY, and one connection for all
				inMode(t, i, func(w *world, names []string, delay time.Duration) {
					bad := names[0]
					w.start()
					w.after(time.Minute)
					w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
						if c.Name != "NOTIFY" && strings.HasPrefix(c.Args, bad) {
							return &imaptest.Action{Reply: "NO [" + code + "] Internal error occurred"}
						}
						return nil
					}})
					w.after(6 * time.Hour)
					for _, name := range names {
						w.deliverTo(name, 1)
					}
					w.after(delay)
					w.exactIn(1, names[1:]...)
					w.faults(imaptest.Faults{})
					w.after(5*time.Minute + delay)
					w.exactIn(1, names...)
					if m := all[watch.Missing](w); len(m) != 1 || m[0].Mailbox != bad || m[0].Reason != watch.MissingRefused {
						t.Errorf("missing: %v", m)
					}
					if n := w.dials.Load(); n != 1 {
						t.Errorf("%d connections", n)
					}
				})
			}
		})
	}
}

// If a server says so of all mailboxes it is an outage.
func TestTroubleInAllMailboxes(t *testing.T) {
	for _, i := range []int{0, 5} {
		inMode(t, i, func(w *world, names []string, delay time.Duration) {
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "EXAMINE" || c.Name == "STATUS" {
					return &imaptest.Action{Reply: "NO [UNAVAILABLE] Backend is down"}
				}
				return nil
			}})
			w.after(2 * time.Hour)
			if len(all[watch.Offline](w)) == 0 {
				t.Error("nothing is told")
			}
			if n := w.dials.Load(); n > 2*60 {
				t.Errorf("%d connections", n)
			}
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			w.faults(imaptest.Faults{})
			w.after(10*time.Minute + delay)
			w.exactIn(1, names...)
		})
	}
}
