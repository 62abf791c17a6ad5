package imap_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// selected is a client that selects INBOX, as the script says from its tag $1
// on, after ENABLE if enable is not empty.
func selected(t *testing.T, caps, enable, script string, opts *imap.SelectOptions) (*imap.Client, *imap.Mailbox) {
	t.Helper()
	if enable != "" {
		script = fmt.Sprintf("C: $0 ENABLE %s\nS: * ENABLED %s\nS: $0 OK done\n%s", enable, enable, script)
	}
	c := talkTo(t, caps, script, nil)
	if enable != "" {
		if _, err := c.Enable(t.Context(), enable); err != nil {
			t.Fatal(err)
		}
	}
	box, err := c.Select(t.Context(), "INBOX", opts)
	if err != nil {
		t.Fatal(err)
	}
	return c, box
}

// RFC 7162 §3.1.2.1, §3.1.2.2 and §3.1.8.
func TestSelectCondStore(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		modSeq     uint64
		none       bool
	}{
		{"example 18", "* OK [HIGHESTMODSEQ 715194045007]", 715194045007, false},
		{"no text, largest", "* OK [HIGHESTMODSEQ 9223372036854775807]", 1<<63 - 1, false},
		{"too large", "* OK [HIGHESTMODSEQ 9223372036854775808] x", 0, false},
		{"example 2", "* OK [NOMODSEQ] Sorry, this mailbox format doesn't support modsequences", 0, true},
		{"nothing", "* OK hello", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, box := selected(t, "CONDSTORE", "", `
				C: $1 SELECT INBOX (CONDSTORE)
				S: * 172 EXISTS
				S: * OK [UIDVALIDITY 3857529045] UIDs valid
				S: `+tt.code+`
				S: $1 OK [READ-WRITE] SELECT completed, CONDSTORE is now enabled
			`, &imap.SelectOptions{CondStore: true})
			s := box.State()
			if s.HighestModSeq != tt.modSeq || s.NoModSeq != tt.none || s.Exists != 172 {
				t.Errorf("%+v", s)
			}
			if box.Resync() != nil {
				t.Error("a Resync that nobody asked for")
			}
		})
	}
	c := talkTo(t, "IDLE", "", nil)
	if _, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{CondStore: true}); !errors.Is(err, imap.ErrUnsupported) {
		t.Errorf("without the capability: %v", err)
	}
}

// RFC 7162 §6: what may raise HIGHESTMODSEQ, when, and to what.
func TestHighestModSeq(t *testing.T) {
	const base = 90
	for _, tt := range []struct {
		name, say string
		want      uint64
	}{
		{"nothing", "", base},
		{"told of a message", "S: * 1 FETCH (UID 6 FLAGS () MODSEQ (103))\n", 103},
		{"the highest of some", "S: * 1 FETCH (UID 6 MODSEQ (103))\nS: * 2 FETCH (UID 7 MODSEQ (101))\n", 103},
		{"of old messages", "S: * 1 FETCH (UID 6 FLAGS () MODSEQ (17))\n", base},
		{"the server knows better", "S: * 1 FETCH (UID 6 MODSEQ (103))\nS: * OK [HIGHESTMODSEQ 99] VANISHED reply with MODSEQ 100 is delayed\n", 99},
		{"also when it says so first", "S: * OK [HIGHESTMODSEQ 99] x\nS: * 1 FETCH (UID 6 MODSEQ (103))\n", 99},
		{"a lower one stands", "S: * OK [HIGHESTMODSEQ 50] x\n", 50},
		{"told by number alone", "S: * 1 FETCH (FLAGS () MODSEQ (103))\nS: * 1 FETCH (UID 6 FLAGS () MODSEQ (104))\nS: * OK [HIGHESTMODSEQ 105] x\n", base},
		{"not of NO", "S: * NO [HIGHESTMODSEQ 500] x\n", base},
		{"not zero", "S: * OK [HIGHESTMODSEQ 0] x\n", base},
		{"a message without mod-sequence", "S: * 1 FETCH (UID 6 FLAGS () MODSEQ (0))\n", base},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, box := selected(t, "CONDSTORE", "", fmt.Sprintf(`
				C: $1 SELECT INBOX (CONDSTORE)
				S: * 3 EXISTS
				S: * OK [HIGHESTMODSEQ %d]
				S: $1 OK done
				C: $2 NOOP
				%sS: $2 OK done
			`, base, tt.say), &imap.SelectOptions{CondStore: true})
			noop(t, c)
			if got := box.State().HighestModSeq; got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
	// The example of RFC 7162 §6, with UID STORE.
	t.Run("example", func(t *testing.T) {
		c, box := selected(t, "QRESYNC ENABLE", "QRESYNC", `
			C: $1 SELECT INBOX (CONDSTORE)
			S: * 8 EXISTS
			S: * OK [HIGHESTMODSEQ 96]
			S: $1 OK done
			C: $2 UID STORE 6:8 (UNCHANGEDSINCE 96) +FLAGS.SILENT (\Seen)
			S: * 1 FETCH (UID 6 MODSEQ (103))
			S: * 2 FETCH (UID 7 MODSEQ (101))
			S: * OK [HIGHESTMODSEQ 99] VANISHED reply with MODSEQ 100 is delayed
			S: $2 OK [MODIFIED 8] done
			C: $3 UID STORE 8 +FLAGS.SILENT (\Seen)
			S: * 3 FETCH (UID 8 MODSEQ (104))
			S: $3 OK [HIGHESTMODSEQ 99] Still delaying VANISHED
			C: $4 NOOP
			S: * VANISHED 8
			S: $4 OK [HIGHESTMODSEQ 104] done
		`, &imap.SelectOptions{CondStore: true})
		ctx := t.Context()
		got, err := box.Store(ctx, imap.UIDRange(6, 8), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, &imap.StoreOptions{Silent: true, UnchangedSince: 96})
		var left *imap.ModifiedError
		if !errors.As(err, &left) || left.UIDs.String() != "8" || !errors.Is(err, imap.CodeModified) {
			t.Errorf("%v", err)
		}
		if len(got) != 2 || got[0].ModSeq != 103 || got[1].UID != 7 {
			t.Errorf("%v", got)
		}
		if n := box.State().HighestModSeq; n != 99 {
			t.Errorf("behind the first STORE: %d", n)
		}
		if err := box.AddFlags(ctx, imap.UID(8), imap.FlagSeen); err != nil {
			t.Error(err)
		}
		if n := box.State().HighestModSeq; n != 99 {
			t.Errorf("behind the second STORE: %d", n)
		}
		noop(t, c)
		if s := box.State(); s.HighestModSeq != 104 || s.Exists != 7 {
			t.Errorf("at the end: %+v", s)
		}
	})
	// In answer to a question about messages it says nothing about others.
	t.Run("answers of FETCH do not count", func(t *testing.T) {
		_, box := selected(t, "CONDSTORE", "", `
			C: $1 SELECT INBOX (CONDSTORE)
			S: * 8 EXISTS
			S: * OK [HIGHESTMODSEQ 96]
			S: $1 OK done
			C: $2 UID FETCH 6 (UID MODSEQ)
			S: * 1 FETCH (UID 6 MODSEQ (103))
			S: $2 OK done
			C: $3 UID FETCH 6 (UID MODSEQ)
			S: * 1 FETCH (UID 6 MODSEQ (103))
			S: * 2 FETCH (UID 7 FLAGS () MODSEQ (102))
			S: $3 OK done
		`, &imap.SelectOptions{CondStore: true})
		for _, want := range []uint64{96, 102} {
			all, _, err := fetchAll(t, box, imap.UID(6), &imap.FetchOptions{ModSeq: true})
			if err != nil || len(all) != 1 || all[0].ModSeq != 103 {
				t.Fatal(all, err)
			}
			if n := box.State().HighestModSeq; n != want {
				t.Errorf("%d, want %d", n, want)
			}
		}
	})
	// Only at the tagged reply; CLOSE's is about nothing any more.
	t.Run("updates in order", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, box := selected(t, "CONDSTORE IDLE", "", `
				C: $1 SELECT INBOX (CONDSTORE)
				S: * 3 EXISTS
				S: * OK [HIGHESTMODSEQ 96]
				S: $1 OK done
				C: $2 IDLE
				S: + idling
				S: * 1 FETCH (UID 6 FLAGS () MODSEQ (103))
				S: * OK [HIGHESTMODSEQ 100] wait
				S: * 1 FETCH (UID 6 FLAGS () MODSEQ (104))
				S: * OK [HIGHESTMODSEQ 104] now
				C: DONE
				S: $2 OK done
				C: $3 CLOSE
				S: $3 OK [HIGHESTMODSEQ 200] done
			`, &imap.SelectOptions{CondStore: true})
			var heard []string
			for u, err := range box.Idle(t.Context(), nil) {
				if err != nil {
					t.Fatal(err)
				}
				if h, ok := u.(imap.HighestModSeq); ok {
					heard = append(heard, fmt.Sprint("modseq ", h.Value))
				} else {
					heard = append(heard, said(u))
				}
				if len(heard) == 4 {
					break
				}
			}
			if got := strings.Join(heard, ", "); got != "changed 1 [], modseq 100, changed 1 [], modseq 104" {
				t.Error(got)
			}
			if err := box.CloseAndExpunge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := box.State().HighestModSeq; n != 104 {
				t.Error(n)
			}
		})
	})
}

// RFC 7162 §3.1.3, by UID.
func TestStoreUnchangedSince(t *testing.T) {
	ctx := context.Background()
	open := func(t *testing.T, script string) *imap.Mailbox {
		_, box := selected(t, "CONDSTORE", "", `
			C: $1 SELECT INBOX
			S: * 60 EXISTS
			S: $1 OK done
		`+script, nil)
		return box
	}
	flags := []imap.Flag{imap.FlagDeleted}
	t.Run("example 3", func(t *testing.T) {
		box := open(t, `
			C: $2 UID STORE 4,6,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\Deleted)
			S: * 1 FETCH (UID 4 MODSEQ (12121231000))
			S: * 2 FETCH (UID 6 MODSEQ (12121230852))
			S: * 4 FETCH (UID 8 MODSEQ (12121230956))
			S: $2 OK Conditional Store completed
		`)
		got, err := box.Store(ctx, imap.UIDSetOf(6, 4, 8), imap.StoreAdd, flags, &imap.StoreOptions{Silent: true, UnchangedSince: 12121230045})
		if err != nil || len(got) != 3 || got[2].UID != 8 || got[2].ModSeq != 12121230956 || got[2].Has(imap.HasFlags) {
			t.Error(got, err)
		}
	})
	t.Run("example 6, with the flags of those that failed", func(t *testing.T) {
		box := open(t, `
			C: $2 UID STORE 5,7,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\Deleted)
			S: * 7 FETCH (UID 7 MODSEQ (320162342) FLAGS (\Seen \Deleted))
			S: * 5 FETCH (UID 5 MODSEQ (320162350))
			S: * 9 FETCH (UID 9 MODSEQ (320162349) FLAGS (\Answered))
			S: $2 OK [MODIFIED 7,9] Conditional STORE failed
		`)
		var ups []imap.Update
		got, err := box.Store(ctx, imap.UIDSetOf(5, 7, 9), imap.StoreAdd, flags, &imap.StoreOptions{Silent: true, UnchangedSince: 320162338})
		var left *imap.ModifiedError
		if !errors.As(err, &left) || left.UIDs.String() != "7,9" || left.Err != nil || len(got) != 3 {
			t.Error(got, err)
		}
		if got[0].UID != 7 || len(got[0].Flags) != 2 {
			t.Error(got[0], ups)
		}
	})
	t.Run("example 7, zero", func(t *testing.T) {
		box := open(t, `
			C: $2 UID STORE 12 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
			S: $2 OK [MODIFIED 12] Conditional STORE failed
		`)
		got, err := box.Store(ctx, imap.UID(12), imap.StoreAdd, []imap.Flag{"$MDNSent"}, &imap.StoreOptions{Silent: true, Conditional: true})
		if !errors.Is(err, imap.CodeModified) || len(got) != 0 {
			t.Error(got, err)
		}
	})
	t.Run("example 11, NO", func(t *testing.T) {
		box := open(t, `
			C: $2 UID STORE 1:7 (UNCHANGEDSINCE 320172338) +FLAGS (\Deleted)
			S: * 1 FETCH (UID 1 MODSEQ (320172342) FLAGS (\Seen))
			S: * 3 FETCH (UID 3 MODSEQ (320172342) FLAGS (\Seen))
			S: $2 NO [MODIFIED 2] Some of the messages no longer exist.
		`)
		got, err := box.Store(ctx, imap.UIDRange(1, 7), imap.StoreAdd, flags, &imap.StoreOptions{UnchangedSince: 320172338})
		var left *imap.ModifiedError
		var refused *imap.ResponseError
		if !errors.As(err, &left) || left.UIDs.String() != "2" || !errors.As(err, &refused) || len(got) != 2 {
			t.Error(got, err)
		}
	})
	t.Run("a set that cannot be read", func(t *testing.T) {
		box := open(t, `
			C: $2 UID STORE 1:7 (UNCHANGEDSINCE 3) +FLAGS (\Deleted)
			S: $2 OK [MODIFIED what] x
		`)
		if _, err := box.Store(ctx, imap.UIDRange(1, 7), imap.StoreAdd, flags, &imap.StoreOptions{UnchangedSince: 3}); err == nil {
			t.Error("nothing said")
		}
	})
	t.Run("not to be asked", func(t *testing.T) {
		box := open(t, "")
		var bad *wire.ArgumentError
		if _, err := box.Store(ctx, imap.UID(1), imap.StoreAdd, flags, &imap.StoreOptions{UnchangedSince: 1 << 63}); !errors.As(err, &bad) {
			t.Error(err)
		}
		_, box = talk(t, "IDLE", "", nil)
		if _, err := box.Store(ctx, imap.UID(1), imap.StoreAdd, flags, &imap.StoreOptions{UnchangedSince: 1}); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
		_, box = selected(t, "CONDSTORE", "", "C: $1 SELECT INBOX (CONDSTORE)\nS: * OK [NOMODSEQ] x\nS: $1 OK done\n", &imap.SelectOptions{CondStore: true})
		if _, err := box.Store(ctx, imap.UID(1), imap.StoreAdd, flags, &imap.StoreOptions{UnchangedSince: 1}); !errors.Is(err, imap.ErrNoModSeq) {
			t.Error(err)
		}
		if _, _, err := fetchAll(t, box, imap.UID(1), &imap.FetchOptions{ChangedSince: 4}); !errors.Is(err, imap.ErrNoModSeq) {
			t.Error(err)
		}
	})
}

// RFC 7162 §3.1.4.1 and §3.2.6.
func TestFetchChangedSince(t *testing.T) {
	t.Run("example 12", func(t *testing.T) {
		_, box := talk(t, "CONDSTORE", `
			C: $2 UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 12345)
			S: * 1 FETCH (UID 4 MODSEQ (65402) FLAGS (\Seen))
			S: * 2 FETCH (UID 6 MODSEQ (75403) FLAGS (\Deleted))
			S: * 4 FETCH (UID 8 MODSEQ (29738) FLAGS ($NoJunk $AutoJunk $MDNSent))
			S: $2 OK FETCH completed
		`, nil)
		all, _, err := fetchAll(t, box, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true, ChangedSince: 12345})
		if err != nil || len(all) != 3 || all[2].UID != 8 || all[2].ModSeq != 29738 || len(all[2].Flags) != 3 {
			t.Error(all, err)
		}
	})
	t.Run("vanished", func(t *testing.T) {
		c, box := selected(t, "QRESYNC ENABLE", "QRESYNC", `
			C: $1 SELECT INBOX
			S: * 60 EXISTS
			S: $1 OK done
			C: $2 UID FETCH 300:500 (UID FLAGS MODSEQ) (CHANGEDSINCE 12345 VANISHED)
			S: * VANISHED (EARLIER) 300:310,405,411
			S: * VANISHED (EARLIER) 412,900
			S: * 1 FETCH (UID 404 MODSEQ (65402) FLAGS (\Seen))
			S: * 2 FETCH (UID 406 MODSEQ (75403) FLAGS (\Deleted))
			S: * VANISHED 404
			S: $2 OK FETCH completed
			C: $3 UID FETCH 300:500 (UID FLAGS MODSEQ) (CHANGEDSINCE 12345 VANISHED)
			S: * VANISHED (EARLIER) what
			S: $3 OK FETCH completed
		`, nil)
		var gone imap.UIDSet
		opts := &imap.FetchOptions{Flags: true, ChangedSince: 12345, Vanished: &gone}
		all, _, err := fetchAll(t, box, imap.UIDRange(300, 500), opts)
		if err != nil || len(all) != 2 || gone.String() != "300:310,405,411:412" {
			t.Error(all, gone, err)
		}
		if n := box.State().Exists; n != 59 {
			t.Errorf("%d exist", n)
		}
		if _, _, err := fetchAll(t, box, imap.UIDRange(300, 500), opts); err == nil || !gone.Empty() {
			t.Errorf("an answer that cannot be read: %v, %v", gone, err)
		}
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	})
	t.Run("not to be asked", func(t *testing.T) {
		var gone imap.UIDSet
		_, box := talk(t, "QRESYNC ENABLE", "", nil)
		for _, tt := range []struct {
			opts imap.FetchOptions
			want func(error) bool
		}{
			{imap.FetchOptions{ChangedSince: 1, Vanished: &gone}, func(err error) bool { return errors.Is(err, imap.ErrNotEnabled) }},
			{imap.FetchOptions{Vanished: &gone}, isArgumentError},
			{imap.FetchOptions{ChangedSince: 1 << 63}, isArgumentError},
			{imap.FetchOptions{Partial: imap.Partial{First: 1, Last: 2}}, func(err error) bool { return errors.Is(err, imap.ErrUnsupported) }},
		} {
			if _, _, err := fetchAll(t, box, imap.UID(1), &tt.opts); !tt.want(err) {
				t.Errorf("%+v: %v", tt.opts, err)
			}
		}
	})
}

func isArgumentError(err error) bool {
	var bad *wire.ArgumentError
	return errors.As(err, &bad)
}

// RFC 9394 §3.3.
func TestFetchPartial(t *testing.T) {
	_, box := talk(t, "PARTIAL CONDSTORE", `
		C: $2 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3)
		S: * 12888 FETCH (FLAGS (\Seen) UID 25996)
		S: * 12889 FETCH (FLAGS (\Flagged \Answered) UID 25997)
		S: * 12890 FETCH (FLAGS () UID 26600)
		S: $2 OK FETCH completed
		C: $3 UID FETCH 25900:26600 (UID FLAGS MODSEQ) (CHANGEDSINCE 98305 PARTIAL -1:-30)
		S: * 12888 FETCH (FLAGS (\Flagged \Answered) MODSEQ (98306) UID 25997)
		S: * 12890 FETCH (FLAGS () MODSEQ (98312) UID 26600)
		S: $3 OK FETCH completed
	`, nil)
	all, _, err := fetchAll(t, box, imap.UIDRange(25900, 26600), &imap.FetchOptions{Flags: true, Partial: imap.Partial{First: -1, Last: -3}})
	if err != nil || len(all) != 3 || all[2].UID != 26600 {
		t.Error(all, err)
	}
	all, _, err = fetchAll(t, box, imap.UIDRange(25900, 26600), &imap.FetchOptions{Flags: true, ChangedSince: 98305, Partial: imap.Partial{First: -1, Last: -30}})
	if err != nil || len(all) != 2 || all[1].ModSeq != 98312 {
		t.Error(all, err)
	}
	for _, p := range []imap.Partial{{First: 0, Last: 1}, {First: -1, Last: 1}, {First: 1, Last: -1}, {First: 1, Last: 1 << 32}} {
		if _, _, err := fetchAll(t, box, imap.UID(1), &imap.FetchOptions{Partial: p}); !isArgumentError(err) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// VANISHED counts each message once; EARLIER counts none (RFC 7162 §3.2.10).
func TestVanishedCounts(t *testing.T) {
	c, box := selected(t, "QRESYNC ENABLE", "QRESYNC", `
		C: $1 SELECT INBOX
		S: * 9 EXISTS
		S: $1 OK done
		C: $2 NOOP
		S: * VANISHED 405,407,410:411
		S: $2 OK done
		C: $3 NOOP
		S: * VANISHED 407,425
		S: * VANISHED (EARLIER) 1:400
		S: $3 OK done
		C: $4 NOOP
		S: * 6 EXISTS
		S: * VANISHED 1:4
		S: $4 OK done
		C: $5 NOOP
		S: * VANISHED 900:1000
		S: $5 OK done
		C: $6 NOOP
		S: * 3 EXISTS
		S: $6 OK done
	`, nil)
	for i, want := range []uint32{5, 4, 2, 0, 3} {
		noop(t, c)
		if n := box.State().Exists; n != want {
			t.Errorf("%d: %d exist, want %d", i, n, want)
		}
	}
}
