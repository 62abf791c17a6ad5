package watch_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

var errDiskFull = errors.New("no space left on device")

// frail is a Store that may be full.
type frail struct {
	watch.MemoryStore
	full atomic.Bool
}

func (s *frail) Save(ctx context.Context, key, value string) error {
	if s.full.Load() {
		return errDiskFull
	}
	return s.MemoryStore.Save(ctx, key, value)
}

// While nothing can be saved, Commit says so, and the Watch goes on; the first
// Commit that goes well is good for all before it. What was not committed when
// the program ends comes again, with the same IDs.
func TestB62_CommitFails(t *testing.T) {
	in(t, func(w *world) {
		store := new(frail)
		w.w.Store = store
		refused := 0
		w.lazy.Store(true)
		w.body = func(b *watch.Batch) bool {
			if err := b.Commit(); err != nil {
				if !errors.Is(err, errDiskFull) {
					t.Errorf("commit: %v", err)
				}
				refused++
			}
			return true
		}
		w.start()
		w.deliver(2)
		w.after(time.Minute)
		store.full.Store(true)
		for range 3 {
			w.deliver(1)
			w.after(time.Minute)
		}
		w.srv.Disconnect("alice", "")
		w.deliver(1)
		w.after(time.Hour)
		w.exact(6)
		if refused < 4 {
			t.Errorf("%d commits refused", refused)
		}

		w.stop()
		told := all[watch.Arrived](w)
		w.forget()
		w.start()
		w.after(time.Minute)
		again := all[watch.Arrived](w)
		if len(again) != 4 || again[0].ID != told[2].ID || again[3].ID != told[5].ID {
			t.Errorf("again: %+v", again)
		}
		store.full.Store(false)
		w.deliver(1)
		w.after(time.Minute)
		w.stop()
		w.forget()
		w.start()
		w.after(time.Minute)
		if got := w.uids(); len(got) != 0 {
			t.Errorf("committed, and told again: %v", got)
		}
	})
}

// A mailbox that is followed from now on has its place saved before anything is
// promised: if that fails, the Watch ends, and does not pretend.
func TestB62_FirstPlaceFails(t *testing.T) {
	in(t, func(w *world) {
		store := new(frail)
		store.full.Store(true)
		w.w.Store, w.w.From = store, watch.Now()
		w.deliver(1)
		w.start()
		<-w.stopped
		if !errors.Is(w.err, errDiskFull) || len(all[watch.Online](w)) != 0 {
			t.Errorf("ended with %v, told %v", w.err, w.events)
		}
	})
}

// A cursor that makes no sense is no reason to begin anew: the Watch ends before
// it has connected.
func TestB63_WrongCursor(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = new(watch.MemoryStore)
		if err := w.w.Store.Save(t.Context(), watch.Key(w.w.Account, "INBOX"), "not a cursor"); err != nil {
			t.Fatal(err)
		}
		w.start()
		<-w.stopped
		if w.err == nil || w.dials.Load() != 0 || len(w.events) != 0 {
			t.Errorf("ended with %v after %d dials, told %v", w.err, w.dials.Load(), w.events)
		}
	})
}

// A FileStore that is restored from an old copy: what has arrived since the copy
// was made is told again, with the same IDs, and nothing is lost.
func TestB63_OldCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors")
	in(t, func(w *world) {
		run := func() {
			s, err := watch.OpenFileStore(path)
			if err != nil {
				t.Fatal(err)
			}
			w.w.Store = s
			w.start()
			w.after(time.Minute)
			w.stop()
			s.Close()
		}
		w.deliver(3)
		run()
		restore := backUp(t, path)
		w.deliver(2)
		run()
		w.exact(5)
		first := all[watch.Arrived](w)
		restore()
		w.deliver(1)
		w.forget()
		run()
		again := all[watch.Arrived](w)
		if len(again) != 3 || again[0].ID != first[3].ID || again[2].UID != imap.UID(6) {
			t.Errorf("again: %+v", again)
		}
	})
}
