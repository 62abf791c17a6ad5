package watch_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

var wholeMessage = &imap.FetchOptions{Sections: []imap.Section{{}}}

// Connections that are lost here and there while a backlog is told do not cost
// its messages their sections.
func TestB45_LossesFarApart(t *testing.T) {
	const n = 5000
	in(t, func(w *world) {
		w.w.Patient, w.w.Fetch = true, wholeMessage
		w.deliver(n)
		var asked atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name != "UID FETCH" {
				return nil
			}
			switch asked.Add(1) {
			case 5, 30, 60, 90:
				return &imaptest.Action{Cut: true}
			}
			return nil
		}})
		w.start()
		w.after(10 * time.Minute)
		w.exact(n)
		for _, a := range all[watch.Arrived](w) {
			if a.Truncated {
				t.Fatalf("message %d has no sections", a.UID)
			}
		}
		if lost := len(all[watch.Offline](w)); lost != 4 {
			t.Errorf("%d connections were lost", lost)
		}
	})
}

// A server that tells wrong sizes does not fill the memory.
func TestWrongSizes(t *testing.T) {
	const n, most = 60, 33 << 20
	in(t, func(w *world) {
		w.w.Fetch = wholeMessage
		large := append(mail[:len(mail):len(mail)], strings.Repeat("x", 1<<20-1000)...)
		for i := range n {
			if _, err := w.srv.Deliver("alice", "INBOX", large, nil); err != nil {
				t.Fatal(err)
			}
			w.srv.Poison("alice", "INBOX", uint32(i+1), &imaptest.Poison{Size: 10})
		}
		whole := 0
		w.body = func(b *watch.Batch) bool {
			held := int64(0)
			for _, e := range b.Events {
				if a, ok := e.(watch.Arrived); ok && !a.Truncated {
					whole++
					for body := range a.Bodies() {
						held += body.Size
					}
				}
			}
			if held > most {
				w.t.Errorf("a batch holds %d bytes", held)
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		w.exact(n)
		if whole < 8 {
			t.Errorf("%d messages have their sections", whole)
		}
	})
}
