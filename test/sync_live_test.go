package test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
)

// A client that goes and comes back knows each time what the mailbox has, with
// QRESYNC and with CONDSTORE alone, from what the server told it.
func TestLiveResync(t *testing.T) {
	for _, qresync := range []bool{true, false} {
		t.Run(fmt.Sprint("QRESYNC ", qresync), func(t *testing.T) {
			d := live.StartDovecot(t, nil)
			ctx := within(t)
			truth, err := dialDovecot(t, d, "dora").Select(ctx, "INBOX", nil)
			if err != nil {
				t.Fatal(err)
			}
			l := &liveSync{t: t, ctx: ctx, qresync: qresync, flags: map[imap.UID]string{}}
			rnd := rand.New(rand.NewPCG(1, 2))
			for round := range 15 {
				l.change(rnd, truth)
				l.visit(dialDovecot(t, d, "dora"), func() { l.change(rnd, truth) })
				if got, want := l.picture(), l.all(truth); got != want {
					t.Fatalf("round %d: the client knows\n%s\nthe server has\n%s", round, got, want)
				}
			}
		})
	}
}

// liveSync is a client's picture of a mailbox.
type liveSync struct {
	t        *testing.T
	ctx      context.Context
	qresync  bool
	validity uint32
	modSeq   uint64
	highest  imap.UID
	flags    map[imap.UID]string
}

// change is what somebody else does.
func (l *liveSync) change(rnd *rand.Rand, box *imap.Mailbox) {
	check := func(err error) {
		l.t.Helper()
		if err != nil {
			l.t.Fatal(err)
		}
	}
	for range 1 + rnd.IntN(3) {
		m := message(rnd.IntN(100), 20)
		_, err := box.Client().Append(l.ctx, "INBOX", strings.NewReader(m), int64(len(m)), nil)
		check(err)
	}
	there, err := box.Search(l.ctx, nil)
	check(err)
	for uid := range there.All() {
		switch rnd.IntN(6) {
		case 0:
			check(box.AddFlags(l.ctx, uid, imap.FlagFlagged, "$Work"))
		case 1:
			check(box.RemoveFlags(l.ctx, uid, imap.FlagFlagged))
		case 2:
			check(box.AddFlags(l.ctx, uid, imap.FlagDeleted))
		}
	}
	if rnd.IntN(2) == 0 {
		check(box.Expunge(l.ctx))
	}
}

// visit catches up, is there while something changes, and goes.
func (l *liveSync) visit(c *imap.Client, meanwhile func()) {
	defer c.Close()
	opts := &imap.SelectOptions{CondStore: true, KeepUpdates: true}
	if l.qresync {
		if _, err := c.Enable(l.ctx, "QRESYNC"); err != nil {
			l.t.Fatal(err)
		}
		if l.modSeq != 0 {
			known := imap.UIDSetOf(slices.Sorted(maps.Keys(l.flags))...)
			opts.Resync = &imap.Resync{UIDValidity: l.validity, ModSeq: l.modSeq, Match: imap.MatchData(known)}
		}
	}
	box, err := c.Select(l.ctx, "INBOX", opts)
	if err != nil {
		l.t.Fatal(err)
	}
	state := box.State()
	if state.HighestModSeq == 0 {
		l.t.Fatalf("%+v", state)
	}
	highest := l.highest
	if r := box.Resync(); r != nil {
		if r.Reset || r.Err != nil {
			l.t.Fatalf("%+v", r)
		}
		l.gone(r.Vanished)
		for _, m := range r.Changed {
			l.see(m)
		}
	} else if l.modSeq != 0 {
		l.changedSince(box)
	}
	l.validity, l.modSeq, l.highest = state.UIDValidity, state.HighestModSeq, highest
	l.fetch(box, imap.UIDRange(highest+1, imap.MaxUID), &imap.FetchOptions{Flags: true, ModSeq: true})
	meanwhile()
	if err := c.Noop(l.ctx); err != nil {
		l.t.Fatal(err)
	}
	if l.take(box) {
		l.fetch(box, imap.UIDRange(l.highest+1, imap.MaxUID), &imap.FetchOptions{Flags: true, ModSeq: true})
	}
	if !l.qresync {
		l.changedSince(box) // numbers say nothing to this client
	}
}

// take takes the updates that are there, and says whether messages came.
func (l *liveSync) take(box *imap.Mailbox) (arrived bool) {
	done, cancel := context.WithCancel(l.ctx)
	cancel()
	for u, err := range box.Updates(done) {
		if err != nil {
			break
		}
		switch u := u.(type) {
		case imap.Exists:
			arrived = true
		case imap.Vanished:
			l.gone(u.UIDs)
		case imap.Changed:
			if _, known := l.flags[u.Message.UID]; known {
				l.see(u.Message)
			}
		case imap.HighestModSeq:
			l.modSeq = u.Value
		case imap.State, imap.Overflow:
			l.t.Errorf("something was missed: %T", u)
		}
	}
	return arrived
}

func (l *liveSync) gone(uids imap.UIDSet) {
	maps.DeleteFunc(l.flags, func(uid imap.UID, _ string) bool { return uids.Contains(uid) })
}

// changedSince is what CONDSTORE without QRESYNC allows: changes by mod-sequence,
// removals by comparing UIDs.
func (l *liveSync) changedSince(box *imap.Mailbox) {
	there, err := box.Search(l.ctx, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	maps.DeleteFunc(l.flags, func(uid imap.UID, _ string) bool { return !there.Contains(uid) })
	l.fetch(box, imap.UIDSetOf(slices.Sorted(maps.Keys(l.flags))...), &imap.FetchOptions{Flags: true, ChangedSince: l.modSeq})
}

func (l *liveSync) fetch(box *imap.Mailbox, uids imap.UIDSet, opts *imap.FetchOptions) {
	for m, err := range box.Fetch(l.ctx, uids, opts) {
		if err != nil {
			l.t.Fatal(err)
		}
		l.see(m)
	}
}

func (l *liveSync) see(m *imap.Message) {
	if !m.Has(imap.HasFlags) {
		return
	}
	l.flags[m.UID] = flagText(m)
	l.highest = max(l.highest, m.UID)
}

func flagText(m *imap.Message) string {
	var names []string
	for _, f := range m.Flags {
		if f != imap.FlagRecent {
			names = append(names, string(f))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (l *liveSync) picture() string {
	var lines []string
	for _, uid := range slices.Sorted(maps.Keys(l.flags)) {
		lines = append(lines, fmt.Sprint(uid, " ", l.flags[uid]))
	}
	return strings.Join(lines, "\n")
}

// all is what the server has, as another client sees it.
func (l *liveSync) all(box *imap.Mailbox) string {
	var lines []string
	for m, err := range box.Fetch(l.ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true}) {
		if err != nil {
			l.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(m.UID, " ", flagText(m)))
	}
	return strings.Join(lines, "\n")
}

// What Dovecot answers to a conditional STORE, and to FETCH with VANISHED.
func TestLiveConditionalStoreAndVanished(t *testing.T) {
	d := live.StartDovecot(t, nil)
	ctx := within(t)
	for n := range 5 {
		d.Append("emil", "INBOX", message(n, 10))
	}
	c := dialDovecot(t, d, "emil")
	if _, err := c.Enable(ctx, "QRESYNC"); err != nil || !c.Enabled("CONDSTORE") {
		t.Fatal(err)
	}
	box, err := c.Select(ctx, "INBOX", &imap.SelectOptions{CondStore: true})
	if err != nil {
		t.Fatal(err)
	}
	was := box.State().HighestModSeq
	if err := box.AddFlags(ctx, imap.UID(2), imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	if now := box.State().HighestModSeq; now <= was {
		t.Errorf("%d, was %d", now, was)
	}
	all, err := box.Store(ctx, imap.UIDRange(1, 3), imap.StoreAdd, []imap.Flag{imap.FlagDeleted}, &imap.StoreOptions{Silent: true, UnchangedSince: was})
	left, ok := err.(*imap.ModifiedError)
	if !ok || left.UIDs.String() != "2" || len(all) < 2 {
		t.Errorf("%v, %v", all, err)
	}
	before := box.State()
	if err := box.ExpungeUIDs(ctx, imap.UIDRange(1, 3)); err != nil {
		t.Fatal(err)
	}
	if s := box.State(); s.Exists != 3 || s.HighestModSeq <= before.HighestModSeq {
		t.Errorf("%+v, was %+v", s, before)
	}
	var gone imap.UIDSet
	n := 0
	for m, err := range box.Fetch(ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true, ChangedSince: was, Vanished: &gone}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; m.UID != 2 {
			t.Errorf("%+v", m)
		}
	}
	if n != 1 || gone.String() != "1,3" {
		t.Errorf("%d changed, %v gone", n, gone)
	}
}
