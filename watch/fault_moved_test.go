package watch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// moving runs a test on a Watcher of INBOX and Archive, on servers with lasting
// identities of messages, with one connection and with two.
func moving(t *testing.T, f func(t *testing.T, w *world)) {
	for _, opts := range []imaptest.Options{
		{Without: []string{"X-GM-EXT-1"}},
		{Without: []string{"OBJECTID"}, Gmail: true},
		{Without: []string{"NOTIFY"}},
		{Without: []string{"NOTIFY", "QRESYNC"}},
		{Without: []string{"NOTIFY", "QRESYNC", "CONDSTORE"}},
	} {
		for connections := 1; connections <= 2; connections++ {
			t.Run(fmt.Sprint(opts.Without, connections), func(t *testing.T) {
				inWith(t, &opts, func(w *world) {
					w.must(w.srv.CreateMailbox("alice", "Archive"))
					w.w.Changes, w.w.Connections = true, connections
					w.w.Mailboxes = []string{"INBOX", "Archive"}
					f(t, w)
				})
			})
		}
	}
}

func (w *world) move(from, to string, uid uint32) uint32 {
	w.t.Helper()
	uids, err := w.srv.Move("alice", from, to, uid)
	w.must(err)
	return uids[0]
}

// distinct delivers messages that differ.
func (w *world) distinct(n int) {
	w.t.Helper()
	for range n {
		text := fmt.Sprintf("Subject: %d\n\nHi.\n", len(w.srv.Log("alice", "INBOX")))
		_, err := w.srv.Deliver("alice", "INBOX", imaptest.CRLF(text), nil)
		w.must(err)
	}
}

// order are the events about messages, as text.
func (w *world) order() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.events {
		switch e := x.event.(type) {
		case watch.Arrived:
			all = append(all, fmt.Sprintf("%s %d arrived", e.Mailbox, e.UID))
		case watch.Gone:
			all = append(all, fmt.Sprintf("%s %d gone", e.Mailbox, e.UID))
		case watch.Moved:
			all = append(all, fmt.Sprintf("%s %d moved to %s %d", e.Mailbox, e.UID, e.To, e.ToUID))
		}
	}
	return all
}

func (w *world) told(want ...string) {
	w.t.Helper()
	if got := w.order(); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("told %q, want %q", got, want)
	}
}

// A message that moves from one of the mailboxes to another is told as moved,
// behind its arrival there.
func TestMoved(t *testing.T) {
	moving(t, func(t *testing.T, w *world) {
		w.start()
		w.after(time.Minute)
		w.distinct(2)
		w.after(2 * time.Minute)
		w.forget()
		w.move("INBOX", "Archive", 1)
		w.after(10 * time.Minute)
		w.told("Archive 1 arrived", "INBOX 1 moved to Archive 1")
		w.forget()
		w.move("Archive", "INBOX", 1)
		w.after(10 * time.Minute)
		w.told("INBOX 3 arrived", "Archive 1 moved to INBOX 3")
	})
}

// While there is no connection, too.
func TestMovedWhileOffline(t *testing.T) {
	moving(t, func(t *testing.T, w *world) {
		w.start()
		w.after(time.Minute)
		w.distinct(3)
		w.after(2 * time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.after(time.Minute)
		w.forget()
		w.move("INBOX", "Archive", 2)
		w.remove(1)
		w.after(time.Minute)
		w.faults(imaptest.Faults{})
		w.after(15 * time.Minute)
		if w.w.Connections == 2 && len(all[watch.Gone](w)) == 2 {
			return // the other connection was too late
		}
		w.told("Archive 1 arrived", "INBOX 1 gone", "INBOX 2 moved to Archive 1")
	})
}

// What is deleted, or moved to a mailbox that is not followed, is gone, and that
// is told soon.
func TestMovedNot(t *testing.T) {
	moving(t, func(t *testing.T, w *world) {
		w.must(w.srv.CreateMailbox("alice", "Other"))
		w.start()
		w.after(time.Minute)
		w.distinct(3)
		w.after(2 * time.Minute)
		w.forget()
		at := time.Since(w.began)
		w.remove(1)
		w.move("INBOX", "Other", 2)
		w.after(10 * time.Minute)
		w.told("INBOX 1 gone", "INBOX 2 gone")
		if len(all[watch.Gone](w)) == 2 && w.w.Mode() != watch.ModeRotate {
			if d := when[watch.Gone](w, 1) - at; d > 10*time.Second {
				t.Errorf("told after %v", d)
			}
		}
	})
}

// Without lasting identities a message that has moved is gone here, and has
// arrived there.
func TestMovedWithoutIDs(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"OBJECTID"}}, func(w *world) {
		w.must(w.srv.CreateMailbox("alice", "Archive"))
		w.w.Changes, w.w.Mailboxes = true, []string{"INBOX", "Archive"}
		w.start()
		w.after(time.Minute)
		w.distinct(1)
		w.after(time.Minute)
		w.move("INBOX", "Archive", 1)
		w.after(10 * time.Minute)
		if n := len(all[watch.Gone](w)); n != 1 || len(all[watch.Moved](w)) != 0 {
			t.Errorf("%q", w.order())
		}
		w.agrees("INBOX", "Archive")
		if a := all[watch.Arrived](w); len(a) != 2 || a[1].UID != imap.UID(1) {
			t.Errorf("arrived: %+v", a)
		}
	})
}
