package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// resynced shows what a Select learned.
func resynced(box *imap.Mailbox) string {
	r := box.Resync()
	if r == nil {
		return "nothing"
	}
	s := fmt.Sprint("gone ", r.Vanished)
	for _, m := range r.Changed {
		s += fmt.Sprint(", ", m.UID, " ", m.Flags, " ", m.ModSeq)
	}
	if r.Reset {
		s += ", reset"
	}
	if r.Err != nil {
		s += ", " + r.Err.Error()
	}
	return s
}

// RFC 7162 §3.2.5.
func TestResync(t *testing.T) {
	known := func(s string) imap.UIDSet {
		set, err := imap.ParseUIDSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, tt := range []struct {
		name, script string
		resync       imap.Resync
		want         string
	}{
		{"UIDVALIDITY differs", `
			C: $1 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))
			S: * 464 EXISTS
			S: * 3 RECENT
			S: * OK [UIDVALIDITY 3857529045] UIDVALIDITY
			S: * OK [UIDNEXT 550] Predicted next UID
			S: * OK [HIGHESTMODSEQ 90060128194045007] Highest mailbox mod-sequence
			S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen)
			S: $1 OK [READ-WRITE] Sorry, UIDVALIDITY mismatch
		`, imap.Resync{UIDValidity: 67890007, ModSeq: 20050715194045000, Known: known("41,43:211,214:541")}, "gone , reset"},
		{"example", `
			C: $1 SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))
			S: * 100 EXISTS
			S: * 11 RECENT
			S: * OK [UIDVALIDITY 67890007] UIDVALIDITY
			S: * OK [UIDNEXT 600] Predicted next UID
			S: * OK [HIGHESTMODSEQ 90060115205545359] Highest mailbox mod-sequence
			S: * OK [UNSEEN 7] There are some unseen messages in the mailbox
			S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen)
			S: * OK [PERMANENTFLAGS (\Answered \Flagged \Draft \Deleted \Seen \*)] Permanent flags
			S: * VANISHED (EARLIER) 41,43:116,118,120:211,214:540
			S: * 49 FETCH (UID 117 FLAGS (\Seen \Answered) MODSEQ (90060115194045001))
			S: * 50 FETCH (UID 119 FLAGS (\Draft $MDNSent) MODSEQ (90060115194045308))
			S: * 51 FETCH (UID 541 FLAGS (\Seen $Forwarded) MODSEQ (90060115194045001))
			S: $1 OK [READ-WRITE] mailbox selected
		`, imap.Resync{UIDValidity: 67890007, ModSeq: 90060115194045000, Known: known("41:211,214:541")},
			`gone 41,43:116,118,120:211,214:540, 117 [\Seen \Answered] 90060115194045001, 119 [\Draft $MDNSent] 90060115194045308, 541 [\Seen $Forwarded] 90060115194045001`},
		{"match data", `
			C: $1 SELECT INBOX (QRESYNC (67890007 90060115194045000 1:29997 (5000,7500,9000,9990:9991 15000,22500,27000,29970,29973)))
			S: * 10003 EXISTS
			S: * OK [UIDVALIDITY 67890007] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 90060115205545359] x
			S: * 1 FETCH (UID 3 FLAGS (\Seen) MODSEQ (90060115194045001))
			S: $1 OK [READ-WRITE] mailbox selected
		`, imap.Resync{UIDValidity: 67890007, ModSeq: 90060115194045000, Known: known("1:29997"),
			Match: []imap.SeqUID{{5000, 15000}, {7500, 22500}, {9000, 27000}, {9990, 29970}, {9991, 29973}}},
			`gone , 3 [\Seen] 90060115194045001`},
		{"all are wanted", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * 3 EXISTS
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 9] x
			S: * VANISHED (EARLIER) 1:2
			S: * VANISHED (EARLIER) 2:4
			S: * 1 FETCH (UID 9 FLAGS () MODSEQ (8))
			S: * 1 FETCH (UID 9 FLAGS (\Seen) MODSEQ (9))
			S: * VANISHED 12
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, `gone 1:4,12, 9 [\Seen] 9`},
		{"no mod-sequences", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * 3 EXISTS
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [NOMODSEQ] sorry
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, "gone , reset"},
		{"a change that cannot be read", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 9] x
			S: * 1 FETCH FLAGS
			S: * 2 FETCH (UID 9 FLAGS () MODSEQ (8))
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, `gone , 9 [] 8, imap: SELECT: a part of the answer cannot be read: imap: syntax error at byte 10: want ( near "FLAGS"`},
		{"removals that cannot be read", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 9] x
			S: * VANISHED (EARLIER) 1:
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, `gone , imap: SELECT: a part of the answer cannot be read: imap: syntax error at byte 21: want a set of numbers near "1:"`},
		{"the server went back in time", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * 3 EXISTS
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 4] x
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, "gone , imap: SELECT: the mailbox's HIGHESTMODSEQ is lower than it was: changes may be missing"},
		{"a change of nobody knows which message", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * OK [UIDVALIDITY 7] UIDVALIDITY
			S: * OK [HIGHESTMODSEQ 9] x
			S: * 1 FETCH (FLAGS () MODSEQ (8))
			S: $1 OK [READ-WRITE] done
		`, imap.Resync{UIDValidity: 7, ModSeq: 5}, `gone , imap: SELECT: a change without UID or FLAGS`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, box := selected(t, "QRESYNC ENABLE", "QRESYNC", tt.script, &imap.SelectOptions{Resync: &tt.resync})
			if got := resynced(box); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if err := c.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestResyncRefused(t *testing.T) {
	good := imap.Resync{UIDValidity: 7, ModSeq: 5}
	_, err := talkTo(t, "IDLE", "", nil).Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &good})
	if !errors.Is(err, imap.ErrUnsupported) {
		t.Errorf("without QRESYNC: %v", err)
	}
	_, err = talkTo(t, "QRESYNC ENABLE", "", nil).Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &good})
	if !errors.Is(err, imap.ErrNotEnabled) || !strings.Contains(err.Error(), "QRESYNC is not enabled on this connection; call Enable before Select") {
		t.Errorf("not enabled: %v", err)
	}
	c := talkTo(t, "QRESYNC ENABLE", "C: $1 ENABLE QRESYNC\nS: * ENABLED QRESYNC\nS: $1 OK done\nC: $2 SELECT INBOX (QRESYNC (7 5))\nS: $2 BAD no\n", nil)
	if _, err := c.Enable(t.Context(), "QRESYNC"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []imap.Resync{
		{}, {UIDValidity: 7}, {ModSeq: 5}, {UIDValidity: 7, ModSeq: 1 << 63},
		{UIDValidity: 7, ModSeq: 5, Known: imap.UIDRange(4, imap.MaxUID)},
		{UIDValidity: 7, ModSeq: 5, Match: []imap.SeqUID{{0, 4}}},
		{UIDValidity: 7, ModSeq: 5, Match: []imap.SeqUID{{2, 4}, {2, 5}}},
		{UIDValidity: 7, ModSeq: 5, Match: []imap.SeqUID{{2, 4}, {3, 4}}},
	} {
		if _, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &bad}); !isArgumentError(err) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	var refused *imap.ResponseError
	if _, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &good}); !errors.As(err, &refused) {
		t.Errorf("BAD: %v", err)
	}
}

// What stands before [CLOSED] is about the mailbox before.
func TestResyncOfAnotherMailbox(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"closed", `
			S: * 1 FETCH (UID 3 FLAGS (\Deleted) MODSEQ (8))
			S: * VANISHED 3
			S: * OK [CLOSED]
			S: * 3 EXISTS
			S: * OK [UIDVALIDITY 7] x
			S: * OK [HIGHESTMODSEQ 9] x
			S: * VANISHED (EARLIER) 2
			S: * 1 FETCH (UID 9 FLAGS () MODSEQ (8))
		`, "gone 2, 9 [] 8"},
		{"a server that does not say so", `
			S: * 1 FETCH (UID 3 FLAGS (\Deleted) MODSEQ (8))
			S: * 3 EXISTS
			S: * OK [UIDVALIDITY 7] x
			S: * OK [HIGHESTMODSEQ 9] x
			S: * VANISHED (EARLIER) 2
			S: * 1 FETCH (UID 9 FLAGS () MODSEQ (8))
		`, "gone 2, 9 [] 8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, old := selected(t, "QRESYNC ENABLE", "QRESYNC", `
				C: $1 SELECT INBOX
				S: * 2 EXISTS
				S: * OK [UIDVALIDITY 6] x
				S: $1 OK done
				C: $2 SELECT other (QRESYNC (7 5))
				`+tt.script+`
				S: $2 OK done
			`, nil)
			box, err := c.Select(t.Context(), "other", &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: 7, ModSeq: 5}})
			if err != nil {
				t.Fatal(err)
			}
			if got := resynced(box); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if s := box.State(); s.Exists != 3 || s.HighestModSeq != 9 {
				t.Errorf("%+v", s)
			}
			if s := old.State(); s.UIDValidity != 6 {
				t.Errorf("the mailbox before: %+v", s)
			}
		})
	}
}

// The answer may be more than the client is willing to keep.
func TestResyncBounded(t *testing.T) {
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "S: * %d FETCH (UID %d FLAGS () MODSEQ (8))\n", i+1, i+1)
	}
	c := talkTo(t, "QRESYNC ENABLE", `
		C: $1 ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: $1 OK done
		C: $2 SELECT INBOX (QRESYNC (7 5))
		S: * OK [UIDVALIDITY 7] x
		S: * OK [HIGHESTMODSEQ 9] x
		`+many.String()+`
		S: $2 OK done
	`, &imap.Options{Limits: wire.Limits{Held: 1000}})
	if _, err := c.Enable(t.Context(), "QRESYNC"); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: 7, ModSeq: 5}})
	var limit *imap.LimitError
	if err != nil || !errors.As(box.Resync().Err, &limit) || len(box.Resync().Changed) > 50 {
		t.Fatal(err)
	}
}

func TestMatchData(t *testing.T) {
	for _, tt := range []struct{ uids, want string }{
		{"5", "[{1 5}]"},
		{"1:10", "[{3 3} {7 7} {9 9} {10 10}]"},
		{"10,20,30,40:44", "[{1 10} {5 41} {7 43} {8 44}]"},
		{"1:*", "[]"},
	} {
		set, err := imap.ParseUIDSet(tt.uids)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(imap.MatchData(set)); got != tt.want && tt.uids != "1:*" {
			t.Errorf("%s: %s, want %s", tt.uids, got, tt.want)
		}
	}
	if got := imap.MatchData(imap.UIDSet{}); got != nil {
		t.Error(got)
	}
}

// What is said while nobody listens is kept for the next loop.
func TestKeepUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := selected(t, "QRESYNC ENABLE IDLE", "QRESYNC", `
			C: $1 SELECT INBOX (QRESYNC (7 5))
			S: * 9 EXISTS
			S: * OK [UIDVALIDITY 7] x
			S: * OK [HIGHESTMODSEQ 9] x
			S: $1 OK done
			C: $2 NOOP
			S: * VANISHED 3
			S: * 10 EXISTS
			S: * 1 FETCH (UID 1 FLAGS () MODSEQ (12))
			S: $2 OK done
			C: $3 NOOP
			S: * 11 EXISTS
			S: $3 OK done
			C: $4 IDLE
			S: + idling
			S: * 12 EXISTS
			C: DONE
			S: $4 OK done
			C: $5 NOOP
			S: $5 OK done
		`, &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: 7, ModSeq: 5}})
		noop(t, c)
		var heard []string
		for u, err := range box.Updates(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if heard = append(heard, said(u)); len(heard) == 2 {
				break // and leaves two
			}
		}
		if !slices.Equal(heard, []string{"imap.Vanished", "exists 10"}) {
			t.Errorf("heard %q", heard)
		}
		noop(t, c)
		wantHeard(t, box, "changed 1 []", "imap.HighestModSeq", "exists 11", "exists 12")
		noop(t, c)
	})
	t.Run("too much", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, box := selected(t, "CONDSTORE", "", `
				C: $1 SELECT INBOX
				S: * 9 EXISTS
				S: $1 OK done
				C: $2 NOOP
				`+strings.Repeat("S: * 1 FETCH (FLAGS ())\n", 5000)+`
				S: $2 OK done
			`, &imap.SelectOptions{KeepUpdates: true})
			noop(t, c)
			n := 0
			for u, err := range box.Updates(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if o, ok := u.(imap.Overflow); ok {
					if n+o.Dropped != 5000 {
						t.Errorf("%d updates, and %d dropped", n, o.Dropped)
					}
					break
				}
				n++
			}
		})
	})
}

// Sets that are too long for a command line.
func TestResyncLongSets(t *testing.T) {
	var known imap.UIDSet
	for uid := imap.UID(1); uid < 400; uid += 2 {
		known = known.With(uid)
	}
	c := talkTo(t, "QRESYNC ENABLE", `
		C: $1 ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: $1 OK done
		C: $2 SELECT INBOX (QRESYNC (7 5 1:399))
		S: * 199 EXISTS
		S: * OK [UIDVALIDITY 7] x
		S: * OK [HIGHESTMODSEQ 9] x
		S: * VANISHED (EARLIER) 2,5
		S: $2 OK done
	`, &imap.Options{CommandLine: 500})
	if _, err := c.Enable(t.Context(), "QRESYNC"); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: 7, ModSeq: 5, Known: known}})
	if err != nil || resynced(box) != "gone 2,5" {
		t.Error(resynced(box), err)
	}
}
