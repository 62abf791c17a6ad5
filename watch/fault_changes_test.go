package watch_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
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

// lines is a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

// logged lets the Watcher log.
func (w *world) logged() *lines {
	l := new(lines)
	w.w.Logger = slog.New(slog.NewTextHandler(l, nil))
	return l
}

// The rung is chosen by what the server has, and can be seen.
func TestRungIsLogged(t *testing.T) {
	want := map[string]string{"QRESYNC": "by=QRESYNC", "CONDSTORE": "by=CONDSTORE", "neither": "by=comparison", "bare": "by=comparison", "poll": "by=CONDSTORE"}
	for _, rung := range ladder {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				w.w.Changes = true
				log := w.logged()
				w.deliver(1)
				w.start()
				w.after(time.Minute)
				if !log.has(want[rung.name]) {
					t.Errorf("no %q in the log:\n%s", want[rung.name], &log.b)
				}
			})
		})
	}
}

// One message goes and one comes, so the number of messages stays.
func TestB25_ExpungeAndArrival(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.deliver(5)
		w.start()
		w.after(10 * time.Second)
		for i := range uint32(4) {
			w.remove(i + 1)
			w.deliver(1)
			w.after(2 * time.Minute)
		}
		w.exact(9)
		if gone := all[watch.Gone](w); len(gone) != 4 || gone[3].UID != 4 {
			t.Errorf("gone: %+v", gone)
		}
		w.agrees()
	})
}

// 10,000 messages come at once. They are told in order, in small batches, and are
// not all held at once.
func TestB26_TenThousandArrivals(t *testing.T) {
	const total = 10_000
	for _, rung := range ladder[:3] {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				w.w.Changes = true
				texts := make([][]byte, total)
				for i := range texts {
					texts[i] = mail
				}
				_, err := w.srv.DeliverAll("alice", "INBOX", texts, nil)
				w.must(err)
				before, most := heap(), uint64(0)
				next, batches := imap.UID(1), 0
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				for b, err := range w.w.Watch(ctx) {
					if err != nil {
						t.Fatal(err)
					}
					if len(b.Events) > 100 {
						t.Fatalf("%d events at once", len(b.Events))
					}
					for _, e := range b.Events {
						if a, ok := e.(watch.Arrived); ok && a.UID == next {
							next++
						} else if b.Mailbox != "" {
							t.Fatalf("%+v, want %d", e, next)
						}
					}
					if batches++; batches%10 == 0 {
						most = max(most, heap())
					}
					if next == total+1 {
						break
					}
				}
				if most > before+8<<20 {
					t.Errorf("%d KB were held", (most-before)>>10)
				}
			})
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// As many flags change at once, and as many messages go.
func TestB26_TenThousandChanges(t *testing.T) {
	const total = 10_000
	for _, rung := range ladder[:3] {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				w.w.Changes = true
				texts := make([][]byte, total)
				for i := range texts {
					texts[i] = mail
				}
				uids, err := w.srv.DeliverAll("alice", "INBOX", texts, nil)
				w.must(err)
				w.start()
				w.after(time.Minute)
				w.forget()
				for _, uid := range uids {
					w.flag(uid, `\Seen`)
				}
				w.after(time.Minute)
				w.remove(uids...)
				w.after(10 * time.Minute)
				flags, gone := all[watch.Flags](w), all[watch.Gone](w)
				seen := map[imap.UID]bool{}
				for _, f := range flags {
					seen[f.UID] = true
				}
				if len(flags) != total || len(seen) != total {
					t.Errorf("%d flags of %d messages", len(flags), len(seen))
				}
				if len(gone) != total || gone[total-1].UID != total {
					t.Errorf("%d gone", len(gone))
				}
			})
		})
	}
}

// A message goes just when it is being fetched, or looked for.
func TestB27_GoneWhileFetching(t *testing.T) {
	for _, command := range []string{"UID FETCH", "UID SEARCH", "EXAMINE"} {
		t.Run(command, func(t *testing.T) {
			rungs(t, func(t *testing.T, w *world) {
				w.deliver(3)
				w.start()
				w.after(10 * time.Second)
				var once sync.Once
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == command {
						once.Do(func() { w.remove(2, 4) })
					}
					return nil
				}})
				w.deliver(2)
				w.after(10 * time.Minute)
				w.deliver(1)
				w.after(10 * time.Minute)
				w.agrees()
				told := w.uids()
				for _, s := range all[watch.Skipped](w) {
					for uid := range s.UIDs.All() {
						told = append(told, uid)
					}
				}
				slices.Sort(told)
				if !slices.Equal(told, []imap.UID{1, 2, 3, 4, 5, 6}) {
					t.Errorf("told: %v", told)
				}
			})
		})
	}
}

// odd runs a test on a server that says something else from some time on.
func odd(t *testing.T, f func(t *testing.T, w *world, say func(pattern, with string))) {
	for _, rung := range ladder[:2] {
		t.Run(rung.name, func(t *testing.T) {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				var edit atomic.Pointer[func([]byte) []byte]
				w.w.Changes = true
				w.edit(&edit)
				f(t, w, func(pattern, with string) { edit.Store(replacing(pattern, with)) })
			})
		})
	}
}

// A mailbox has no mod-sequences, from the beginning or from some time on.
func TestB31_NoModSeq(t *testing.T) {
	for _, later := range []bool{false, true} {
		odd(t, func(t *testing.T, w *world, say func(pattern, with string)) {
			lose := func() { say(`\[HIGHESTMODSEQ \d+\]`, "[NOMODSEQ]") }
			if !later {
				lose()
			}
			w.deliver(5)
			w.start()
			w.after(time.Minute)
			w.flag(1, `\Seen`)
			w.after(10 * time.Minute)
			lose()
			w.srv.Disconnect("alice", "")
			w.flag(2, `\Seen`)
			w.remove(3)
			w.after(10 * time.Minute)
			w.flag(4, `\Seen`)
			w.after(10 * time.Minute)
			w.agrees()
			if n := len(all[watch.Flags](w)); n != 3 {
				t.Errorf("%d flags: %+v", n, all[watch.Flags](w))
			}
		})
	}
}

// HIGHESTMODSEQ is lower than it was: what the server says by it cannot be
// complete.
func TestB31_ModSeqReset(t *testing.T) {
	odd(t, func(t *testing.T, w *world, say func(pattern, with string)) {
		log := w.logged()
		w.deliver(5)
		w.flag(5, `\Flagged`)
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.flag(1, `\Seen`)
		w.remove(3)
		say(`\[HIGHESTMODSEQ \d+\]`, "[HIGHESTMODSEQ 2]")
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action { return nil }})
		w.after(time.Minute)
		w.agrees()
		if !log.has("mod-sequences were reset") && !log.has("not complete") {
			t.Errorf("nothing in the log:\n%s", &log.b)
		}
		if n := len(all[watch.Flags](w)); n != 1 {
			t.Errorf("%d flags", n)
		}
	})
}

// The server says that everything has vanished, or what never was, or what is
// there: in answer to EXAMINE and FETCH, or out of the blue.
func TestB31_Vanished(t *testing.T) {
	for _, line := range []string{
		"VANISHED (EARLIER) 1:4294967294", "VANISHED (EARLIER) 2", "VANISHED (EARLIER) 1000:2000", "VANISHED 1:3", "VANISHED 77",
	} {
		t.Run(line, func(t *testing.T) {
			rungs(t, func(t *testing.T, w *world) {
				w.deliver(5)
				w.start()
				w.after(time.Minute)
				w.remove(4)
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == "EXAMINE" || c.Name == "UID FETCH" {
						return &imaptest.Action{Untagged: []string{line}}
					}
					return nil
				}})
				w.flag(1, `\Seen`)
				w.after(5 * time.Minute)
				w.srv.Disconnect("alice", "")
				w.after(20 * time.Minute)
				if gone := all[watch.Gone](w); len(gone) != 1 || gone[0].UID != 4 {
					t.Errorf("gone: %+v", gone)
				}
				w.agrees()
			})
		})
	}
}

// A server that has forgotten what was expunged names all that is not there.
func TestB31_ForgottenRemovals(t *testing.T) {
	for _, removals := range []int{-1, 2} {
		inWith(t, &imaptest.Options{Removals: removals}, func(w *world) {
			w.w.Changes = true
			w.deliver(40)
			for uid := uint32(1); uid < 40; uid += 2 {
				w.remove(uid)
			}
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{RefuseConnect: true})
			w.srv.Disconnect("alice", "")
			w.remove(2, 6, 8, 10)
			w.after(time.Minute)
			w.faults(imaptest.Faults{})
			w.after(5 * time.Minute)
			if gone := all[watch.Gone](w); len(gone) != 4 || gone[0].UID != 2 {
				t.Errorf("gone: %+v", gone)
			}
			w.agrees()
		})
	}
}

// CHANGEDSINCE is refused: then all flags are compared.
func TestB31_ChangedSinceRefused(t *testing.T) {
	for _, rung := range ladder[:2] {
		for _, reply := range []string{"NO [CANNOT] not today", "BAD what is that"} {
			inWith(t, &imaptest.Options{Without: rung.without}, func(w *world) {
				w.w.Changes = true
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if strings.Contains(c.Args, "CHANGEDSINCE") {
						return &imaptest.Action{Reply: reply}
					}
					return nil
				}})
				w.deliver(4)
				w.start()
				w.after(time.Minute)
				w.flag(1, `\Seen`)
				w.after(time.Minute)
				w.remove(2)
				w.srv.Disconnect("alice", "")
				w.after(10 * time.Minute)
				w.flag(3, `\Seen`)
				w.after(10 * time.Minute)
				w.agrees()
				if n := len(all[watch.Flags](w)); n != 2 {
					t.Errorf("%d flags: %+v", n, all[watch.Flags](w))
				}
			})
		}
	}
}

// Other clients mark, delete, and move messages into the mailbox and back.
func TestB46_OtherClients(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.must(w.srv.CreateMailbox("alice", "Other"))
		w.deliver(3)
		w.start()
		w.after(time.Minute)
		out, err := w.srv.Move("alice", "INBOX", "Other", 1)
		w.must(err)
		w.after(6 * time.Minute)
		_, err = w.srv.Move("alice", "Other", "INBOX", out...)
		w.must(err)
		w.flag(2, `\Deleted`)
		w.after(6 * time.Minute)
		w.remove(2)
		w.after(6 * time.Minute)
		w.exact(4) // the message that came back has a new UID
		if gone := all[watch.Gone](w); len(gone) != 2 || gone[0].UID != 1 || gone[1].UID != 2 {
			t.Errorf("gone: %+v", gone)
		}
		w.agrees()
	})
}

// A message that comes and goes before anybody looks is counted.
func TestP10_SkippedOnEveryRung(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.deliver(2)
		w.start()
		w.after(6 * time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.after(time.Minute)
		w.deliver(3)
		w.remove(3, 4)
		w.after(time.Minute)
		w.faults(imaptest.Faults{})
		w.after(10 * time.Minute)
		w.deliver(1)
		w.remove(6)
		w.after(10 * time.Minute)
		n := 0
		for _, s := range all[watch.Skipped](w) {
			if n += s.Count; s.Reason != watch.SkippedExpunged {
				t.Errorf("%+v", s)
			}
		}
		if n != 3 {
			t.Errorf("%d skipped: %+v", n, all[watch.Skipped](w))
		}
		if gone := all[watch.Gone](w); len(gone) != 0 {
			t.Errorf("gone, but never told as arrived: %+v", gone)
		}
		w.agrees()
	})
}

// UIDs that never belonged to a message are not counted where the server tells
// what vanished, and are elsewhere.
func TestP10_SkippedIsExact(t *testing.T) {
	odd(t, func(t *testing.T, w *world, say func(pattern, with string)) {
		w.deliver(2)
		w.start()
		w.after(6 * time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.deliver(1)
		w.remove(3)
		say(`\[UIDNEXT \d+\]`, "[UIDNEXT 10]")
		w.faults(imaptest.Faults{})
		w.after(10 * time.Minute)
		want := "3"
		if strings.Contains(t.Name(), "CONDSTORE") {
			want = "3:9"
		}
		if s := all[watch.Skipped](w); len(s) != 1 || s[0].UIDs.String() != want || s[0].Count != int(s[0].UIDs.Len()) {
			t.Errorf("skipped: %+v, want %s", s, want)
		}
	})
}

// What came and went is counted although the server did not say which UID is next
// when the mailbox, empty by then, was opened.
func TestP10_SkippedWithoutUIDNext(t *testing.T) {
	rungs(t, func(t *testing.T, w *world) {
		w.start()
		w.after(6 * time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "")
		w.deliver(3)
		w.remove(1, 2, 3)
		w.faults(imaptest.Faults{NoUIDNext: true})
		w.after(10 * time.Minute)
		w.faults(imaptest.Faults{})
		w.deliver(1)
		w.after(10 * time.Minute)
		if s := all[watch.Skipped](w); len(s) != 1 || s[0].UIDs.String() != "1:3" {
			t.Errorf("skipped: %+v, want 1:3", s)
		}
	})
}

// A server that refuses to say what changed, or loses the connection over it, does
// not keep back what arrives.
func TestChangesRefused(t *testing.T) {
	for _, action := range []imaptest.Action{{Reply: "NO [SERVERBUG] sorry"}, {Cut: true}} {
		rungs(t, func(t *testing.T, w *world) {
			w.deliver(3)
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "UID SEARCH" || strings.Contains(c.Args, "CHANGEDSINCE") {
					return &action
				}
				return nil
			}})
			for range 5 {
				w.remove(uint32(len(w.uids())))
				w.deliver(1)
				w.after(10 * time.Minute)
			}
			w.exact(8)
			w.faults(imaptest.Faults{})
			w.after(15 * time.Minute)
			w.agrees()
		})
	}
}
