package watch_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// What the server says in IDLE that the user must see is told at once.
func TestAlertInIdle(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				return &imaptest.Action{Untagged: []string{"OK [ALERT] the server stops at noon"}}
			}
			return nil
		}})
		w.deliver(1) // IDLE is left for a moment
		w.after(5 * time.Second)
		if alerts := all[watch.Alert](w); len(alerts) == 0 || alerts[0].Text != "the server stops at noon" {
			t.Errorf("alerts: %q", alerts)
		}
	})
}

// Alerts in the greeting and in the answer to the login are told, as is one right
// before the connection ends; each once, though it is said on every connection.
func TestAlertsAtTheEdges(t *testing.T) {
	in(t, func(w *world) {
		var f atomic.Pointer[func([]byte) []byte]
		f.Store(replacing(`\* OK .*IMAP4rev`, "* OK [ALERT] moving on Sunday\r\n$0"))
		w.edit(&f)
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			switch {
			case c.Name == "LOGIN":
				return &imaptest.Action{Untagged: []string{"OK [ALERT] the password is old"}}
			case c.Name == "UID FETCH":
				return &imaptest.Action{Untagged: []string{"OK [ALERT] going down"}, Cut: true}
			}
			return nil
		}})
		w.start()
		w.after(10 * time.Minute)
		told := map[string]int{}
		for _, a := range all[watch.Alert](w) {
			told[a.Text]++
		}
		for _, text := range []string{"moving on Sunday", "the password is old", "going down"} {
			if told[text] != 1 {
				t.Errorf("%q was told %d times of %v", text, told[text], told)
			}
		}
		first := slices.IndexFunc(all[watch.Event](w), func(e watch.Event) bool { return e.Kind() == watch.KindOffline })
		last := slices.IndexFunc(all[watch.Event](w), func(e watch.Event) bool { return e == watch.Alert{Text: "going down"} })
		if last > first {
			t.Error("the last words were told behind the end")
		}
		if len(all[watch.Offline](w)) < 3 {
			t.Errorf("%d times offline", len(all[watch.Offline](w)))
		}
	})
}
