package imap_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// A client that knows a mailbox only by what it is told, and comes back again
// and again, knows it right each time. IDLEWILD_LONG=1 tries many more
// histories; IDLEWILD_SEED=n one.
func TestStaysInStep(t *testing.T) {
	first, count := uint64(1), uint64(300)
	if os.Getenv("IDLEWILD_LONG") != "" {
		count = 20_000
	}
	if s := os.Getenv("IDLEWILD_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, count = n, 1
	}
	for seed := first; seed < first+count && !t.Failed(); seed++ {
		runStep(t, seed)
	}
}

// stepper is one history. Its picture is what it was told, and nothing else.
type stepper struct {
	t    *testing.T
	rnd  *rand.Rand
	seed uint64
	srv  *imaptest.Server
	did  []string // for the report

	qresync, uidOnly bool

	c   *imap.Client // the client under test; nil: disconnected
	box *imap.Mailbox
	picture
	saved picture // what a crash goes back to

	arrived, removed, nameless bool // to be looked after

	other *imap.Mailbox // of somebody else
}

// picture is what a client keeps of a mailbox.
type picture struct {
	validity uint32
	modSeq   uint64
	flags    map[imap.UID]flagsAt
	highest  imap.UID // that was ever known
}

// flagsAt are the flags of a message, and how new that is: results of calls and
// updates in a loop are not handled in the order in which they were told.
type flagsAt struct {
	flags  string
	modSeq uint64
}

func runStep(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	opts := &imaptest.Options{PushAlways: rnd.IntN(3) == 0}
	switch rnd.IntN(4) {
	case 0:
		opts.Removals = -1
	case 1:
		opts.Removals = 1 + rnd.IntN(4)
	}
	if rnd.IntN(4) == 0 {
		opts.MessageLimit = 1 + rnd.IntN(4)
	}
	s := &stepper{t: t, rnd: rnd, seed: seed, qresync: rnd.IntN(3) > 0}
	if !s.qresync && rnd.IntN(2) == 0 {
		opts.Without = []string{"QRESYNC"} // then changes are told by number alone
	}
	s.srv = imaptest.NewServer(opts)
	s.uidOnly = s.qresync && rnd.IntN(3) == 0
	defer s.srv.Close()
	s.srv.AddUser("alice", "pass")
	for range rnd.IntN(8) {
		s.deliver()
	}
	for range 40 {
		s.step()
		if t.Failed() {
			t.Fatalf("seed %d (IDLEWILD_SEED=%d):\n%s", seed, seed, strings.Join(s.did, "\n"))
		}
	}
	s.cut()
	s.somebody(true)
}

func (s *stepper) note(format string, args ...any) {
	s.did = append(s.did, fmt.Sprintf(format, args...))
}

func (s *stepper) fatal(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("seed %d (IDLEWILD_SEED=%d): %v\n%s", s.seed, s.seed, err, strings.Join(s.did, "\n"))
	}
}

// step does one thing at random.
func (s *stepper) step() {
	if s.c == nil {
		switch n := s.rnd.IntN(12); {
		case n == 0:
			s.note("UIDVALIDITY changes")
			s.somebody(true)
			s.fatal(s.srv.ResetUIDValidity("alice", "INBOX"))
		case n < 6:
			s.change()
		default:
			s.connect()
		}
		return
	}
	switch n := s.rnd.IntN(20); {
	case n < 9:
		s.change()
	case n < 12:
		s.ownChange()
	case n < 15:
		s.fatal(s.c.Noop(s.t.Context()))
		s.note("noop")
		s.catchUp()
		s.compare()
	case n < 16:
		s.fatal(s.c.Noop(s.t.Context())) // told, and not looked at before the end
		s.note("noop, not looked at")
	case n < 17:
		s.note("saved")
		s.saved = s.picture
		s.saved.flags = maps.Clone(s.flags)
	case n < 18:
		s.note("crash")
		s.cut()
		s.picture = s.saved
		s.flags = maps.Clone(s.saved.flags)
	default:
		s.note("cut")
		s.cut()
	}
}

func (s *stepper) cut() {
	if s.c != nil {
		s.c.Close()
		s.c, s.box = nil, nil
	}
}

var stepFlags = []string{`\Seen`, `\Flagged`, `\Answered`, `\Deleted`, "Work", "Play"}

func (s *stepper) deliver() {
	var flags []string
	for range s.rnd.IntN(3) {
		flags = append(flags, stepFlags[s.rnd.IntN(len(stepFlags))])
	}
	uid, err := s.srv.Deliver("alice", "INBOX", []byte("Subject: x\r\n\r\n"), &imaptest.DeliverOptions{Flags: flags})
	s.fatal(err)
	s.note("deliver %d %v", uid, flags)
}

// uids is some of the messages that there are.
func (s *stepper) uids() (set imap.UIDSet) {
	for _, m := range s.srv.Messages("alice", "INBOX") {
		if s.rnd.IntN(3) == 0 {
			set = set.With(imap.UID(m.UID))
		}
	}
	return set
}

// change is something that others do.
func (s *stepper) change() {
	switch s.rnd.IntN(5) {
	case 0, 1:
		s.deliver()
	case 2:
		for uid := range s.uids().All() {
			flag := stepFlags[s.rnd.IntN(len(stepFlags))]
			s.note("others set %d %s", uid, flag)
			s.fatal(s.srv.SetFlags("alice", "INBOX", uint32(uid), flag))
		}
	case 3:
		if set := s.uids(); s.rnd.IntN(2) == 0 && !set.Empty() {
			var all []uint32
			for uid := range set.All() {
				all = append(all, uint32(uid))
			}
			s.note("others remove %v", all)
			s.fatal(s.srv.Remove("alice", "INBOX", all...))
		}
	default:
		s.somebody(false)
	}
}

// somebody is another client, with a connection of its own.
func (s *stepper) somebody(leave bool) {
	ctx := s.t.Context()
	if leave {
		if s.other != nil {
			s.other.Client().Close()
			s.other = nil
		}
		return
	}
	if s.other == nil {
		c := s.dial()
		box, err := c.Select(ctx, "INBOX", nil)
		s.fatal(err)
		s.other = box
	}
	set, flag := s.uids(), imap.Flag(stepFlags[s.rnd.IntN(len(stepFlags))])
	switch s.rnd.IntN(4) {
	case 0:
		s.note("another client adds %s to %v", flag, set)
		s.fatal(s.other.AddFlags(ctx, set, flag))
	case 1:
		s.note("another client removes %s from %v", flag, set)
		s.fatal(s.other.RemoveFlags(ctx, set, flag))
	case 2:
		s.note("another client expunges")
		s.fatal(s.other.Expunge(ctx))
	default:
		s.note("another client reads %v", set)
		for m, err := range s.other.Fetch(ctx, set, &imap.FetchOptions{MarkSeen: true, Sections: []imap.Section{{}}}) {
			_ = m
			s.fatal(err)
		}
	}
}

func (s *stepper) dial() *imap.Client {
	c, err := imap.NewClient(s.t.Context(), s.srv.Pipe(), &imap.Options{Security: imap.Plaintext})
	s.fatal(err)
	s.fatal(c.Login(s.t.Context(), "alice", "pass"))
	return c
}

// ownChange is something that the client under test does.
func (s *stepper) ownChange() {
	ctx := s.t.Context()
	set := s.known()
	if s.rnd.IntN(2) == 0 && !set.Empty() {
		set = imap.UIDSetOf(slices.Collect(set.All())[s.rnd.IntN(int(set.Len()))])
	}
	flag := imap.Flag(stepFlags[s.rnd.IntN(len(stepFlags))])
	switch s.rnd.IntN(7) {
	case 5: // during which no removal may be told
		if s.uidOnly {
			return
		}
		s.change()
		s.change()
		s.note("searches by number")
		_, err := s.box.SearchSeq(ctx, nil)
		s.fatal(err)
		if s.rnd.IntN(2) == 0 {
			s.note("takes what it was told, and is cut")
			s.drain()
			s.cut()
		}
	case 6: // a loop that is left early
		s.note("looks at one update")
		done, cancel := context.WithCancel(ctx)
		cancel()
		for u, err := range s.box.Updates(done) {
			if err == nil {
				s.take(u)
			}
			break
		}
	case 0:
		s.note("adds %s to %v", flag, set)
		all, err := s.box.Store(ctx, set, imap.StoreAdd, []imap.Flag{flag}, nil)
		s.fatal(err)
		for _, m := range all {
			s.see(m)
		}
	case 1:
		s.note("adds %s to %v unless changed", flag, set)
		all, err := s.box.Store(ctx, set, imap.StoreAdd, []imap.Flag{flag}, &imap.StoreOptions{UnchangedSince: max(s.modSeq, 1)})
		if _, left := err.(*imap.ModifiedError); !left {
			s.fatal(err)
		}
		for _, m := range all {
			s.see(m)
		}
	case 2:
		s.note("silently sets %s of %v", flag, set)
		all, err := s.box.Store(ctx, set, imap.StoreSet, []imap.Flag{flag}, &imap.StoreOptions{Silent: true})
		s.fatal(err)
		for _, m := range all {
			s.flags[m.UID] = flagsAt{string(flag), m.ModSeq}
		}
	case 3:
		s.note("expunges of %v", set)
		s.fatal(s.box.ExpungeUIDs(ctx, set))
	default:
		s.note("reads %v", set)
		for m, err := range s.box.Fetch(ctx, set, &imap.FetchOptions{Flags: true, ModSeq: true}) {
			s.fatal(err)
			s.see(m)
		}
	}
}

func (s *stepper) known() (set imap.UIDSet) {
	return imap.UIDSetOf(slices.Sorted(maps.Keys(s.flags))...)
}

// see takes what was told of a message.
func (s *stepper) see(m *imap.Message) {
	if m.UID == 0 || !m.Has(imap.HasFlags) {
		return
	}
	var names []string
	for _, f := range m.Flags {
		if f != imap.FlagRecent {
			names = append(names, string(f))
		}
	}
	if m.ModSeq < s.flags[m.UID].modSeq && m.ModSeq != 0 {
		return
	}
	s.flags[m.UID] = flagsAt{strings.Join(names, " "), m.ModSeq}
	s.highest = max(s.highest, m.UID)
}

// connect comes back, and has the picture right again.
func (s *stepper) connect() {
	ctx := s.t.Context()
	s.c = s.dial()
	var err error
	opts := &imap.SelectOptions{CondStore: true, KeepUpdates: true}
	if s.qresync {
		enable := []string{"QRESYNC"}
		if s.uidOnly {
			enable = append(enable, "UIDONLY")
		}
		_, err = s.c.Enable(ctx, enable...)
		s.fatal(err)
		if s.modSeq != 0 {
			opts.Resync = &imap.Resync{UIDValidity: s.validity, ModSeq: s.modSeq}
			if s.rnd.IntN(2) == 0 {
				opts.Resync.Known = s.known()
			}
			if s.rnd.IntN(2) == 0 && !s.uidOnly {
				opts.Resync.Match = imap.MatchData(s.known())
			}
		}
	}
	s.box, err = s.c.Select(ctx, "INBOX", opts)
	s.fatal(err)
	state := s.box.State()
	s.note("connects with %d/%d to %d/%d", s.validity, s.modSeq, state.UIDValidity, state.HighestModSeq)
	switch {
	case s.validity != state.UIDValidity:
		if r := s.box.Resync(); r != nil && !r.Reset {
			s.t.Errorf("UIDVALIDITY changed, and Resync does not say so: %+v", r)
		}
		s.picture = picture{validity: state.UIDValidity, flags: map[imap.UID]flagsAt{}}
	case s.qresync:
		// What came meanwhile may be older than the mod-sequence, if the client
		// was cut off before it asked for it; so it is asked for by UID.
		highest := s.highest
		r := s.box.Resync()
		if r.Reset || r.Err != nil {
			s.t.Errorf("%+v", r)
		}
		for uid := range s.flags {
			if r.Vanished.Contains(uid) {
				delete(s.flags, uid)
			}
		}
		for _, m := range r.Changed {
			s.see(m)
		}
		s.highest = highest
	default: // CONDSTORE
		s.compareUIDs()
		s.fetchChanged()
	}
	s.fetchNew()
	s.modSeq = state.HighestModSeq
	s.compare()
	s.catchUp() // raises the mod-sequence if it does so rightly
	s.compare()
}

// compareUIDs drops what is gone, without QRESYNC.
func (s *stepper) compareUIDs() {
	there, err := s.box.Search(s.t.Context(), nil)
	s.fatal(err)
	for uid := range s.flags {
		if !there.Contains(uid) {
			delete(s.flags, uid)
		}
	}
}

func (s *stepper) fetchChanged() {
	for m, err := range s.box.Fetch(s.t.Context(), s.known(), &imap.FetchOptions{Flags: true, ChangedSince: s.modSeq}) {
		s.fatal(err)
		s.see(m)
	}
}

func (s *stepper) fetchNew() {
	for m, err := range s.box.Fetch(s.t.Context(), imap.UIDRange(s.highest+1, imap.MaxUID), &imap.FetchOptions{Flags: true, ModSeq: true}) {
		s.fatal(err)
		s.see(m)
	}
}

// catchUp handles all updates that are there.
func (s *stepper) catchUp() {
	s.drain()
	if s.removed {
		s.compareUIDs()
	}
	if s.arrived {
		s.fetchNew()
	}
	if s.nameless {
		s.fetchChanged()
	}
	s.arrived, s.removed, s.nameless = false, false, false
}

// drain takes the updates that there are.
func (s *stepper) drain() {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	for u, err := range s.box.Updates(ctx) {
		if err != nil {
			break
		}
		s.take(u)
	}
}

// take takes an update.
func (s *stepper) take(u imap.Update) {
	switch u := u.(type) {
	case imap.Exists:
		s.arrived = true
	case imap.Vanished:
		for uid := range u.UIDs.All() {
			delete(s.flags, uid)
		}
	case imap.Expunged:
		if s.removed = true; s.qresync {
			s.t.Error("EXPUNGE though QRESYNC is enabled")
		}
	case imap.Changed:
		if u.Message.UID == 0 {
			if s.nameless = true; s.qresync {
				s.t.Error("a change without UID though QRESYNC is enabled")
			}
		}
		if _, known := s.flags[u.Message.UID]; known {
			s.see(u.Message)
		}
	case imap.HighestModSeq:
		s.modSeq = u.Value
	case imap.State, imap.Overflow:
		s.t.Errorf("something was missed: %T", u)
	}
}

// compare holds the picture against the truth.
func (s *stepper) compare() {
	there := s.srv.Messages("alice", "INBOX")
	var want, got []string
	for _, m := range there {
		want = append(want, fmt.Sprint(m.UID, " ", strings.Join(m.Flags, " ")))
	}
	for _, uid := range slices.Sorted(maps.Keys(s.flags)) {
		got = append(got, fmt.Sprint(uid, " ", s.flags[uid].flags))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("the client knows\n%q\nthe server has\n%q", got, want)
	}
	if n := s.box.State().Exists; int(n) != len(there) {
		s.t.Errorf("the client counts %d messages, the server %d", n, len(there))
	}
}
