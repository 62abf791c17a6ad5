package watch_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// What is committed is not told again; what is not is, with the same ID.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors.json")
	in(t, func(w *world) {
		begin := func() *watch.FileStore {
			s, err := watch.OpenFileStore(path)
			if err != nil {
				t.Fatal(err)
			}
			w.w.Store = s
			w.start()
			return s
		}
		s := begin()
		w.deliver(5)
		w.after(10 * time.Second)
		w.exact(5)
		w.stop()
		s.Close()

		w.deliver(1)
		w.lazy.Store(true)
		s = begin()
		w.deliver(1)
		w.after(10 * time.Second)
		w.exact(7)
		w.stop()
		s.Close()
		first := all[watch.Arrived](w)[5:]

		w.forget()
		w.lazy.Store(false)
		s = begin()
		w.after(10 * time.Second)
		again := all[watch.Arrived](w)
		if len(again) != 2 || again[0].ID != first[0].ID || again[1].ID != first[1].ID {
			t.Errorf("again: %+v", again)
		}
		w.stop()
		s.Close()

		w.forget()
		s = begin()
		w.after(10 * time.Minute)
		if got := w.uids(); len(got) != 0 {
			t.Errorf("told again: %v", got)
		}
		w.stop()
		s.Close()
	})
}

// "From now on" is a place, which is remembered though nothing was committed.
func TestRestartFromNow(t *testing.T) {
	in(t, func(w *world) {
		store := new(memory)
		w.w.Store, w.w.From = store, watch.Now()
		w.lazy.Store(true)
		w.deliver(3)
		w.start()
		w.after(time.Minute)
		w.stop()
		w.deliver(1)
		w.start()
		w.after(time.Minute)
		if got := w.uids(); len(got) != 1 || got[0] != 4 {
			t.Errorf("arrived: %v", got)
		}
	})
}

// Each mailbox goes on where it was itself.
func TestRestartSeveralMailboxes(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = new(memory)
		names := w.boxes(3)
		for i, name := range names {
			w.deliverTo(name, 4*i+1)
		}
		w.start()
		w.after(2 * time.Minute)
		w.stop()
		w.forget()
		for _, name := range names {
			w.deliverTo(name, 2)
		}
		w.start()
		w.after(2 * time.Minute)
		for i, name := range names {
			if got, first := w.in(name), imap.UID(4*i+2); !slices.Equal(got, []imap.UID{first, first + 1}) {
				t.Errorf("arrived in %s: %v, want %d and %d", name, got, first, first+1)
			}
		}
	})
}

// The UIDVALIDITY changes while the program is down.
func TestRestartAfterReset(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = new(memory)
		w.deliver(2)
		w.start()
		w.after(time.Minute)
		w.stop()
		if err := w.srv.ResetUIDValidity("alice", "INBOX"); err != nil {
			t.Fatal(err)
		}
		w.deliver(1)
		w.forget()
		w.start()
		w.after(time.Minute)
		if got := w.uids(); len(got) != 1 || got[0] != 3 {
			t.Errorf("arrived: %v", got)
		}
		if r := all[watch.Reset](w); len(r) != 1 || r[0].Known != 2 || r[0].New != 1 {
			t.Errorf("resets: %+v", r)
		}
	})
}

func TestStoreFails(t *testing.T) {
	broken := errors.New("disk is broken")
	in(t, func(w *world) {
		store := &memory{fail: broken}
		w.w.Store = store
		w.start()
		if w.ended() && !errors.Is(w.err, broken) || w.dials.Load() != 0 {
			t.Errorf("ended with %v after %d dials", w.err, w.dials.Load())
		}
	})
}

// Commit out of order is an error, and does no harm.
func TestCommitBackward(t *testing.T) {
	in(t, func(w *world) {
		store := new(memory)
		w.w.Store = store
		var batches []*watch.Batch
		w.lazy.Store(true)
		w.body = func(b *watch.Batch) bool { batches = append(batches, b); return true }
		w.start()
		for range 3 {
			w.after(10 * time.Second)
			w.deliver(1)
		}
		w.after(10 * time.Second)
		w.stop()
		last := batches[len(batches)-1]
		if err := last.Commit(); err != nil {
			t.Error(err)
		}
		if err := batches[1].Commit(); !errors.Is(err, watch.ErrBackward) {
			t.Errorf("backward: %v", err)
		}
		value := store.values[watch.Key("alice@example.org", "inbox")]
		if c, err := watch.ParseCursor(strings.SplitN(value, " ", 2)[0]); err != nil || c.UIDNext != 4 {
			t.Errorf("kept %q", value)
		}
	})
}
