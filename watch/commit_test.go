package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// A part of a batch may be committed: the rest comes again.
func TestCommitFirst(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = new(memory)
		w.lazy.Store(true)
		w.deliver(1)
		if err := w.srv.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		w.deliver(5)
		commit := 3
		w.body = func(b *watch.Batch) bool {
			for n := 1; n <= commit && b.Mailbox != ""; n++ {
				if err := b.CommitFirst(n); err != nil {
					t.Errorf("the first %d of %d: %v", n, len(b.Events), err)
				}
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		w.stop()
		first := w.uids()
		done := 0
		for i, e := range all[watch.Event](w) {
			if i > 0 && i <= commit && e.Kind() == watch.KindArrived { // the first one is Online
				done++
			}
		}

		w.forget()
		commit = 100
		w.start()
		w.after(time.Minute)
		w.stop()
		if got := w.uids(); len(first) != 5 || len(got) != 5-done || got[0] != first[done] {
			t.Errorf("told %v, committed %d of them, then told %v", first, done, got)
		}
		w.forget()
		w.start()
		w.after(time.Minute)
		w.stop()
		if got := w.uids(); len(got) != 0 {
			t.Errorf("told again: %v", got)
		}
	})
}
