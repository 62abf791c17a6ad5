package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// post delivers messages that can be told apart, named from name1 on.
func (w *world) post(box, name string, n int) {
	w.t.Helper()
	texts := make([][]byte, n)
	for i := range n {
		texts[i] = imaptest.CRLF(fmt.Sprintf("From: bob@example.org\nMessage-ID: <%s%d@example.org>\n\nHi there.\n", name, i+1))
	}
	if _, err := w.srv.DeliverAll("alice", box, texts, nil); err != nil {
		w.t.Fatal(err)
	}
}

// told is how often each message was told, by Message-ID.
func (w *world) tellings() map[string]int {
	times := map[string]int{}
	for _, a := range all[watch.Arrived](w) {
		times[strings.Trim(strings.TrimSuffix(a.Envelope.MessageID, "@example.org>"), "<")]++
	}
	return times
}

// once checks that the messages name1 to nameN were told once each, and no others.
func (w *world) once(name string, n int) {
	w.t.Helper()
	times := w.tellings()
	for i := range n {
		if id := fmt.Sprint(name, i+1); times[id] != 1 {
			w.t.Errorf("%s was told %d times", id, times[id])
		}
		delete(times, fmt.Sprint(name, i+1))
	}
	for id, n := range times {
		w.t.Errorf("%s was told %d times", id, n)
	}
}

// resets checks how many there were, and that the last is so.
func (w *world) resets(n int, policy watch.Policy, known, fresh int) {
	w.t.Helper()
	r := all[watch.Reset](w)
	if len(r) != n || r[n-1].Policy != policy || r[n-1].Known != known || r[n-1].New != fresh {
		w.t.Errorf("resets: %+v, want %d, %s, %d known and %d new", r, n, policy, known, fresh)
	}
}

func (w *world) rebuild(opts *imaptest.RebuildOptions) {
	w.t.Helper()
	if err := w.srv.Rebuild("alice", "INBOX", opts); err != nil {
		w.t.Fatal(err)
	}
}

var evictions = []imaptest.Eviction{
	imaptest.EvictBye, imaptest.EvictLate, imaptest.EvictClosed, imaptest.EvictNo, imaptest.EvictQuiet, imaptest.EvictTold,
}

// kinds of servers, by what messages are recognized by.
var recognizing = map[string]*imaptest.Options{
	"EMAILID":      {},
	"X-GM-MSGID":   {Gmail: true, Without: []string{"OBJECTID"}},
	"fingerprints": {Without: []string{"OBJECTID"}},
}

// The mailbox is rebuilt while it is open, and mail comes at the same time. What
// was there is not told again, and all that is new is.
func TestB40_UnderIdle(t *testing.T) {
	for kind, opts := range recognizing {
		for _, how := range evictions {
			for _, old := range []int{0, 1, 1000} {
				t.Run(fmt.Sprintf("%s/%s/%d", kind, how, old), func(t *testing.T) {
					inWith(t, opts, func(w *world) {
						w.w.From = watch.Now()
						w.post("INBOX", "old", old)
						w.start()
						w.after(time.Minute)
						w.rebuild(&imaptest.RebuildOptions{Sessions: how})
						w.post("INBOX", "new", 3)
						w.after(10 * time.Minute)
						w.post("INBOX", "late", 1)
						w.after(10 * time.Second)
						if n := w.tellings()["late1"]; n != 1 {
							t.Errorf("late1 was told %d times", n)
						}
						w.srv.Remove("alice", "INBOX", uint32(old)+4)
						times := w.tellings()
						for i := range 3 {
							if id := fmt.Sprint("new", i+1); times[id] != 1 {
								t.Errorf("%s was told %d times", id, times[id])
							}
						}
						if len(times) != 4 {
							t.Errorf("%d messages were told", len(times))
						}
						if r := all[watch.Reset](w); len(r) != 1 || r[0].Known != old || r[0].Policy != watch.PolicyResume {
							t.Errorf("resets: %+v", r)
						}
					})
				})
			}
		}
	}
}

// The mailbox is rebuilt while nobody looks: whatever becomes of it, each message
// is told once.
func TestB40_WhileAway(t *testing.T) {
	for name, opts := range map[string]*imaptest.RebuildOptions{
		"same order":  {},
		"shuffled":    {Shuffle: 7},
		"other IDs":   {NewIDs: true},
		"other dates": {NewDates: true},
		"UIDs kept":   {KeepUIDs: true},
		"lower":       {UIDValidity: 1<<31 + 1},
		"some lost":   {Lost: []uint32{1, 2, 3, 70, 71, 100}},
		"many lost": {Lost: func() (l []uint32) {
			l = nil
			for i := range 90 {
				l = append(l, uint32(i+5))
			}
			return
		}()},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Store = new(memory)
				w.rebuild(&imaptest.RebuildOptions{UIDValidity: 1<<31 + 9})
				w.post("INBOX", "m", 100)
				w.start()
				w.after(time.Minute)
				w.stop()
				w.rebuild(opts)
				for i := range 20 {
					w.post("INBOX", fmt.Sprint("n", i, "-"), 1)
				}
				w.start()
				w.after(time.Minute)
				w.resets(1, watch.PolicyResume, 100-len(opts.Lost), 20)
				if got := len(w.tellings()); got != 120 || len(w.uids()) != 120 {
					t.Errorf("%d messages were told, %d times", got, len(w.uids()))
				}
			})
		})
	}
}

// The connection is lost at every command of the comparison and what follows, or
// the program is, with commits and without: nothing is lost, nothing that was
// committed is told again, and IDs stay the same.
func TestB40_RestartAtEveryStep(t *testing.T) {
	for _, program := range []bool{false, true} {
		for n := 1; n <= 14; n++ {
			t.Run(fmt.Sprint(program, n), func(t *testing.T) {
				in(t, func(w *world) {
					store := new(memory)
					w.w.Store = store
					w.w.Memory = 5000
					w.post("INBOX", "old", 1200)
					w.w.From = watch.Now()
					w.start()
					w.after(time.Minute)
					w.stop()
					w.rebuild(&imaptest.RebuildOptions{Shuffle: 3})
					w.post("INBOX", "new", 250)
					var seen atomic.Int64
					var once sync.Once
					died := make(chan struct{})
					w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
						if seen.Add(1) != int64(n+1) {
							return nil
						}
						once.Do(func() { close(died) })
						return &imaptest.Action{Cut: true}
					}})
					batches := 0
					w.body = func(b *watch.Batch) bool {
						batches++
						return !program || batches != n
					}
					w.start()
					w.after(time.Minute)
					w.stop()
					w.faults(imaptest.Faults{})
					w.body = nil
					w.start()
					w.after(10 * time.Minute)
					ids := map[string]string{}
					for _, a := range all[watch.Arrived](w) {
						id := a.Envelope.MessageID
						if ids[id] != "" && ids[id] != a.ID {
							t.Errorf("%s has two IDs", id)
						}
						ids[id] = a.ID
					}
					if len(ids) != 250 {
						t.Errorf("%d messages were told", len(ids))
					}
					for id := range ids {
						if strings.HasPrefix(id, "<old") {
							t.Errorf("%s was told", id)
						}
					}
					// The batch in which the loop is left is not committed.
					if got := len(w.uids()); got > 250+100 || !program && got != 250 {
						t.Errorf("%d tellings", got)
					}
				})
			})
		}
	}
}

// A second rebuilding comes while the first is being made up for.
func TestB40_TwiceAtOnce(t *testing.T) {
	for n := int64(1); n <= 12; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Store = new(memory)
				w.post("INBOX", "old", 700)
				w.w.From = watch.Now()
				w.start()
				w.after(time.Minute)
				var seen atomic.Int64
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if strings.HasPrefix(c.Name, "UID ") && seen.Add(1) == n {
						w.rebuild(&imaptest.RebuildOptions{Sessions: evictions[n%6], Shuffle: uint64(n)})
					}
					return nil
				}})
				w.rebuild(nil)
				w.post("INBOX", "new", 300)
				w.after(20 * time.Minute)
				w.once("new", 300)
				if r := len(all[watch.Reset](w)); r < 1 || r > 2 {
					t.Errorf("%d resets", r)
				}
			})
		})
	}
}

// Messages that look the same are counted.
func TestB40_Duplicates(t *testing.T) {
	for kind, opts := range recognizing {
		t.Run(kind, func(t *testing.T) {
			inWith(t, opts, func(w *world) {
				w.deliver(5)
				w.start()
				w.after(time.Minute)
				w.faults(imaptest.Faults{HoldExists: true}) // it is not told before
				first := w.srv.Messages("alice", "INBOX")[0]
				if _, err := w.srv.Copy("alice", "INBOX", "INBOX", first.UID); err != nil {
					t.Fatal(err)
				}
				w.rebuild(nil)
				w.after(time.Second)
				w.faults(imaptest.Faults{})
				w.after(time.Minute)
				w.resets(1, watch.PolicyResume, 5, 1)
				if got := len(w.uids()); got != 6 {
					t.Errorf("%d arrivals", got)
				}
			})
		})
	}
}

// Only the newest messages are remembered: those before them are older, unless
// the order is another one.
func TestB40_LargerThanMemory(t *testing.T) {
	for _, shuffle := range []uint64{0, 5} {
		in(t, func(w *world) {
			w.w.Memory = 800
			w.w.From = watch.Now()
			w.post("INBOX", "old", 6000)
			w.start()
			w.after(time.Minute)
			var fetches atomic.Int64
			w.rebuild(&imaptest.RebuildOptions{Shuffle: shuffle})
			w.post("INBOX", "new", 600)
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "UID FETCH" {
					fetches.Add(1)
				}
				return nil
			}})
			w.after(time.Minute)
			times := w.tellings()
			for i := range 600 {
				if n := times[fmt.Sprint("new", i+1)]; n != 1 {
					t.Errorf("new%d was told %d times", i+1, n)
				}
			}
			if shuffle == 0 {
				w.resets(1, watch.PolicyResume, 6000, 600)
				if fetches.Load() > 16 {
					t.Errorf("%d questions", fetches.Load())
				}
			} else {
				w.resets(1, watch.PolicyResume, 800, 5800)
			}
		})
	}
}

// The other policies, and what is done where nothing is remembered.
func TestP9_Policies(t *testing.T) {
	for _, test := range []struct {
		policy, told watch.Policy
		memory       int
		arrived      int
	}{
		{"", watch.PolicyResume, 0, 3},
		{watch.PolicyResume, watch.PolicyReplay, -1, 13},
		{watch.PolicyReplay, watch.PolicyReplay, 0, 13},
		{watch.PolicyBaseline, watch.PolicyBaseline, 0, 1},
	} {
		t.Run(string(test.policy)+fmt.Sprint(test.memory), func(t *testing.T) {
			in(t, func(w *world) {
				w.w.OnReset, w.w.Memory, w.w.From = test.policy, test.memory, watch.Now()
				w.w.Store = new(memory)
				w.post("INBOX", "old", 10)
				w.start()
				w.after(time.Minute)
				w.stop()
				w.rebuild(nil)
				w.post("INBOX", "new", 2)
				w.start()
				w.after(time.Minute)
				w.post("INBOX", "late", 1)
				w.after(time.Minute)
				if r := all[watch.Reset](w); len(r) != 1 || r[0].Policy != test.told || r[0].OldUIDValidity != 1 || r[0].UIDValidity != 2 {
					t.Errorf("resets: %+v", r)
				}
				if got := len(w.uids()); got != test.arrived {
					t.Errorf("%d arrivals", got)
				}
				skipped := all[watch.Skipped](w)
				if test.told == watch.PolicyBaseline && (len(skipped) != 1 || skipped[0].Count != 12 || skipped[0].Reason != watch.SkippedBaseline) ||
					test.told != watch.PolicyBaseline && len(skipped) != 0 {
					t.Errorf("skipped: %+v", skipped)
				}
			})
		})
	}
}

// A UIDVALIDITY that comes back means other messages, so IDs are not used again.
func TestB40_EarlierUIDValidity(t *testing.T) {
	in(t, func(w *world) {
		w.w.Store = new(memory)
		w.start()
		ids := map[string]string{}
		n := 0
		for i := range 8 {
			w.post("INBOX", fmt.Sprint("round", i, "-"), 4)
			n += 4
			w.after(time.Minute)
			var lost []uint32
			for _, info := range w.srv.Messages("alice", "INBOX") {
				lost = append(lost, info.UID)
			}
			w.rebuild(&imaptest.RebuildOptions{UIDValidity: uint32(50 + i%2), Lost: lost})
			if i%3 == 0 {
				w.stop()
				w.start()
			}
			w.after(10 * time.Minute)
		}
		for _, a := range all[watch.Arrived](w) {
			if other := ids[a.ID]; other != "" {
				t.Errorf("%s and %s have one ID", other, a.Envelope.MessageID)
			}
			ids[a.ID] = a.Envelope.MessageID
		}
		if len(ids) != n || len(all[watch.Reset](w)) != 8 {
			t.Errorf("%d of %d messages, %d resets", len(ids), n, len(all[watch.Reset](w)))
		}
	})
}

// What is stored is damaged, or not stored: the watch goes on, and nothing is
// lost.
func TestB40_DamagedMemory(t *testing.T) {
	for name, harm := range map[string]func(m map[string]string, key string){
		"tail":     func(m map[string]string, key string) { m[key] = m[key][:len(m[key])-3] },
		"no tail":  func(m map[string]string, key string) { m[key], _, _ = strings.Cut(m[key], " ") },
		"snapshot": func(m map[string]string, key string) { m[key+"\x00memory1"] += "A"; m[key+"\x00memory2"] += "A" },
		"none":     func(m map[string]string, key string) { delete(m, key+"\x00memory1"); delete(m, key+"\x00memory2") },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				store := new(memory)
				w.w.Store = store
				w.w.From = watch.Now()
				w.post("INBOX", "old", 300)
				w.start()
				w.after(time.Minute)
				w.stop()
				harm(store.values, watch.Key("alice@example.org", "INBOX"))
				w.start()
				w.after(time.Minute) // what was forgotten is learned again
				w.stop()
				w.rebuild(nil)
				w.post("INBOX", "new", 5)
				w.start()
				w.after(time.Minute)
				w.once("new", 5)
				w.resets(1, watch.PolicyResume, 300, 5)
			})
		})
	}
}

// The Store fails at any Save in the middle of it: the commit says so, and what is
// stored is one of the two.
func TestB40_StoreFails(t *testing.T) {
	for n := 1; n <= 12; n++ {
		in(t, func(w *world) {
			store := &failing{after: n}
			w.w.Store = store
			w.lazy.Store(true)
			w.post("INBOX", "old", 400)
			w.body = func(b *watch.Batch) bool { return b.Commit() == nil }
			w.start()
			w.after(time.Minute)
			w.rebuild(nil)
			w.post("INBOX", "new", 400)
			w.after(time.Minute)
			w.stop()
			store.after = -1
			w.start()
			w.after(time.Minute)
			times := w.tellings()
			if len(times) != 800 {
				t.Errorf("after %d: %d of 800 messages", n, len(times))
			}
			twice := 0
			for _, n := range times {
				if n > 1 {
					twice++
				}
			}
			if twice > 100 {
				t.Errorf("after %d: %d messages were told twice", n, twice)
			}
		})
	}
}

// failing is a store of which one Save fails.
type failing struct {
	memory
	after int
}

func (f *failing) Save(ctx context.Context, key, value string) error {
	if f.after--; f.after == 0 {
		return errors.New("no room")
	}
	return f.memory.Save(ctx, key, value)
}

// A mailbox goes and comes back, and another one does not notice.
func TestB41_Gone(t *testing.T) {
	type change struct {
		reason   watch.MissingReason
		away, to func(w *world, box string) error
		resets   int
	}
	changes := map[string]change{
		"deleted": {watch.MissingNonExistent,
			func(w *world, box string) error { return w.srv.DeleteMailbox("alice", box) },
			func(w *world, box string) error { return w.srv.CreateMailbox("alice", box) }, 1},
		"noselect": {watch.MissingUnselectable,
			func(w *world, box string) error { return w.srv.SetSelectable("alice", box, false) },
			func(w *world, box string) error { return w.srv.SetSelectable("alice", box, true) }, 0},
		"forbidden": {watch.MissingForbidden,
			func(w *world, box string) error {
				return errors.Join(w.srv.SetRights("alice", box, "l"), w.srv.Evict("alice", box, imaptest.EvictClosed))
			},
			func(w *world, box string) error { return w.srv.SetRights("alice", box, "lrswipkxtea") }, 0},
	}
	for name, c := range changes {
		for _, how := range evictions {
			for _, boxes := range [][]string{{"Work"}, {"Work", "INBOX"}, {"INBOX", "Work"}} {
				for _, mode := range []watch.Mode{"", watch.ModeRotate, watch.ModePoll} {
					if mode == watch.ModeRotate && len(boxes) == 1 {
						continue
					}
					t.Run(fmt.Sprint(name, "/", how, "/", boxes, "/", mode), func(t *testing.T) {
						in(t, func(w *world) {
							if err := w.srv.CreateMailbox("alice", "Work"); err != nil {
								t.Fatal(err)
							}
							w.w.Mailboxes, w.w.Listen = boxes, mode
							w.start()
							w.post("Work", "a", 2)
							w.after(2 * time.Minute)
							w.faults(imaptest.Faults{Evict: how})
							if err := c.away(w, "Work"); err != nil {
								t.Fatal(err)
							}
							w.after(7 * time.Minute)
							m := all[watch.Missing](w)
							if len(m) != 1 || m[0].Reason != c.reason || m[0].Mailbox != "Work" {
								t.Errorf("missing: %+v", m)
							}
							w.dials.Store(0)
							var commands atomic.Int64
							w.faults(imaptest.Faults{Evict: how, Hook: func(imaptest.Call) *imaptest.Action {
								commands.Add(1)
								return nil
							}})
							if len(boxes) > 1 {
								w.post("INBOX", "other", 1)
								w.after(2 * time.Minute)
								if w.tellings()["other1"] != 1 {
									t.Error("the other mailbox is not followed")
								}
							}
							w.after(3 * time.Hour)
							if n := w.dials.Load(); n > 0 {
								t.Errorf("%d dials", n)
							}
							if n := commands.Load(); n > 2200 {
								t.Errorf("%d commands in three hours", n)
							}
							if err := c.to(w, "Work"); err != nil {
								t.Fatal(err)
							}
							w.post("Work", "b", 2)
							w.after(6 * time.Minute)
							if times := w.tellings(); times["b1"] != 1 || times["b2"] != 1 || times["a1"] != 1 {
								t.Errorf("told: %v", times)
							}
							if r := all[watch.Recovered](w); len(r) == 0 || r[len(r)-1].Mailbox != "Work" {
								t.Errorf("recovered: %+v", r)
							}
							if n := len(all[watch.Reset](w)); n != c.resets {
								t.Errorf("%d resets", n)
							}
						})
					})
				}
			}
		}
	}
}

// A mailbox that is renamed is followed where the server says which one it is.
func TestB41_Renamed(t *testing.T) {
	for _, boxes := range [][]string{{"Work"}, {"INBOX", "Work"}} {
		for _, again := range []bool{false, true} {
			for _, running := range []bool{false, true} {
				t.Run(fmt.Sprint(boxes, again, running), func(t *testing.T) {
					in(t, func(w *world) {
						w.srv.CreateMailbox("alice", "Work")
						w.w.Store = new(memory)
						w.w.Mailboxes = boxes
						w.post("Work", "a", 3)
						w.start()
						w.after(time.Minute)
						if !running {
							w.stop()
						}
						if err := w.srv.RenameMailbox("alice", "Work", "Play"); err != nil {
							t.Fatal(err)
						}
						if again {
							w.srv.CreateMailbox("alice", "Work")
							w.post("Work", "wrong", 5)
						}
						if !running {
							w.start()
						}
						w.post("Play", "b", 2)
						w.after(6 * time.Minute)
						w.stop()
						w.start() // the name is remembered
						w.post("Play", "c", 1)
						w.after(time.Minute)
						times := w.tellings()
						if len(times) != 6 || times["a1"] != 1 || times["b2"] != 1 || times["c1"] != 1 {
							t.Errorf("told: %v", times)
						}
						if r := all[watch.Renamed](w); len(r) != 1 || r[0] != (watch.Renamed{Mailbox: "Work", To: "Play"}) {
							t.Errorf("renamed: %+v", r)
						}
						for _, a := range all[watch.Arrived](w) {
							if a.Mailbox != "Work" || a.ID != watch.EventID("alice@example.org", "Work", a.UIDValidity, a.UID, watch.KindArrived) {
								t.Errorf("%s in %s", a.Envelope.MessageID, a.Mailbox)
							}
						}
						if n := len(all[watch.Reset](w)) + len(all[watch.Missing](w)); n != 0 {
							t.Errorf("%d resets or missing", n)
						}
					})
				})
			}
		}
	}
}

// Without MAILBOXID, and without a word from the server, it is missing.
func TestB41_RenamedUnnoticed(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"OBJECTID", "NOTIFY"}}, func(w *world) {
		w.srv.CreateMailbox("alice", "Work")
		w.w.Mailboxes = []string{"Work"}
		w.start()
		w.after(time.Minute)
		w.srv.RenameMailbox("alice", "Work", "Play")
		w.after(11 * time.Minute)
		if m := all[watch.Missing](w); len(m) != 1 || m[0].Reason != watch.MissingNonExistent {
			t.Errorf("missing: %+v", m)
		}
	})
}

// A mailbox that is listed but always refused is parked, and then tried once an
// hour.
func TestB42_Phantom(t *testing.T) {
	in(t, func(w *world) {
		w.srv.CreateMailbox("alice", "Ghost")
		w.w.Mailboxes, w.w.Patient = []string{"INBOX", "Ghost"}, true
		var tries atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "EXAMINE" && strings.Contains(c.Args, "Ghost") {
				tries.Add(1)
				return &imaptest.Action{Reply: "NO internal error"}
			}
			return nil
		}})
		w.start()
		w.after(30 * time.Minute)
		if n := tries.Swap(0); n != 3 {
			t.Errorf("%d tries at first", n)
		}
		w.after(24 * time.Hour)
		if n := tries.Load(); n < 23 || n > 25 {
			t.Errorf("%d tries in a day", n)
		}
		w.post("INBOX", "m", 1)
		w.after(time.Minute)
		w.once("m", 1)
		if m := all[watch.Missing](w); len(m) != 1 || m[0].Reason != watch.MissingRefused {
			t.Errorf("missing: %+v", m)
		}
		w.faults(imaptest.Faults{})
		w.after(time.Hour)
		if r := all[watch.Recovered](w); len(r) != 1 {
			t.Errorf("recovered: %+v", r)
		}
		if w.dials.Load() > 2 {
			t.Errorf("%d dials", w.dials.Load())
		}
	})
}

// The account moves to another server, which has other messages under the same
// UIDVALIDITY and UIDs.
func TestB43_OtherServer(t *testing.T) {
	for _, same := range []bool{false, true} {
		in(t, func(w *world) {
			w.w.Store = new(memory)
			w.post("INBOX", "m", 30)
			w.start()
			w.after(time.Minute)
			w.stop()
			w.srv.Close()
			w.srv = imaptest.NewServer(&imaptest.Options{With: []string{"X-OTHER"}})
			w.srv.AddUser("alice", "secret")
			if same {
				w.post("INBOX", "m", 30)
			} else {
				w.post("INBOX", "strange", 40)
			}
			w.start()
			w.after(time.Minute)
			w.post("INBOX", "new", 1)
			w.after(time.Minute)
			times, resets := w.tellings(), len(all[watch.Reset](w))
			switch {
			case same && (len(times) != 31 || resets != 0):
				t.Errorf("the same messages: %d told, %d resets", len(times), resets)
			case !same && (len(times) != 71 || resets != 1):
				t.Errorf("other messages: %d told, %d resets", len(times), resets)
			}
			ids := map[string]bool{}
			for _, a := range all[watch.Arrived](w) {
				ids[a.ID] = true
			}
			if len(ids) != len(times) {
				t.Errorf("%d IDs for %d messages", len(ids), len(times))
			}
		})
	}
}

// A mailbox is opened by EXAMINE and read by BODY.PEEK, whatever happens to it.
func TestB44_ReadOnly(t *testing.T) {
	in(t, func(w *world) {
		w.w.Changes = true
		w.w.Fetch = &imap.FetchOptions{Sections: []imap.Section{{}}}
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			switch {
			case c.Name == "UID FETCH" && (strings.Contains(c.Args, "BODY[") || strings.Contains(c.Args, "RFC822 ")):
				t.Errorf("%s %s", c.Name, c.Args)
			case !slices.Contains([]string{
				"CAPABILITY", "LOGIN", "ENABLE", "ID", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE", "NOOP", "STATUS", "LIST", "LOGOUT", "NOTIFY", "UNSELECT",
			}, c.Name):
				t.Errorf("%s %s", c.Name, c.Args)
			}
			return nil
		}})
		w.post("INBOX", "m", 10)
		w.start()
		w.after(time.Minute)
		w.rebuild(nil)
		w.post("INBOX", "n", 1)
		w.after(time.Hour)
		for _, info := range w.srv.Messages("alice", "INBOX") {
			if len(info.Flags) > 0 {
				t.Errorf("UID %d: %v", info.UID, info.Flags)
			}
		}
		if len(w.uids()) != 11 {
			t.Errorf("%d arrivals", len(w.uids()))
		}
	})
}

// UIDs that are told twice, or fall, are no reason to lose anything, or to loop.
func TestB33_OddUIDs(t *testing.T) {
	for name, say := range map[string]func(uint32) uint32{
		"twice":      func(u uint32) uint32 { return u - u%2 + 1 },
		"descending": func(u uint32) uint32 { return []uint32{2, 1, 0, 3}[(u+1)%4] + (u-1)/4*4 + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.start()
				w.after(time.Minute)
				w.faults(imaptest.Faults{SayUID: say})
				var commands atomic.Int64
				w.deliver(8)
				w.after(time.Minute)
				w.faults(imaptest.Faults{SayUID: say, Hook: func(imaptest.Call) *imaptest.Action {
					commands.Add(1)
					return nil
				}})
				w.after(time.Hour)
				if n := commands.Load(); n > 200 {
					t.Errorf("%d commands in an hour", n)
				}
				w.faults(imaptest.Faults{})
				w.deliver(1)
				w.after(10 * time.Minute)
				got := w.uids()
				slices.Sort(got)
				if n := len(slices.Compact(got)); n < 8 || !slices.Contains(got, 9) {
					t.Errorf("arrived: %v", got)
				}
			})
		})
	}
}

// The mailbox becomes another one under the same UIDVALIDITY: once, that is told
// as a reset; again and again, and it is put aside.
func TestB33_OtherMessagesSameUIDValidity(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"OBJECTID"}}, func(w *world) {
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) { return oneValidity(ctx, w.srv) }
		round := 0
		replace := func(n int) {
			round++
			var lost []uint32
			for _, info := range w.srv.Messages("alice", "INBOX") {
				lost = append(lost, info.UID)
			}
			w.rebuild(&imaptest.RebuildOptions{Lost: lost})
			w.post("INBOX", fmt.Sprint("r", round, "-"), n)
		}
		w.post("INBOX", "first", 20)
		w.start()
		w.after(time.Minute)
		replace(5)
		w.after(6 * time.Minute)
		if n := len(w.tellings()); n != 25 || len(all[watch.Reset](w)) != 1 {
			t.Errorf("%d messages, %d resets", n, len(all[watch.Reset](w)))
		}
		ids := map[string]bool{}
		for _, a := range all[watch.Arrived](w) {
			ids[a.ID] = true
		}
		if len(ids) != 25 {
			t.Errorf("%d IDs", len(ids))
		}
		for n := range 4 {
			replace(4 - n)
			w.after(6 * time.Minute)
		}
		m := all[watch.Missing](w)
		if len(m) != 1 || m[0].Reason != watch.MissingContradictory {
			t.Fatalf("missing: %+v", m)
		}
		w.after(5 * time.Hour)
		w.deliver(1)
		w.after(2 * time.Hour)
		if r := all[watch.Recovered](w); len(r) == 0 {
			t.Error("it is put aside for ever")
		}
	})
}
