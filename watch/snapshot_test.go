package watch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// mortal is a Store that keeps nothing any more after so many Saves.
type mortal struct {
	watch.MemoryStore
	left int
}

func (s *mortal) Save(ctx context.Context, key, value string) error {
	if s.left--; s.left < 0 {
		return errors.New("the power is gone")
	}
	return s.MemoryStore.Save(ctx, key, value)
}

// deliverDistinct delivers messages that can be told apart.
func (w *world) deliverDistinct(n int) {
	w.t.Helper()
	for i := range n {
		text := imaptest.CRLF(fmt.Sprintf("From: bob@example.org\nSubject: Hello\nMessage-ID: <%d@example.org>\n\nHi there.\n", i))
		if _, err := w.srv.Deliver("alice", "INBOX", text, nil); err != nil {
			w.t.Fatal(err)
		}
	}
}

// place is where a Store says that INBOX is to go on.
func (w *world) place(s watch.Store) watch.Cursor {
	w.t.Helper()
	value, err := s.Load(context.Background(), watch.Key(w.w.Account, "INBOX"))
	if err != nil {
		w.t.Fatal(err)
	}
	word, _, _ := strings.Cut(value, " ")
	c, err := watch.ParseCursor(word)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// Whenever the power fails, all that was committed is remembered, also of so many
// messages that they are in a snapshot under a key of its own: when the mailbox is
// rebuilt then, none of them is told again, and all others are.
func TestB40_PowerFailsAtEverySave(t *testing.T) {
	for saves := 1; saves <= 20; saves++ {
		t.Run(fmt.Sprint(saves), func(t *testing.T) {
			in(t, func(w *world) {
				const n = 900
				store := &mortal{left: saves}
				w.w.Store = store
				w.lazy.Store(true)
				w.body = func(b *watch.Batch) bool { return b.Commit() == nil }
				w.deliverDistinct(n)
				w.start()
				w.after(time.Minute)
				w.stop()
				dealt := int(w.place(store).UIDNext) - 1
				store.left = 1 << 30
				if err := w.srv.ResetUIDValidity("alice", "INBOX"); err != nil {
					t.Fatal(err)
				}
				w.forget()
				w.start()
				w.after(time.Minute)
				if got := len(w.uids()); got != n-dealt {
					t.Errorf("%d messages of %d were dealt with; %d were told again", dealt, n, got-(n-dealt))
				}
			})
		})
	}
}

// A snapshot that is not the one that the cursor's text names, as after a restore
// of some of the keys, is not believed: it may know of messages that were not dealt
// with at the cursor.
func TestB40_SnapshotOfAnotherTime(t *testing.T) {
	in(t, func(w *world) {
		const n = 1000 // the last snapshot has the key of the first
		store := &mortal{left: 1 << 30}
		key := watch.Key(w.w.Account, "INBOX")
		w.w.Store = store
		old, dealt := "", 0
		w.body = func(b *watch.Batch) bool {
			if old == "" && b.Cursor.UIDNext > 500 {
				old, _ = store.Load(context.Background(), key)
				dealt = int(w.place(store).UIDNext) - 1
			}
			return true
		}
		w.deliverDistinct(n)
		w.start()
		w.after(time.Minute)
		w.stop()
		w.exact(n)
		if dealt < 300 || dealt >= n {
			t.Fatalf("%d messages at first", dealt)
		}
		if err := store.Save(context.Background(), key, old); err != nil {
			t.Fatal(err)
		}
		if err := w.srv.ResetUIDValidity("alice", "INBOX"); err != nil {
			t.Fatal(err)
		}
		w.forget()
		w.start()
		w.after(time.Minute)
		if got := len(w.uids()); got < n-dealt {
			t.Errorf("%d messages were told, of %d that nobody had dealt with", got, n-dealt)
		}
	})
}
