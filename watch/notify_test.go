package watch_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// NOTIFY does not tell of the mailbox that is selected, and of what was told while
// it was. What comes into it meanwhile is looked at when it is left, not at the next
// Scan.
func TestNotifyTellsWhatCameMeanwhile(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(2)
		w.body = func(b *watch.Batch) bool {
			if len(b.Events) > 0 && b.Cursor.UIDNext == 2 { // of the first message
				w.deliverTo(b.Mailbox, 1)
				if err := b.Open.Client().Noop(context.Background()); err != nil { // brings EXISTS
					t.Error(err)
				}
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		for _, name := range names {
			w.deliverTo(name, 1)
			w.after(time.Second)
		}
		w.after(5 * time.Second)
		w.exactIn(2, names...)
	})
}

// When the server tells more than is kept for a loop that is busy, the mailboxes
// of which the rest would have told are looked at too.
func TestNotifyTellsTooMuch(t *testing.T) {
	in(t, func(w *world) {
		w.boxes(2)
		full := make(chan struct{})
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == "INBOX" && b.Cursor.UIDNext == 2 {
				<-full
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		w.deliver(1)
		w.after(time.Second)
		for range 4200 {
			w.deliverTo("Box0", 1)
			synctest.Wait() // or several would be told at once
		}
		w.deliverTo("Box1", 1)
		w.after(time.Second)
		close(full)
		w.after(10 * time.Second)
		w.exactIn(1, "INBOX", "Box1")
	})
}

// Of two mailboxes of which one was renamed to the other's name both are told at
// once what arrives there.
func TestNotifyTwoUnderOneName(t *testing.T) {
	inWith(t, notifyServer(), func(w *world) {
		names := w.boxes(2)
		w.start()
		w.after(time.Minute)
		if err := w.srv.DeleteMailbox("alice", names[2]); err != nil {
			t.Fatal(err)
		}
		w.after(time.Minute)
		if err := w.srv.RenameMailbox("alice", names[1], names[2]); err != nil {
			t.Fatal(err)
		}
		w.after(time.Hour)
		w.deliverTo(names[2], 1)
		w.after(3 * time.Second)
		w.exactIn(1, names[1:]...)
	})
}

// Mail that STATUS tells of and that is not there does not keep the others waiting,
// nor the server busy.
func TestNotifyTellsOfNoMail(t *testing.T) {
	inWith(t, notifyServer(), func(w *world) {
		names := w.boxes(2)
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "STATUS" && strings.Contains(c.Args, names[2]) {
				return &imaptest.Action{Untagged: []string{"STATUS " + names[2] + " (MESSAGES 0 UIDNEXT 1000 UIDVALIDITY 4)"}, Reply: "OK done"}
			}
			return nil
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(10 * time.Minute)
		m.take()
		w.after(time.Hour)
		m.sparing(t, 500)
		for n := range 30 {
			w.deliverTo(names[1], 1)
			w.after(3 * time.Second)
			w.exactIn(n+1, names[1])
		}
		w.deliverTo(names[2], 1)
		w.after(w.w.Bound())
		w.exactIn(1, names[2])
	})
}

// The same where one mailbox is listened to, and the others are asked about.
func TestRotateTellsOfNoMail(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(2)
		w.w.Listen, w.w.Burst = watch.ModeRotate, time.Minute
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "STATUS" && strings.Contains(c.Args, names[2]) {
				return &imaptest.Action{Untagged: []string{"STATUS " + names[2] + " (MESSAGES 0 UIDNEXT 1000 UIDVALIDITY 4)"}, Reply: "OK done"}
			}
			return nil
		}})
		w.start()
		w.after(15 * time.Minute)
		for n := range 30 {
			w.deliver(1)
			w.after(3 * time.Second)
			w.exactIn(n+1, "INBOX")
		}
	})
}
