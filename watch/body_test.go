package watch_test

import (
	"context"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// The mailbox of a batch is open until the loop's body ends, however long that
// takes, and whatever else is to be done meanwhile.
func TestBodyHasTheMailbox(t *testing.T) {
	eachMode(t, func(w *world, names []string, delay time.Duration) {
		w.body = func(b *watch.Batch) bool {
			for _, e := range b.Events {
				a, ok := e.(watch.Arrived)
				if !ok {
					continue
				}
				<-time.After(time.Minute)
				found := 0
				for m, err := range b.Open.Fetch(context.Background(), imap.UIDSetOf(a.UID), &imap.FetchOptions{Flags: true}) {
					if err != nil {
						w.t.Errorf("%s: %v", b.Mailbox, err)
					} else if m.UID == a.UID {
						found++
					}
				}
				if found != 1 {
					w.t.Errorf("%s: message %d was found %d times", b.Mailbox, a.UID, found)
				}
			}
			return true
		}
		w.start()
		w.after(10 * time.Second)
		for _, name := range names {
			w.deliverTo(name, 1)
		}
		w.after(delay + time.Duration(len(names))*2*time.Minute)
		w.exactIn(1, names...)
	})
}

// The loop's body may select another mailbox at every batch, and still has the
// batch's own each time; a backlog is told without pauses.
func TestBodySelectsAnother(t *testing.T) {
	const n = 5000
	in(t, func(w *world) {
		w.srv.CreateMailbox("alice", "Archive")
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == "" {
				return true
			}
			found := 0
			for _, err := range b.Open.Fetch(context.Background(), imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true}) {
				if err != nil {
					w.t.Error(err)
				}
				found++
			}
			if found != n {
				w.t.Errorf("%d messages in the batch's mailbox", found)
			}
			if _, err := b.Open.Client().Examine(context.Background(), "Archive"); err != nil {
				w.t.Error(err)
			}
			return true
		}
		w.deliver(n)
		w.start()
		w.after(10 * time.Second)
		w.exact(n)
	})
}
