package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// Who keeps cursors without a Store must get one before the first message comes:
// a program that ends until then would begin anew, behind what came meanwhile.
func TestOnlineHasTheFirstCursor(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(3)
		w.w.From = watch.Now()
		w.start()
		w.after(time.Second)
		on := all[watch.Online](w)
		if want := (watch.Cursor{UIDValidity: 1, UIDNext: 4}); len(on) != 1 || len(on[0].Cursors) != 1 || on[0].Cursors[0] != want {
			t.Fatalf("online: %+v, want the cursor %v", on, want)
		}
		w.stop()
		w.deliver(2)
		w.w = &watch.Watcher{Account: w.w.Account, From: watch.At(on[0].Cursors[0]), Dial: w.dial}
		w.start()
		w.after(time.Second)
		if got := w.uids(); len(got) != 2 || got[0] != 4 || got[1] != 5 {
			t.Errorf("arrived: %v", got)
		}
	})
}

// Each mailbox has its own, in the order of their names.
func TestOnlineHasACursorForEachMailbox(t *testing.T) {
	for name, mode := range map[string]watch.Mode{"one connection": watch.ModePoll, "several": watch.ModeIdle} {
		t.Run(name, func(t *testing.T) {
			inWith(t, &imaptest.Options{}, func(w *world) {
				w.srv.CreateMailbox("alice", "Lists")
				w.srv.Deliver("alice", "Lists", mail, nil)
				w.w.From, w.w.Mailboxes, w.w.Listen = watch.Now(), []string{"INBOX", "Lists"}, mode
				w.start()
				w.after(5 * time.Second)
				got := map[string]imap.UID{}
				for _, on := range all[watch.Online](w) {
					for i, name := range on.Mailboxes {
						got[name] = on.Cursors[i].UIDNext
					}
				}
				if got["INBOX"] != 1 || got["Lists"] != 2 {
					t.Errorf("cursors: %v", got)
				}
			})
		})
	}
}

// words is a Store that keeps the cursors of values, and nothing else.
type words struct{ watch.MemoryStore }

func (s *words) Save(ctx context.Context, key, value string) error {
	if word, _, _ := strings.Cut(value, " "); strings.Count(key, "\x00") == 1 {
		return s.MemoryStore.Save(ctx, key, word)
	}
	return nil
}

func TestStoreOfCursorsAlone(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = &words{}
		w.deliver(300)
		for range 3 {
			w.start()
			w.after(time.Second)
			w.stop()
			w.w = &watch.Watcher{Account: w.w.Account, Store: w.w.Store, Dial: w.dial}
			w.deliver(300)
		}
		w.exact(900)
	})
}

// Of several mailboxes, the error that ends a Watch says which.
func TestRefusalNamesTheMailbox(t *testing.T) {
	in(t, func(w *world) {
		w.srv.CreateMailbox("alice", "Lists")
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "EXAMINE" && strings.Contains(c.Args, "Lists") {
				return &imaptest.Action{Reply: "NO [SERVERBUG] Internal error occurred."}
			}
			return nil
		}})
		w.w.From, w.w.Mailboxes = watch.Now(), []string{"INBOX", "Lists"}
		w.start()
		w.after(time.Second)
		var which *watch.MailboxError
		if err := w.stop(); !errors.As(err, &which) || which.Mailbox != "Lists" {
			t.Errorf("ended with %v", err)
		}
	})
}
