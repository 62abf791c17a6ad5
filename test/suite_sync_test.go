package test

import (
	"errors"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// syncProofs are of staying in step with a mailbox.
var syncProofs = []proof{
	{ext: "CONDSTORE", needs: []string{"CONDSTORE"}, run: proveCondStore},
	{ext: "QRESYNC", needs: []string{"QRESYNC"}, run: proveQResync},
	{ext: "UIDONLY", needs: []string{"UIDONLY"}, run: proveUIDOnly},
	{ext: "MESSAGELIMIT", needs: []string{"MESSAGELIMIT=3"}, run: proveMessageLimit},
	{ext: "UIDBATCHES", needs: []string{"UIDBATCHES"}, run: proveUIDBatches},
}

func proveCondStore(t *testing.T, e *env) {
	name := e.box(t)
	first := e.append(t, name, mail("one"))
	second := e.append(t, name, mail("two"))
	box, err := e.c.Select(e.ctx, name, &imap.SelectOptions{CondStore: true})
	if err != nil {
		t.Fatal(err)
	}
	was := box.State().HighestModSeq
	if was == 0 {
		t.Fatalf("%+v", box.State())
	}
	if err := box.AddFlags(e.ctx, first, imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	n := 0
	for m, err := range box.Fetch(e.ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true, ChangedSince: was}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; m.UID != first || m.ModSeq <= was {
			t.Errorf("%+v", m)
		}
	}
	if n != 1 {
		t.Error(n)
	}
	_, err = box.Store(e.ctx, imap.UIDSetOf(first, second), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, &imap.StoreOptions{UnchangedSince: was})
	var modified *imap.ModifiedError
	if !errors.As(err, &modified) || !modified.UIDs.Contains(first) || modified.UIDs.Contains(second) {
		t.Error(err)
	}
}

func proveQResync(t *testing.T, e *env) {
	name := e.box(t)
	var uids []imap.UID
	for _, subject := range []string{"one", "two", "three"} {
		uids = append(uids, e.append(t, name, mail(subject)))
	}
	box, err := e.c.Select(e.ctx, name, &imap.SelectOptions{CondStore: true})
	if err != nil {
		t.Fatal(err)
	}
	was := box.State()
	if err := box.AddFlags(e.ctx, uids[0], imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	if err := box.AddFlags(e.ctx, uids[1], imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := box.ExpungeUIDs(e.ctx, uids[1]); err != nil {
		t.Fatal(err)
	}
	later := e.append(t, name, mail("four"))

	c := e.more(t)
	if _, err := c.Enable(e.ctx, "QRESYNC"); err != nil {
		t.Fatal(err)
	}
	again, err := c.Select(e.ctx, name, &imap.SelectOptions{Resync: &imap.Resync{UIDValidity: was.UIDValidity, ModSeq: was.HighestModSeq,
		Known: imap.UIDRange(1, was.UIDNext-1)}})
	if err != nil {
		t.Fatal(err)
	}
	r := again.Resync()
	if r == nil || r.Reset || r.Err != nil || !r.Vanished.Contains(uids[1]) || r.Vanished.Contains(uids[0]) {
		t.Fatalf("%+v", r)
	}
	flagged := false
	for _, m := range r.Changed {
		flagged = flagged || m.UID == uids[0]
		if m.UID == uids[2] {
			t.Errorf("UID %d did not change: %+v", m.UID, m)
		}
	}
	if !flagged || again.State().Exists != 3 || again.State().UIDNext <= later {
		t.Errorf("%+v %+v", r, again.State())
	}
}

func proveUIDOnly(t *testing.T, e *env) {
	name := e.box(t)
	uid := e.append(t, name, mail("one"))
	if got, err := e.c.Enable(e.ctx, "UIDONLY"); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	box := e.sel(t, name)
	if m := only(t, e, box, &imap.FetchOptions{Envelope: true, Flags: true}); m.UID != uid || m.Seq != 0 || m.Envelope.Subject != "one" {
		t.Errorf("%+v", m)
	}
	if err := box.AddFlags(e.ctx, uid, imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := box.ExpungeUIDs(e.ctx, uid); err != nil {
		t.Fatal(err)
	}
	if s := box.State(); s.Exists != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := box.SearchSeq(e.ctx, nil); err == nil {
		t.Error("sequence numbers with UIDONLY")
	}
}

func proveUIDBatches(t *testing.T, e *env) {
	box := e.open(t, mail("one"), mail("two"), mail("three"))
	sets, err := box.UIDBatches(e.ctx, 500, nil)
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	found, err := box.Search(e.ctx, nil)
	if err != nil || !found.And(sets[0]).Equal(found) {
		t.Error(found, sets, err)
	}
}

// proveMessageLimit works on more messages than the server does at once.
func proveMessageLimit(t *testing.T, e *env) {
	box, uids := e.letters(t, "a", "b", "c", "d", "e", "f", "g", "h")
	if e.c.MessageLimit() != 3 {
		t.Fatal(e.c.MessageLimit())
	}
	if err := box.AddFlags(e.ctx, imap.UIDRange(1, imap.MaxUID), imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	found, err := box.Search(e.ctx, search.Flagged)
	if err != nil || !found.Equal(imap.UIDSetOf(uids...)) {
		t.Error(found, err)
	}
	n := 0
	for _, err := range box.Fetch(e.ctx, imap.UIDRange(1, imap.MaxUID), nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != len(uids) {
		t.Error(n)
	}
	if r, err := box.Move(e.ctx, imap.UIDRange(1, imap.MaxUID), e.box(t)); err != nil || r.UIDs.Len() != uint64(len(uids)) {
		t.Errorf("%+v %v", r, err)
	}
}
