package watch_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// ladder are servers on which changes are found in different ways.
var ladder = []struct {
	name    string
	without []string
}{
	{"QRESYNC", nil},
	{"CONDSTORE", []string{"QRESYNC"}},
	{"neither", []string{"QRESYNC", "CONDSTORE"}},
	{"bare", []string{"QRESYNC", "CONDSTORE", "ESEARCH", "UIDPLUS", "NOTIFY", "OBJECTID", "IMAP4rev2", "ENABLE"}},
	{"poll", []string{"QRESYNC", "IDLE", "IMAP4rev2", "NOTIFY"}},
}

// rungs runs a test on each of them, with Changes.
func rungs(t *testing.T, f func(t *testing.T, w *world)) {
	for _, rung := range ladder {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				w.w.Changes = true
				f(t, w)
			})
		})
	}
}

// picture is what somebody who only hears the events knows: flags by mailbox and
// UID.
type picture map[string]map[imap.UID]string

func flagText[F ~string](flags []F) string {
	var words []string
	for _, f := range flags {
		if w := strings.ToLower(string(f)); w != `\recent` {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// pictured draws it, beginning with messages that were there at first.
func (w *world) pictured(p picture) picture {
	w.mu.Lock()
	defer w.mu.Unlock()
	box := func(name string) map[imap.UID]string {
		if p[name] == nil {
			p[name] = map[imap.UID]string{}
		}
		return p[name]
	}
	for _, x := range w.events {
		switch e := x.event.(type) {
		case watch.Arrived:
			box(e.Mailbox)[e.UID] = flagText(e.Flags)
		case watch.Flags:
			box(e.Mailbox)[e.UID] = flagText(e.Flags)
		case watch.Gone:
			delete(box(e.Mailbox), e.UID)
		case watch.Moved:
			delete(box(e.Mailbox), e.UID)
			if _, ok := box(e.To)[e.ToUID]; !ok {
				w.t.Errorf("%d moved to %s %d, which has not arrived", e.UID, e.To, e.ToUID)
			}
		case watch.Reset:
			p[e.Mailbox] = map[imap.UID]string{}
		}
	}
	return p
}

// holds is what the server has.
func (w *world) holds(names ...string) picture {
	p := picture{}
	for _, name := range names {
		p[name] = map[imap.UID]string{}
		for _, m := range w.srv.Messages("alice", name) {
			p[name][imap.UID(m.UID)] = flagText(m.Flags)
		}
	}
	return p
}

// agrees checks that the picture drawn from the events is the server's.
func (w *world) agrees(names ...string) {
	w.t.Helper()
	w.agreesFrom(picture{}, names...)
}

func (w *world) agreesFrom(p picture, names ...string) {
	w.t.Helper()
	if names == nil {
		names = []string{"INBOX"}
	}
	got := w.pictured(p)
	for name, want := range w.holds(names...) {
		if !maps.Equal(got[name], want) {
			w.t.Errorf("%s as told: %v\nis: %v", name, got[name], want)
		}
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) flag(uid uint32, flags ...string) {
	w.t.Helper()
	w.must(w.srv.SetFlags("alice", "INBOX", uid, flags...))
}

func (w *world) remove(uids ...uint32) {
	w.t.Helper()
	w.must(w.srv.Remove("alice", "INBOX", uids...))
}

// Changes are told as they come, once, on every rung.
func TestChangesLive(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.deliver(5)
		w.start()
		w.after(5 * time.Second)
		w.flag(2, `\Seen`)
		w.after(2 * time.Minute)
		w.flag(2, `\Seen`, "$Junk")
		w.remove(3, 4)
		w.after(2 * time.Minute)
		flags, gone := all[watch.Flags](w), all[watch.Gone](w)
		if len(flags) != 2 || flags[0].UID != 2 || flagText(flags[0].Flags) != `\seen` || flagText(flags[1].Flags) != `$junk \seen` {
			t.Errorf("flags: %+v", flags)
		}
		if len(gone) != 2 || gone[0].UID != 3 || gone[1].UID != 4 {
			t.Errorf("gone: %+v", gone)
		}
		w.after(time.Hour)
		if len(all[watch.Flags](w)) != 2 || len(all[watch.Gone](w)) != 2 {
			t.Errorf("told again: %+v %+v", all[watch.Flags](w), all[watch.Gone](w))
		}
		w.agrees()
	})
}

// Without Changes nothing is told of them, nor asked.
func TestNoChanges(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "ENABLE" || strings.Contains(c.Args, "CONDSTORE") || strings.Contains(c.Args, "CHANGEDSINCE") {
				t.Errorf("asked: %s", c.Args)
			}
			return nil
		}})
		w.deliver(3)
		w.start()
		w.after(time.Minute)
		w.flag(1, `\Seen`)
		w.remove(2)
		w.after(time.Hour)
		if len(all[watch.Flags](w)) != 0 || len(all[watch.Gone](w)) != 0 {
			t.Error("changes were told")
		}
	})
}

// What changed without a connection is told when there is one again.
func TestChangesWhileOffline(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.deliver(6)
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.after(time.Minute)
		w.flag(1, `\Flagged`)
		w.remove(2, 6)
		w.deliver(2)
		w.flag(7, `\Seen`)
		w.remove(8)
		w.after(time.Minute)
		w.faults(imaptest.Faults{})
		w.after(10 * time.Minute)
		if flags := all[watch.Flags](w); len(flags) != 1 || flags[0].UID != 1 {
			t.Errorf("flags: %+v", flags)
		}
		if gone := all[watch.Gone](w); len(gone) != 2 || gone[0].UID != 2 || gone[1].UID != 6 {
			t.Errorf("gone: %+v", gone)
		}
		w.agrees()
	})
}

// Of messages that were there before, changes are told too.
func TestChangesFromNow(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.deliver(4)
		old := w.holds("INBOX")
		w.w.From = watch.Now()
		w.start()
		w.after(time.Minute)
		w.flag(1, `\Seen`)
		w.remove(2)
		w.deliver(1)
		w.after(10 * time.Minute)
		w.agreesFrom(old)
		if n := len(all[watch.Flags](w)); n != 1 {
			t.Errorf("%d flags", n)
		}
	})
}

// What changed while the program was down is told, once; flags where the server
// has mod-sequences.
func TestChangesAfterRestart(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.w.Store = new(memory)
		w.deliver(8)
		w.start()
		w.after(10 * time.Minute)
		w.flag(1, `\Seen`)
		w.after(10 * time.Minute)
		w.remove(2)
		w.after(10 * time.Minute)
		w.stop()
		modSeqs := t.Name() != "TestChangesAfterRestart/neither" && t.Name() != "TestChangesAfterRestart/bare"
		if modSeqs {
			w.flag(3, `\Flagged`)
		}
		w.remove(5)
		w.deliver(1)
		for range 3 {
			w.start()
			w.after(10 * time.Minute)
			w.stop()
		}
		w.start()
		w.remove(6)
		w.after(10 * time.Minute)
		w.agrees()
		if gone := all[watch.Gone](w); len(gone) != 3 || gone[0].UID != 2 || gone[1].UID != 5 || gone[2].UID != 6 {
			t.Errorf("gone: %+v", gone)
		}
		ids := map[string]bool{}
		for _, f := range all[watch.Flags](w) {
			if ids[f.ID] {
				t.Errorf("told twice: %+v", f)
			}
			ids[f.ID] = true
		}
	})
}

// Many messages that are gone are told once, whatever the Store holds of them by
// and by.
func TestGoneOfMany(t *testing.T) {
	for _, rung := range ladder[:3] {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without, Removals: -1}, func(w *world) {
				w.w.Changes, w.w.Store = true, new(memory)
				w.deliver(1500)
				w.start()
				w.after(time.Minute)
				for i := range uint32(500) {
					w.remove(2*i + 1)
					if i%50 == 0 {
						w.after(time.Second)
					}
					if i%100 == 99 {
						w.after(10 * time.Minute)
						w.stop()
						w.start()
						w.after(time.Minute)
					}
				}
				w.after(10 * time.Minute)
				seen := map[imap.UID]bool{}
				for _, g := range all[watch.Gone](w) {
					if seen[g.UID] {
						t.Errorf("%d told twice", g.UID)
					}
					seen[g.UID] = true
				}
				if len(seen) != 500 {
					t.Errorf("%d gone", len(seen))
				}
				w.agrees()
			})
		})
	}
}

// Events that nobody committed come again, with the same IDs.
func TestChangesNotCommitted(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.w.Store = new(memory)
		w.deliver(5)
		w.start()
		w.after(10 * time.Minute)
		w.lazy.Store(true)
		w.remove(2)
		w.flag(3, `\Seen`)
		w.after(10 * time.Minute)
		w.stop()
		gone, flags := all[watch.Gone](w), all[watch.Flags](w)
		w.forget()
		w.lazy.Store(false)
		w.start()
		w.after(10 * time.Minute)
		again := all[watch.Gone](w)
		if len(gone) != 1 || len(again) != 1 || gone[0] != again[0] {
			t.Errorf("gone: %+v, then %+v", gone, again)
		}
		if n := all[watch.Flags](w); len(flags) != 1 || len(n) > 0 && n[0].ID != flags[0].ID || len(n) == 0 && flags[0].ModSeq != 0 {
			t.Errorf("flags: %+v, then %+v", flags, n)
		}
	})
}

// A commit of what came before does not make the rest forgotten.
func TestChangesCommittedInPart(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.w.Store = new(memory)
		w.deliver(5)
		w.start()
		w.after(10 * time.Minute)
		w.lazy.Store(true)
		var batches []*watch.Batch
		w.body = func(b *watch.Batch) bool { batches = append(batches, b); return true }
		for _, uid := range []uint32{2, 4} {
			w.remove(uid)
			w.after(10 * time.Minute)
		}
		w.stop()
		w.must(batches[0].Commit())
		w.body = nil
		w.forget()
		w.start()
		w.after(10 * time.Minute)
		if gone := all[watch.Gone](w); len(batches) != 2 || len(gone) == 0 || gone[len(gone)-1].UID != 4 {
			t.Errorf("%d batches, then gone: %+v", len(batches), gone)
		}
	})
}

// TestChangesModel lets other clients do random things, and the connection be
// lost, and compares the picture that the events draw with the server's mailbox.
func TestChangesModel(t *testing.T) {
	seeds := 12
	if testing.Short() {
		seeds = 4
	}
	for _, rung := range ladder {
		for seed := range seeds {
			t.Run(fmt.Sprint(rung.name, seed), func(t *testing.T) {
				opts := &imaptest.Options{Without: rung.without, PushAlways: seed%3 == 1, MessageLimit: []int{0, 0, 3, 1000}[seed%4], Removals: []int{0, 3, -1}[seed%3]}
				inWith(t, opts, func(w *world) {
					w.w.Changes, w.w.Patient = true, true
					r := rand.New(rand.NewPCG(uint64(seed), 7))
					w.w.Rand = seeded(uint64(seed))
					names := []string{"INBOX"}
					if seed%2 == 1 {
						names = append(names, "Archive", "Junk")
						w.must(w.srv.CreateMailbox("alice", "Archive"))
						w.must(w.srv.CreateMailbox("alice", "Junk"))
						w.w.Mailboxes = names
						w.w.Connections = 1 + seed%4/2
					}
					w.start()
					for range 60 {
						w.disturb(r, names)
					}
					w.faults(imaptest.Faults{})
					w.after(30 * time.Minute)
					w.agrees(names...)
				})
			})
		}
	}
}

// disturb does one random thing.
func (w *world) disturb(r *rand.Rand, names []string) {
	name := names[r.IntN(len(names))]
	there := w.srv.Messages("alice", name)
	switch k := r.IntN(12); {
	case k < 3 || len(there) == 0:
		for range 1 + r.IntN(4) {
			_, err := w.srv.Deliver("alice", name, mail, nil)
			w.must(err)
		}
	case k < 7:
		flags := [][]string{nil, {`\Seen`}, {`\Flagged`}, {`\Seen`, "work"}}[r.IntN(4)]
		w.must(w.srv.SetFlags("alice", name, there[r.IntN(len(there))].UID, flags...))
	case k < 9:
		w.must(w.srv.Remove("alice", name, there[r.IntN(len(there))].UID))
	case k < 10 && len(names) > 1:
		_, err := w.srv.Move("alice", name, names[r.IntN(len(names))], there[r.IntN(len(there))].UID)
		w.must(err)
	case k < 11:
		w.srv.Disconnect("alice", "")
	default:
		names := []string{"EXAMINE", "UID FETCH", "UID SEARCH", "IDLE"}
		w.faults(cut(names[r.IntN(len(names))], 1+r.Int64N(3), r.IntN(2) == 0))
	}
	w.after(time.Duration(r.Int64N(int64([]time.Duration{time.Millisecond, time.Second, time.Minute, 6 * time.Minute}[r.IntN(4)]))))
}

// A server that has forgotten which removals are new names all UIDs without a
// message, those too that were gone before anybody watched. Nothing is told of
// what is not remembered; and of what is, all.
func TestB31_GoneLongAgo(t *testing.T) {
	in(t, func(w *world) {
		w.w.Changes, w.w.Store, w.w.Memory = true, new(memory), 10
		w.deliver(50)
		w.remove(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
		w.start()
		w.after(10 * time.Minute)
		w.stop()
		w.remove(20, 48)
		w.forget()
		w.faults(imaptest.Faults{Vanished: "1:50"})
		w.start()
		w.after(10 * time.Minute)
		w.remove(25)
		w.after(10 * time.Minute)
		var uids []imap.UID
		for _, g := range all[watch.Gone](w) {
			uids = append(uids, g.UID)
		}
		if !slices.Equal(uids, []imap.UID{48, 25}) {
			t.Errorf("gone: %v", uids)
		}
	})
}
