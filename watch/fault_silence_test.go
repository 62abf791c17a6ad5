package watch_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// The server falls silent while it is asked for what has arrived: so much that
// it is asked which messages there are first. That is noticed as soon as with
// any other question, and nobody waits for an answer to LOGOUT.
func TestB04_SilentInScan(t *testing.T) {
	for _, command := range []string{"UID SEARCH", "UID FETCH"} {
		in(t, func(w *world) {
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name != command {
					return nil
				}
				w.faults(imaptest.Faults{})
				return &imaptest.Action{Delay: -1}
			}})
			asked := time.Since(w.began)
			w.deliver(700)
			w.after(w.w.Bound())
			w.exact(700)
			if after := when[watch.Offline](w, 0) - asked; after < 15*time.Second || after > 16*time.Second {
				t.Errorf("%s: noticed after %v", command, after)
			}
		})
	}
}

// A server that is slow, and not dead, is given the time that it needs. It loses
// some connections for it at first, and then none.
func TestB04_Slow(t *testing.T) {
	for _, slow := range []time.Duration{20 * time.Second, 110 * time.Second} {
		for _, first := range []bool{false, true} {
			t.Run(fmt.Sprint(slow, first), func(t *testing.T) {
				in(t, func(w *world) {
					if !first {
						w.start()
						w.after(time.Minute)
					}
					w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
						if c.Name == "UID FETCH" || c.Name == "EXAMINE" {
							return &imaptest.Action{Delay: slow}
						}
						return nil
					}})
					if first {
						w.start()
					}
					w.deliver(1)
					w.after(30 * time.Minute)
					w.exact(1)
					before := w.dials.Load()
					if before > 5 {
						t.Errorf("%d connections", before)
					}
					for range 20 {
						w.deliver(1)
						w.after(30 * time.Minute)
					}
					w.exact(21)
					if n := w.dials.Load() - before; n != 0 {
						t.Errorf("%d connections more", n)
					}
				})
			})
		}
	}
}

// A body that comes slowly comes whole, on the same connection.
func TestB04_SlowBody(t *testing.T) {
	in(t, func(w *world) {
		w.w.Fetch = &imap.FetchOptions{Sections: []imap.Section{{}}}
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{Split: 20_000, WriteDelay: time.Second})
		body := append(slices.Clone(mail), bytes.Repeat([]byte("All work and no play.\r\n"), 30_000)...)
		if _, err := w.srv.Deliver("alice", "INBOX", body, nil); err != nil {
			t.Error(err)
		}
		w.after(5 * time.Minute)
		if a := all[watch.Arrived](w); len(a) != 1 || a[0].Body(imap.Section{}) == nil || w.dials.Load() != 1 {
			t.Errorf("%d messages, %d connections: %+v", len(a), w.dials.Load(), a)
		}
	})
}
