package watch_test

import (
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
