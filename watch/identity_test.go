package watch_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// A MAILBOXID that is longer than one may be (RFC 8474 §7) is none: it is not kept
// in the Store, and what is remembered beside it is not lost.
func TestLongMailboxID(t *testing.T) {
	for _, size := range []int{255, 256, 60_000, 70_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			in(t, func(w *world) {
				var f atomic.Pointer[func([]byte) []byte]
				f.Store(replacing(`MAILBOXID \(F[0-9]+`, "MAILBOXID ("+strings.Repeat("F", size)))
				w.edit(&f)
				store := new(memory)
				w.w.Store = store
				w.distinct(20)
				w.start()
				w.after(time.Minute)
				w.stop()
				value, err := store.Load(context.Background(), watch.Key(w.w.Account, "INBOX"))
				if err != nil || len(value) > 2000 {
					t.Errorf("%d bytes in the Store, %v", len(value), err)
				}
				w.rebuild(&imaptest.RebuildOptions{})
				w.start()
				w.after(time.Minute)
				w.resets(1, watch.PolicyResume, 20, 0)
			})
		})
	}
}

// A mailbox with a name of 10 kB, which the server does not take, is missing, and
// the others are followed; one with as long a name as it takes is followed as any
// other, with a file and after restarts.
func TestLongMailboxName(t *testing.T) {
	in(t, func(w *world) {
		store, err := watch.OpenFileStore(filepath.Join(t.TempDir(), "cursors"))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		long, tooLong := strings.Repeat("long", 250), strings.Repeat("long", 2500)
		w.must(w.srv.CreateMailbox("alice", long))
		w.w.Mailboxes, w.w.Store, w.w.Patient = []string{"INBOX", long, tooLong}, store, true
		for n := range 3 {
			w.deliverTo(long, 2)
			w.deliver(2)
			w.start()
			w.after(6 * time.Minute)
			w.stop()
			w.exactIn(2*(n+1), "INBOX", long)
		}
		missing := all[watch.Missing](w)
		if len(missing) == 0 || missing[0].Mailbox != tooLong {
			t.Errorf("%d mailboxes are missing", len(missing))
		}
	})
}

// A FileStore keeps keys of any length.
func TestFileStoreLongKey(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "cursors"), watch.Key("alice", strings.Repeat("k", 100_000))
	for range 2 {
		s, err := watch.OpenFileStore(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), key, "1-1-2-0"); err != nil {
			t.Error(err)
		}
		if got, err := s.Load(t.Context(), key); got != "1-1-2-0" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
