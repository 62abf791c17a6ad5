package watch_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// One message of many that is wrong in any way is reported, as are the others,
// which keep their description.
func TestB45_PoisonMessage(t *testing.T) {
	const n, bad = 40, 17
	for name, p := range map[string]imaptest.Poison{
		"refused":              {Refuse: "[SERVERBUG] cannot read message"},
		"described not at all": {RefuseText: true, Refuse: "[SERVERBUG] cannot read message"},
		"literal too long":     {Literal: 3, Envelope: "({5}\r\nab"},
		"envelope is NIL":      {Envelope: "NIL"},
		"envelope is wrong":    {Envelope: `("x" "y" (((`},
		"envelope has no end":  {Envelope: "(\"x\" {100000}\r\nabc"},
		"structure is wrong":   {Structure: "((((("},
		"5 GiB":                {Size: 5 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Patient = true
				w.w.Fetch = &imap.FetchOptions{
					Flags: true, Envelope: true, BodyStructure: true, InternalDate: true, Size: true,
				}
				w.deliver(n)
				if err := w.srv.Poison("alice", "INBOX", bad, &p); err != nil {
					t.Fatal(err)
				}
				w.start()
				w.after(time.Hour)
				w.exact(n)
				for _, a := range all[watch.Arrived](w) {
					if a.UID != bad && (a.Envelope == nil || a.Envelope.Subject != "Hello") {
						t.Fatalf("message %d has envelope %v", a.UID, a.Envelope)
					}
				}
				w.deliver(1)
				w.after(6 * time.Minute)
				w.exact(n + 1)
			})
		})
	}
}

// Sections that are asked for come with the event, if they are not too large.
func TestB45_Sections(t *testing.T) {
	in(t, func(w *world) {
		w.w.Fetch = &imap.FetchOptions{Envelope: true, Sections: []imap.Section{{}}}
		w.w.MaxBody = 300_000
		message := func(size int) []byte {
			return imaptest.CRLF("Subject: " + fmt.Sprint(size) + "\n\n" + strings.Repeat("0123456789abcde\n", size/17))
		}
		sizes := []int{100, 290_000, 310_000, 100_000, 2_000_000}
		for _, size := range sizes {
			if _, err := w.srv.Deliver("alice", "INBOX", message(size), nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []imaptest.Poison{{Size: 5 << 30}, {NilBody: true}, {Refuse: "no"}, {Size: 3}} {
			uid, err := w.srv.Deliver("alice", "INBOX", message(400_000), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.srv.Poison("alice", "INBOX", uid, &p); err != nil {
				t.Fatal(err)
			}
		}
		w.start()
		w.after(time.Hour)
		w.exact(len(sizes) + 4)
		for i, a := range all[watch.Arrived](w) {
			body := a.Body(imap.Section{})
			switch {
			case i < len(sizes) && sizes[i] < 300_000:
				data, err := body.Bytes()
				if err != nil || string(data) != string(message(sizes[i])) || a.Truncated {
					t.Errorf("message %d: %d bytes, %v, truncated %v", a.UID, len(data), err, a.Truncated)
				}
			case i == len(sizes)+1 || i == len(sizes)+2: // NIL, or refused
				if body != nil && !body.Nil {
					t.Errorf("message %d has a body", a.UID)
				}
			case !a.Truncated || body != nil:
				t.Errorf("message %d: truncated %v, body %v", a.UID, a.Truncated, body)
			}
		}
		if seen := w.srv.Messages("alice", "INBOX")[0].Flags; len(seen) > 0 {
			t.Errorf("flags: %v", seen)
		}
	})
}

// A server that leaves a message out of a complete answer has not lost it.
func TestB45_LeftOut(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Second)
		w.faults(imaptest.Faults{SayUID: func(uid uint32) uint32 {
			if uid == 2 {
				return 0 // which no client believes
			}
			return uid
		}})
		w.deliver(3)
		w.after(10 * time.Second)
		w.exact(3)
		if n := len(all[watch.Skipped](w)); n != 0 {
			t.Errorf("%d skipped", n)
		}
	})
}

// UIDNEXT is missing, 0, late, or lower than before: news is found by UID.
func TestB32_OddUIDNext(t *testing.T) {
	for name, f := range map[string]imaptest.Faults{
		"missing": {NoUIDNext: true}, "zero": {ZeroUIDNext: true}, "late": {UIDNextLag: 3}, "low": {UIDNextLag: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(w *world, names []string, delay time.Duration) {
				w.start()
				for _, name := range names {
					w.deliverTo(name, 5)
				}
				w.after(time.Minute)
				w.faults(f)
				for i := range 5 {
					for _, name := range names {
						w.deliverTo(name, 1)
					}
					w.after(max(delay, w.w.Bound()))
					w.exactIn(6+i, names...)
					if i%2 == 1 {
						w.srv.Disconnect("alice", "")
						w.after(time.Minute)
					}
				}
				if n := len(all[watch.Skipped](w)) + len(all[watch.Reset](w)); n != 0 {
					w.t.Errorf("%d messages skipped or mailboxes reset", n)
				}
			})
		})
	}
}

// Connections are lost whenever one message is asked for, by whatever command:
// it is reported, and the others with it.
func TestB45_DeadlyMessage(t *testing.T) {
	const n, bad = 30, 12
	in(t, func(w *world) {
		w.w.Patient = true
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if set, _, _ := strings.Cut(c.Args, " "); c.Name == "UID FETCH" && covers(t, set, bad) {
				return &imaptest.Action{Cut: true}
			}
			return nil
		}})
		w.deliver(n)
		w.start()
		w.after(time.Hour)
		w.exact(n)
		for _, a := range all[watch.Arrived](w) {
			if (a.Envelope == nil) != (a.UID == bad) {
				t.Errorf("message %d has envelope %v", a.UID, a.Envelope)
			}
		}
		if lost := len(all[watch.Offline](w)); lost > 6 {
			t.Errorf("it cost %d connections", lost)
		}
	})
}

// So is a message that was there before: while it is learned what was in the
// mailbox, when that is rebuilt, and when it is to be found out whether it was.
func TestB45_DeadlyMessageBefore(t *testing.T) {
	const n, bad = 30, 29
	cut := func(c imaptest.Call) *imaptest.Action {
		if set, _, _ := strings.Cut(c.Args, " "); c.Name == "UID FETCH" && covers(t, set, bad) {
			return &imaptest.Action{Cut: true}
		}
		return nil
	}
	when := []string{"learned", "rebuilt", "doubtful"}
	for i, name := range append(when, when...) {
		swallows := i < len(when)
		t.Run(fmt.Sprint(name, swallows), func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Patient, w.w.From = true, watch.Now()
				w.deliver(n)
				poison := func() {
					f := imaptest.Faults{Hook: cut}
					if swallows {
						f.Hook = nil
						if err := w.srv.Poison("alice", "INBOX", bad, &imaptest.Poison{Envelope: "{100000}\r\n"}); err != nil {
							t.Error(err)
						}
					}
					if name == "doubtful" {
						f.UIDNextLag = 1
					}
					w.faults(f)
				}
				if name == "learned" {
					poison()
				}
				w.start()
				w.after(time.Hour)
				switch name {
				case "rebuilt":
					poison()
					if err := w.srv.Rebuild("alice", "INBOX", &imaptest.RebuildOptions{KeepUIDs: true}); err != nil {
						t.Error(err)
					}
				case "doubtful":
					poison()
					w.srv.Disconnect("alice", "")
				}
				w.after(2 * time.Hour)
				w.deliver(2)
				w.after(time.Hour)
				if got := w.uids(); !slices.Contains(got, n+1) || !slices.Contains(got, n+2) || len(got) > 3 {
					t.Errorf("arrived: %s", short(got))
				}
				if lost := len(all[watch.Offline](w)); lost > 10 {
					t.Errorf("it cost %d connections", lost)
				}
			})
		})
	}
}

// covers says whether a set has a number in it.
func covers(t *testing.T, set string, n int) bool {
	for part := range strings.SplitSeq(set, ",") {
		low, high, isRange := strings.Cut(part, ":")
		if !isRange {
			high = low
		}
		from, err1 := strconv.Atoi(strings.ReplaceAll(low, "*", "9999999"))
		to, err2 := strconv.Atoi(strings.ReplaceAll(high, "*", "9999999"))
		if err1 != nil || err2 != nil {
			t.Errorf("set %q", set)
		}
		if from <= n && n <= to {
			return true
		}
	}
	return false
}
