package imap_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

func TestR051_SelectWithModSeqs(t *testing.T) {
	s := server(t)
	deliver(t, s, 3, 10)
	if err := s.SetFlags("alice", "INBOX", 1, `\Seen`, "Work"); err != nil {
		t.Fatal(err)
	}
	c, _ := login(t, s, nil)
	for _, readOnly := range []bool{false, true} {
		box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{ReadOnly: readOnly, CondStore: true})
		if err != nil {
			t.Fatal(err)
		}
		got := box.State()
		if got.Name != "INBOX" || got.Exists != 3 || got.UIDNext != 4 || got.UIDValidity != 1 || got.Unseen != 2 ||
			got.HighestModSeq != 5 || got.ReadOnly != readOnly || len(got.Flags) != 6 || (len(got.PermanentFlags) == 0) != readOnly {
			t.Errorf("%+v", got)
		}
	}
}

func TestR071_PartialFetchAndChangedSince(t *testing.T) {
	s := server(t)
	deliver(t, s, 3, 100)
	c, _ := login(t, s, nil)
	box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{CondStore: true})
	if err != nil {
		t.Fatal(err)
	}
	part := imap.Section{Offset: 3, Count: 5}
	_, bodies, err := fetchAll(t, box, imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{part}})
	if err != nil || len(bodies) != 1 || bodies[0] != "ject:" {
		t.Errorf("%q, %v", bodies, err)
	}
	was := box.State().HighestModSeq
	if err := box.AddFlags(t.Context(), imap.UID(2), imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	all, _, err := fetchAll(t, box, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true, ChangedSince: was})
	if err != nil || len(all) != 1 || all[0].UID != 2 || all[0].ModSeq <= was {
		t.Error(all, err)
	}
}

// Long lists, and lists longer than the server takes: each message exactly once.
func TestR087_PastTheMessageLimit(t *testing.T) {
	s := imaptest.NewServer(&imaptest.Options{MessageLimit: 7})
	s.AddUser("alice", "pass")
	t.Cleanup(func() { s.Close() })
	deliver(t, s, 100, 10)
	c, box := login(t, s, nil)
	ctx, all := t.Context(), imap.UIDRange(1, imap.MaxUID)
	if n := c.MessageLimit(); n != 7 {
		t.Errorf("limit %d", n)
	}
	seen := map[imap.UID]int{}
	for m, err := range box.Fetch(ctx, all, &imap.FetchOptions{Flags: true}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[m.UID]++
	}
	for uid, n := range seen {
		if n != 1 {
			t.Errorf("message %d came %d times", uid, n)
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d messages", len(seen))
	}
	if found, err := box.Search(ctx, search.Unseen); err != nil || found.Len() != 100 {
		t.Error(found, err)
	}
	stored, err := box.Store(ctx, imap.UIDRange(1, 50), imap.StoreAdd, []imap.Flag{imap.FlagFlagged}, nil)
	if err != nil || len(stored) != 50 {
		t.Error(len(stored), err)
	}
	if err := c.Create(ctx, "Other"); err != nil {
		t.Fatal(err)
	}
	copied, err := box.Copy(ctx, imap.UIDRange(1, 30), "Other")
	if n := copied.UIDs.Len(); err != nil || n != 30 {
		t.Errorf("copied %d, %v", n, err)
	}
	moved, err := box.Move(ctx, imap.UIDRange(1, 30), "Other")
	if n := moved.UIDs.Len(); err != nil || n != 30 {
		t.Errorf("moved %d, %v", n, err)
	}
	if err := box.AddFlags(ctx, all, imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := box.ExpungeUIDs(ctx, all); err != nil {
		t.Fatal(err)
	}
	if n, in := len(s.Messages("alice", "Other")), len(s.Messages("alice", "INBOX")); n != 60 || in != 0 {
		t.Errorf("%d messages in the other mailbox, %d left", n, in)
	}
}

func TestR092_UnchangedSince(t *testing.T) {
	s := server(t)
	deliver(t, s, 3, 10)
	c, _ := login(t, s, nil)
	box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{CondStore: true})
	if err != nil {
		t.Fatal(err)
	}
	was := box.State().HighestModSeq
	if err := s.SetFlags("alice", "INBOX", 2, `\Answered`); err != nil {
		t.Fatal(err)
	}
	for silent := range 2 {
		all, err := box.Store(t.Context(), imap.UIDRange(1, 3), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, &imap.StoreOptions{UnchangedSince: was, Silent: silent == 1})
		var left *imap.ModifiedError
		if !errors.As(err, &left) || left.UIDs.Contains(imap.UID(silent+1)) != (silent == 1) || !left.UIDs.Contains(2) {
			t.Errorf("%v, %v", all, err)
		}
	}
	got := ""
	for _, m := range s.Messages("alice", "INBOX") {
		got += fmt.Sprint(m.UID, m.Flags)
	}
	if got != `1 [\Seen]2 [\Answered]3 [\Seen]` {
		t.Error(got)
	}
}

// Changes of many messages that make no range: no line is too long, and each
// message comes once.
func TestR087_ChangesOfLongLists(t *testing.T) {
	s := imaptest.NewServer(&imaptest.Options{MaxLine: 500})
	s.AddUser("alice", "pass")
	t.Cleanup(func() { s.Close() })
	deliver(t, s, 600, 10)
	c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext, CommandLine: 500})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(t.Context(), "alice", "pass"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enable(t.Context(), "QRESYNC"); err != nil {
		t.Fatal(err)
	}
	var odd imap.UIDSet
	for uid := imap.UID(1); uid < 600; uid += 2 {
		odd = odd.With(uid)
	}
	if err := s.Remove("alice", "INBOX", 1, 2, 301, 599); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: 1, ModSeq: 1, Known: odd}})
	if err != nil || box.Resync().Vanished.String() != "1:2,301,599" || len(box.Resync().Changed) < 297 {
		t.Fatal(box.Resync(), err)
	}
	var gone imap.UIDSet
	all, _, err := fetchAll(t, box, odd, &imap.FetchOptions{Flags: true, ChangedSince: 1, Vanished: &gone})
	if err != nil || len(all) != 297 || gone.String() != "1,301,599" {
		t.Error(len(all), gone, err)
	}
}
