package watchtest

import (
	"maps"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// step is a thing that the test says, and mostly one batch.
type step struct {
	kind     stepKind
	box      *box          // nil: it is about the connection
	uids     []imap.UID    // as the test was told; of reset: what was there
	messages [][]byte      // of arrive; nil: move has brought them
	flags    []imap.Flag   // of flag
	to       *box          // of move
	there    []imap.UID    // of move
	policy   watch.Policy  // of reset
	old      uint32        // of reset
	events   []watch.Event // of tell; of others, as they were told last
	err      error         // of disconnect and end
	cursor   watch.Cursor  // behind it
	modSeq   uint64        // of flag

	done      bool     // it has happened on the server
	told      bool     // it was yielded
	over      bool     // the loop's body has dealt with it
	below     imap.UID // of arrive: the messages below are committed
	committed bool
	void      bool // it is of no meaning any more, since the mailbox was reset
}

type stepKind int

const (
	arrive stepKind = iota
	flag
	remove
	move
	reset
	tell
	disconnect
	connect
	end
)

// open says whether a step is still to be told, by a Watch that has not told it.
func (st *step) open() bool {
	if st.box == nil {
		return !st.told
	}
	return !st.committed && !st.void
}

// happen does on the server what a step says.
func (s *Source) happen(st *step) {
	if st.done {
		return
	}
	st.done = true
	b := st.box
	if b == nil {
		return
	}
	switch st.kind {
	case arrive:
		for i, data := range st.messages {
			uid, err := s.server.Deliver(User, b.name, data, nil)
			must(err)
			b.actual[st.uids[i]] = uid
			b.bare[imap.UID(uid)] = data == nil
		}
	case flag:
		s.setFlags(st)
	case remove:
		if there := s.present(b, st.uids); len(there) > 0 {
			must(s.server.Remove(User, b.name, numbers(there)...))
		}
	case move:
		s.move(st)
	case reset:
		s.rebuild(st)
	}
	st.cursor = watch.Cursor{UIDValidity: b.validity, UIDNext: b.end()}
}

// end is behind the last message that has arrived.
func (b *box) end() imap.UID {
	next := imap.UID(1)
	for _, uid := range b.actual {
		next = max(next, imap.UID(uid)+1)
	}
	return next
}

// uid is the real one of a message.
func (b *box) uid(said imap.UID) imap.UID {
	if uid, ok := b.actual[said]; ok {
		return imap.UID(uid)
	}
	return said
}

// present returns the UIDs of those messages that are still there: the handler
// may have done something about them.
func (s *Source) present(b *box, said []imap.UID) (uids []imap.UID) {
	all := s.server.Messages(User, b.name)
	for _, uid := range said {
		uid = b.uid(uid)
		if slices.ContainsFunc(all, func(m imaptest.MessageInfo) bool { return m.UID == uint32(uid) }) {
			uids = append(uids, uid)
		}
	}
	return uids
}

func numbers(uids []imap.UID) (n []uint32) {
	for _, uid := range uids {
		n = append(n, uint32(uid))
	}
	return n
}

func (s *Source) setFlags(st *step) {
	var flags []string
	for _, f := range st.flags {
		flags = append(flags, string(f))
	}
	uid := uint32(st.box.uid(st.uids[0]))
	if len(s.present(st.box, st.uids)) > 0 {
		must(s.server.SetFlags(User, st.box.name, uid, flags...))
	}
	for _, m := range s.server.Messages(User, st.box.name) {
		if m.UID == uid {
			st.modSeq = m.ModSeq
		}
	}
}

func (s *Source) move(st *step) {
	for i, said := range st.uids {
		if there := s.present(st.box, []imap.UID{said}); len(there) > 0 {
			copies, err := s.server.Move(User, st.box.name, st.to.name, uint32(there[0]))
			must(err)
			st.to.actual[st.there[i]] = copies[0]
		}
	}
}

// rebuild gives the mailbox a new UIDVALIDITY, and finds out what that means for
// what was not committed.
func (s *Source) rebuild(st *step) {
	b := st.box
	st.old = b.validity
	must(s.server.Rebuild(User, b.name, &imaptest.RebuildOptions{KeepUIDs: true, Sessions: imaptest.EvictClosed}))
	b.validity = s.server.UIDValidity(User, b.name)
	for _, said := range slices.Sorted(maps.Keys(b.actual)) {
		if len(s.present(b, []imap.UID{said})) > 0 {
			st.uids = append(st.uids, said)
		}
	}
	at := slices.Index(s.log, st)
	var before, after []*step
	for _, other := range s.log[:at] {
		switch {
		case other.box != b || !other.open():
			before = append(before, other)
		case st.policy == watch.PolicyResume && other.kind == arrive:
			after = append(after, other)
		default:
			other.void = true
			before = append(before, other)
		}
	}
	if st.policy == watch.PolicyReplay && len(st.uids) > 0 {
		after = append(after, &step{kind: arrive, box: b, uids: st.uids, done: true})
	}
	for _, other := range after {
		other.cursor = watch.Cursor{UIDValidity: b.validity, UIDNext: b.end()}
	}
	s.log = slices.Concat(before, []*step{st}, after, s.log[at+1:])
}
