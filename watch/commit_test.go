package watch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
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

// What is committed is not taken back: fewer events of a batch than before are an
// error, and nothing is saved; as many are none.
func TestCommitFirstNeverGoesBack(t *testing.T) {
	in(t, func(w *world) {
		store := new(memory)
		w.w.Store = store
		w.deliver(5)
		w.lazy.Store(true)
		batches := 0
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == "" {
				return true
			}
			batches++
			for i, step := range []struct {
				commit  func() error
				want    error
				uidNext imap.UID
				what    string
			}{
				{func() error { return b.CommitFirst(3) }, nil, 4, "some"},
				{func() error { return b.CommitFirst(3) }, nil, 4, "as many again"},
				{func() error { return b.CommitFirst(2) }, watch.ErrBackward, 4, "fewer"},
				{b.Commit, nil, 6, "all"},
				{b.Commit, nil, 6, "all again"},
				{func() error { return b.CommitFirst(4) }, watch.ErrBackward, 6, "fewer than all"},
				{func() error { return b.CommitFirst(5) }, nil, 6, "all as a number"},
			} {
				if err := step.commit(); !errors.Is(err, step.want) {
					t.Errorf("%d: %s: %v, want %v", i, step.what, err, step.want)
				}
				if got := w.place(store); got.UIDNext != step.uidNext {
					t.Errorf("%d: %s: the Store has %v", i, step.what, got)
				}
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		if batches != 1 {
			t.Errorf("%d batches", batches)
		}
	})
}
