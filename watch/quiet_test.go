package watch_test

import (
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// Whatever has happened before, a mailbox in which nothing happens costs next to
// nothing: in every mode, with and without Changes.
func TestQuietHour(t *testing.T) {
	happenings := map[string]func(w *world, names []string){
		"nothing": func(*world, []string) {},
		"flags":   func(w *world, names []string) { w.must(w.srv.SetFlags("alice", names[0], 1, `\Seen`)) },
		"removed": func(w *world, names []string) { w.must(w.srv.Remove("alice", names[0], 2)) },
		"the last one removed": func(w *world, names []string) {
			w.must(w.srv.Remove("alice", names[0], 3))
		},
		"moved": func(w *world, names []string) {
			_, err := w.srv.Move("alice", names[0], names[len(names)-1], 1)
			w.must(err)
		},
		"rebuilt": func(w *world, names []string) { w.must(w.srv.ResetUIDValidity("alice", names[0])) },
		"cut": func(w *world, names []string) {
			w.srv.Disconnect("alice", "")
			w.deliverTo(names[0], 1)
		},
		"refused": func(w *world, names []string) {
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "UID FETCH" || c.Name == "UID SEARCH" {
					return &imaptest.Action{Reply: "NO cannot"}
				}
				return nil
			}})
			w.deliverTo(names[0], 1)
			w.after(3 * time.Minute)
			w.faults(imaptest.Faults{})
		},
		"mute": func(w *world, names []string) {
			w.faults(imaptest.Faults{MuteIdle: true, HoldExists: true})
			w.deliverTo(names[0], 1)
			w.after(10 * time.Minute)
		},
		"gone": func(w *world, names []string) {
			if len(names) > 1 {
				w.must(w.srv.DeleteMailbox("alice", names[1]))
			}
		},
		"no modseq": func(w *world, names []string) {
			w.faults(imaptest.Faults{NoModSeq: true})
			w.must(w.srv.SetFlags("alice", names[0], 1, `\Seen`))
			w.srv.Disconnect("alice", "")
		},
	}
	for name, happen := range happenings {
		for _, changes := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				eachMode(t, func(w *world, names []string, _ time.Duration) {
					w.w.Changes = changes
					for _, name := range names {
						w.deliverTo(name, 3)
					}
					w.start()
					w.after(10 * time.Minute)
					happen(w, names)
					w.after(20 * time.Minute)
					before := w.commands()
					w.after(time.Hour)
					// A look at each mailbox every five minutes takes half a dozen commands,
					// asking every minute, if the server was found mute, as many.
					if n := w.commands() - before; n > (12*8+66*6)*len(names) {
						w.t.Errorf("%d commands in a quiet hour, with changes %v: %v", n, changes, w.srv.Stats().Commands)
					}
				})
			})
		}
	}
}

// commands are how many the server has got so far.
func (w *world) commands() (n int) {
	for _, of := range w.srv.Stats().Commands {
		n += of
	}
	return n
}

// An unknown update, such as of flags, does not make a Watcher without Changes
// look more often than it has to.
func TestFlagsOnly(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(2)
		w.start()
		w.after(time.Minute)
		for range 60 {
			w.must(w.srv.SetFlags("alice", "INBOX", 1, `\Seen`))
			w.must(w.srv.SetFlags("alice", "INBOX", 1, `\Flagged`))
			w.after(time.Minute)
		}
		if n := w.srv.Stats().Commands["UID FETCH"]; n > 180 {
			t.Errorf("%d scans in an hour", n)
		}
		if got := w.uids(); len(got) != 2 {
			t.Errorf("arrived: %v", got)
		}
	})
}
