package watch

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// memory is what is known of the messages of a mailbox in one of its lives, that
// is under one UIDVALIDITY: the newest Watcher.Memory of those that were dealt
// with. The box's line changes it, under the box's lock, and may read it without;
// others, and what is about the snapshot, need the lock.
type memory struct {
	life
	limit int      // of messages; 0: none are remembered
	low   imap.UID // from here to the cursor there are no others than those here; below, there may be

	// sure are messages that were dealt with, whatever the cursor is. Those from
	// the cursor on were dealt with in an earlier life, and are left out.
	sure []remembered
	// told are those that were reported: they are dealt with if a cursor behind
	// them is committed. Both are in order of UID.
	told []remembered

	unread []imap.UID // below low, and not learned yet; nil: not known which
	cut    bool       // there are more than can be learned
	full   bool       // all that can be learned is

	snapshot snapshotRef // zero: there is none
	covers   imap.UID    // those of told that are below are in the snapshot
	stale    bool        // sure is not what is in the snapshot
	tailed   int         // messages in tails that were stored since the snapshot
	gone     imap.UIDSet // told as gone, which is committed, but perhaps in the snapshot still
	buried   imap.UIDSet // those of them that are not in sure and told any more
}

// remembered is a message: 20 bytes.
type remembered struct {
	uid   imap.UID
	print mark // of Message-ID, INTERNALDATE and size; zero: unknown
	id    mark // of EMAILID or X-GM-MSGID; zero: unknown
}

// mark is the beginning of a SHA-256.
type mark [8]byte

func (m mark) known() bool { return m != mark{} }

// alike says whether two are the same message, and whether that can be told at
// all. Servers may give out new EMAILIDs together with new UIDs, so another one
// proves nothing if the rest is the same.
func (r remembered) alike(o remembered) (same, known bool) {
	if r.id.known() && r.id == o.id {
		return true, true
	}
	if r.print.known() && o.print.known() {
		return r.print == o.print, true
	}
	return false, r.id.known() && o.id.known()
}

func (r remembered) recognizable() bool { return r.print.known() || r.id.known() }

func byUID(a, b remembered) int { return cmp.Compare(a.uid, b.uid) }

// newMemory begins a life in which everything below low is unknown.
func newMemory(limit int, low imap.UID) *memory {
	return &memory{limit: max(limit, 0), low: max(low, 1)}
}

func (m *memory) len() int { return len(m.sure) + len(m.told) }

// empty says that there is nothing to compare another life with.
func (m *memory) empty() bool { return m.limit == 0 || m.len() == 0 && m.low > 1 }

// whole says that the memory reaches back to the beginning of the mailbox.
func (m *memory) whole() bool { return m.low <= 1 }

// find returns what is remembered under a UID.
func (m *memory) find(uid imap.UID) (remembered, bool) {
	for _, list := range [][]remembered{m.told, m.sure} {
		i, ok := slices.BinarySearchFunc(list, remembered{uid: uid}, byUID)
		if ok {
			return list[i], true
		}
	}
	return remembered{}, false
}

// all yields the messages in order of UID.
func (m *memory) all() iter.Seq[remembered] {
	return func(yield func(remembered) bool) {
		a, b := m.sure, m.told
		for len(a)+len(b) > 0 {
			next := &a
			if len(a) == 0 || len(b) > 0 && b[0].uid < a[0].uid {
				next = &b
			}
			if !yield((*next)[0]) {
				return
			}
			*next = (*next)[1:]
		}
	}
}

// newest yields the messages, highest UID first.
func (m *memory) newest() iter.Seq[remembered] {
	return func(yield func(remembered) bool) {
		a, b := m.sure, m.told
		for len(a)+len(b) > 0 {
			next := &a
			if len(a) == 0 || len(b) > 0 && b[len(b)-1].uid > a[len(a)-1].uid {
				next = &b
			}
			if !yield((*next)[len(*next)-1]) {
				return
			}
			*next = (*next)[:len(*next)-1]
		}
	}
}

// ahead are the UIDs from next on that were dealt with in an earlier life.
func (m *memory) ahead(next imap.UID) (uids imap.UIDSet) {
	if !m.hasAhead(next) {
		return uids
	}
	var list []imap.UID
	for _, r := range m.sure {
		if r.uid >= next {
			list = append(list, r.uid)
		}
	}
	return imap.UIDSetOf(list...)
}

func (m *memory) hasAhead(next imap.UID) bool {
	return m != nil && len(m.sure) > 0 && m.sure[len(m.sure)-1].uid >= next
}

// isAhead says whether a message from the cursor on was dealt with in an earlier
// life.
func (m *memory) isAhead(uid imap.UID) bool {
	if !m.hasAhead(uid) {
		return false
	}
	_, ok := slices.BinarySearchFunc(m.sure, remembered{uid: uid}, byUID)
	return ok
}

// report notes messages that are being reported, in order of UID. Also those that
// cannot be recognized: who is to know what is gone must know what was there.
func (m *memory) report(list []remembered) {
	if n := m.index(m.covers); n > 0 {
		m.sure = merged(m.sure, m.told[:n])
		m.told = m.told[n:]
	}
	m.told = append(m.told, list...)
	m.trim()
}

// learn notes messages from before, of which nobody need be told: from low on,
// all are known then.
func (m *memory) learn(list []remembered, low imap.UID) {
	m.sure = merged(list, m.sure)
	m.low, m.stale = max(low, 1), true
	m.trim()
}

// trim forgets the oldest messages.
func (m *memory) trim() {
	if m.limit == 0 {
		m.sure, m.told = nil, nil
	}
	for m.len() > m.limit {
		list := &m.sure
		if len(m.sure) == 0 || len(m.told) > 0 && m.told[0].uid < m.sure[0].uid {
			list = &m.told
		}
		m.low = max(m.low, (*list)[0].uid+1)
		*list = (*list)[1:]
	}
}

// index is how many of told are below a UID.
func (m *memory) index(uid imap.UID) int {
	i, _ := slices.BinarySearchFunc(m.told, remembered{uid: uid}, byUID)
	return i
}

// recent are the messages below a cursor that are not in the snapshot.
func (m *memory) recent(next imap.UID) []remembered {
	to := m.index(next)
	return m.told[min(m.index(m.covers), to):to]
}

// merged is one list of two, each in order of UID.
func merged(a, b []remembered) []remembered {
	if len(a) > 0 && len(b) > 0 && a[len(a)-1].uid < b[0].uid {
		return slices.Concat(a, b)
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, byUID)
	return slices.CompactFunc(all, func(x, y remembered) bool { return x.uid == y.uid })
}

// life is the time of a mailbox in which UIDs mean the same messages, and how the
// mailbox is recognized beside them.
type life struct {
	// validity is the UIDVALIDITY in the cursor and in events. It is made up where
	// the server's has been used for other messages, or means nothing.
	validity uint32
	served   uint32   // what the server says
	earlier  []uint32 // validities of earlier lives, the last ones
	mailbox  string   // MAILBOXID; "": unknown
	current  string   // what the mailbox is called now; "": as the Watcher was told
	server   mark     // of what the server says of itself

	// heir is the UIDVALIDITY of the life that follows, and begins where it is
	// followed from with PolicyBaseline: that place is not lost though nobody has
	// committed it yet. 0: that is not known.
	heir   uint32
	begins imap.UID

	// floor is where the mailbox ended when it was first followed: UIDs below at
	// which no message is are from before.
	floor imap.UID
}

// mostEarlier is how many earlier validities are remembered.
const mostEarlier = 16

// used says whether events were told under a validity before.
func (d *life) used(validity uint32) bool {
	return d.validity == validity || slices.Contains(d.earlier, validity)
}

// next is the life that follows, which the server gives a validity; mine is what
// events are to have.
func (d *life) next(served, mine uint32) life {
	n := *d
	n.earlier = append(slices.Clone(d.earlier), d.validity)
	if over := len(n.earlier) - mostEarlier; over > 0 {
		n.earlier = n.earlier[over:]
	}
	n.served, n.validity, n.heir, n.begins, n.floor = served, mine, 0, 0, 0
	return n
}

func (d life) equal(o life) bool {
	return d.validity == o.validity && d.served == o.served && slices.Equal(d.earlier, o.earlier) &&
		d.mailbox == o.mailbox && d.current == o.current && bytes.Equal(d.server[:], o.server[:]) &&
		d.heir == o.heir && d.begins == o.begins && d.floor == o.floor
}
