package watch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// Every UID behind the place where the Watch began is accounted for: its message
// is told, or it is skipped, as when the message was gone before anybody looked. In
// order, once each, and with IDs of their own. What was gone before the Watch
// began is nobody's business.
func TestSkipped(t *testing.T) {
	for _, held := range []bool{false, true} { // a scan by one question, and one in windows
		in(t, func(w *world) {
			w.deliver(3)
			w.remove(2)
			w.start()
			w.after(time.Minute)
			if n := len(all[watch.Skipped](w)); n != 0 {
				t.Errorf("%d skipped of what was before the beginning", n)
			}
			w.forget()

			w.faults(imaptest.Faults{Hook: func(imaptest.Call) *imaptest.Action { return &imaptest.Action{Cut: true} }})
			w.srv.Disconnect("alice", "maintenance")
			w.after(time.Second)
			many := 7
			if held {
				many = 1200
			}
			w.deliver(many)
			last := uint32(3 + many)
			w.remove(4, 6, 7, last-1, last)
			w.faults(imaptest.Faults{})
			w.after(10 * time.Minute)

			var got, skipped []imap.UID
			ids := map[string]bool{}
			w.mu.Lock()
			for _, x := range w.events {
				switch e := x.event.(type) {
				case watch.Arrived:
					got = append(got, e.UID)
				case watch.Skipped:
					if e.Reason != watch.SkippedExpunged || e.Count != int(e.UIDs.Len()) || ids[e.ID] || e.Mailbox != "INBOX" || e.UIDValidity == 0 {
						t.Errorf("%+v", e)
					}
					ids[e.ID] = true
					got = append(got, slices.Collect(e.UIDs.All())...)
					skipped = append(skipped, slices.Collect(e.UIDs.All())...)
				}
			}
			w.mu.Unlock()
			want := make([]imap.UID, many)
			for i := range want {
				want[i] = imap.UID(4 + i)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("accounted for: %s, want 4 to %d", short(got), last)
			}
			slices.Sort(skipped)
			if want := []imap.UID{4, 6, 7, imap.UID(last - 1), imap.UID(last)}; !slices.Equal(skipped, want) {
				t.Errorf("skipped: %v, want %v", skipped, want)
			}
		})
	}
}
