package imap_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

func TestR083_Flags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 1)
		_, box := login(t, s, nil)
		has := func(uid int, want ...string) {
			t.Helper()
			if got := s.Messages("alice", "INBOX")[uid-1].Flags; !slices.Equal(got, want) {
				t.Errorf("%d has %q", uid, got)
			}
		}
		ctx := t.Context()
		if err := box.AddFlags(ctx, imap.UIDRange(1, 2), imap.FlagSeen, "work"); err != nil {
			t.Fatal(err)
		}
		has(1, `\Seen`, "work")
		has(2, `\Seen`, "work")
		has(3)
		if err := box.RemoveFlags(ctx, imap.UID(1), "work"); err != nil {
			t.Fatal(err)
		}
		has(1, `\Seen`)
		if err := box.SetFlags(ctx, imap.UID(2)); err != nil {
			t.Fatal(err)
		}
		has(2)
		// The flags that come of it, or silence.
		got, err := box.Store(ctx, imap.UIDRange(1, 2), imap.StoreAdd, []imap.Flag{imap.FlagDeleted}, nil)
		if err != nil || len(got) != 2 || got[0].UID != 1 || !slices.Contains(got[0].Flags, imap.FlagDeleted) || !slices.Contains(got[0].Flags, imap.FlagSeen) {
			t.Fatal(got, err)
		}
		got, err = box.Store(ctx, imap.UID(3), imap.StoreAdd, []imap.Flag{imap.FlagDraft}, &imap.StoreOptions{Silent: true})
		if err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		has(3, `\Draft`)
		if got, err := box.StoreSeq(ctx, imap.SeqSetOf(3), imap.StoreRemove, []imap.Flag{imap.FlagDraft}, nil); err != nil || len(got) != 1 || got[0].UID != 3 {
			t.Fatal(got, err)
		}
		has(3)
	})
}

func TestR084_GmailLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{Gmail: true})
		t.Cleanup(func() { s.Close() })
		s.AddUser("alice", "pass")
		deliver(t, s, 2, 1)
		_, box := login(t, s, nil)
		labels := func(uid imap.UID) []string {
			t.Helper()
			for m, err := range box.Fetch(t.Context(), uid, &imap.FetchOptions{GmailLabels: true, GmailMessageID: true, GmailThreadID: true}) {
				if err != nil || len(m.Missing) > 0 || m.GmailMessageID == 0 || m.GmailThreadID == 0 {
					t.Fatal(m, err)
				}
				return m.GmailLabels
			}
			return nil
		}
		ctx := t.Context()
		if err := box.AddGmailLabels(ctx, imap.UIDRange(1, 2), `\Starred`, "Über & aus", "[a] b"); err != nil {
			t.Fatal(err)
		}
		if got := labels(2); !slices.Equal(got, []string{`\Starred`, "Über & aus", "[a] b"}) {
			t.Errorf("%q", got)
		}
		if err := box.RemoveGmailLabels(ctx, imap.UID(1), "[a] b", "other"); err != nil {
			t.Fatal(err)
		}
		if got := labels(1); !slices.Equal(got, []string{`\Starred`, "Über & aus"}) {
			t.Errorf("%q", got)
		}
		got, err := box.StoreGmailLabels(ctx, imap.UID(1), imap.StoreSet, []string{"one"}, nil)
		if err != nil || len(got) != 1 || got[0].UID != 1 || !slices.Equal(got[0].GmailLabels, []string{"one"}) {
			t.Fatal(got, err)
		}
		if err := box.SetGmailLabels(ctx, imap.UID(1)); err != nil || len(labels(1)) != 0 {
			t.Error(err, labels(1))
		}
		_, box = login(t, server(t), nil)
		if err := box.AddGmailLabels(ctx, imap.UID(1), "x"); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}
