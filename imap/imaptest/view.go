package imaptest

// view is the selected mailbox as one session knows it: it changes only when the
// session is told. It belongs to whoever holds the connection's turn; what it
// reads of the mailbox, it reads with the user's mutex held.
type view struct {
	rev2     bool // there is no \Recent
	box      *mailbox
	readOnly bool
	messages []*message // as numbered by the session
	uidNext  uint32     // messages from here on are unknown to the session
	removals uint64     // the mailbox's, when the session was last told
	modseq   uint64
	keywords int
	resets   int    // the mailbox's
	recent   numSet // UIDs that are \Recent in this session
	told     uint64 // the mod-sequence up to which the session was told all
	said     uint64 // the highest mod-sequence it was told in this command
	removed  bool   // removals were told in this command
	saved    numSet // "$", as UIDs
	contexts []*searchContext
}

func newView(b *mailbox, readOnly bool) *view {
	v := &view{
		box:      b,
		readOnly: readOnly,
		removals: b.removals,
		modseq:   b.modseq,
		told:     b.modseq,
		keywords: len(b.keywords),
		resets:   b.resets,
	}
	v.adopt(b.messages, b.uidNext)
	return v
}

// adopt makes the messages, with UIDs below next, the session's own and claims
// those that are fresh.
func (v *view) adopt(messages []*message, next uint32) {
	b := v.box
	v.messages = messages[:len(messages):len(messages)]
	first := max(v.uidNext, b.fresh)
	v.uidNext = next
	if first < next {
		v.recent = append(v.recent, numRange{first, next - 1})
		if n := len(v.recent); n > 1 && v.recent[n-2].hi+1 == first {
			v.recent[n-2].hi = next - 1
			v.recent = v.recent[:n-1]
		}
	}
	if !v.readOnly {
		b.fresh = max(b.fresh, next)
	}
}

// recents counts the \Recent messages.
func (v *view) recents() int {
	n := 0
	for _, r := range v.recent {
		lo, _ := byUID(v.messages, r.lo)
		hi, _ := byUID(v.messages, r.hi+1)
		n += hi - lo
	}
	return n
}

// flags returns the message's flags as this session sees them.
func (v *view) flags(m *message) flagSet {
	f := m.flagSet
	if !v.rev2 && v.recent.contains(m.uid) {
		f.bits |= flagRecent
	}
	return f
}

// last is the number that * stands for: a UID or a sequence number.
func (v *view) last(uid bool) uint32 {
	n := len(v.messages)
	if !uid || n == 0 {
		return uint32(n)
	}
	return v.messages[n-1].uid
}

// resolve returns the places of the messages in the set, in order. Sequence
// numbers must exist; UIDs need not.
func (v *view) resolve(set numSet, uid bool) ([]int, bool) {
	set = v.expand(set, uid)
	var places []int
	for _, r := range set {
		lo, hi := int(r.lo)-1, int(r.hi)
		if uid {
			lo, _ = byUID(v.messages, r.lo)
			hi, _ = byUID(v.messages[lo:], r.hi+1)
			hi += lo
		} else if lo < 0 || hi > len(v.messages) {
			return nil, false
		}
		for ; lo < hi; lo++ {
			places = append(places, lo)
		}
	}
	return places, true
}

// sync tells the session what has changed in its mailbox: messages that are
// gone, if that may be said now, new messages, and flags set by others.
func (c *conn) sync(expunges bool) {
	v := c.view
	if v == nil || c.fate.Load() != nil || c.watch != nil && c.watch.selected == nil {
		return
	}
	known := c.syncView(v, expunges)
	if w := c.watch; w != nil && w.selected.fetch != nil && !c.adding {
		for i := known; i < len(v.messages); i++ {
			c.fetchOne(i, w.selected.fetch, false)
		}
	}
	c.contextsChanged()
}

// syncView returns how many messages the session knew, without those that are
// new.
func (c *conn) syncView(v *view, expunges bool) (known int) {
	v.box.user.mu.Lock()
	defer v.box.user.mu.Unlock()
	if expunges && v.removals != v.box.removals {
		c.contextsGone()
		c.syncExpunges(v)
	}
	if v.resets != v.box.resets {
		v.resets, v.modseq, v.told = v.box.resets, 1, 1
	}
	known = len(v.messages)
	c.syncArrivals(v)
	c.syncFlags(v, v.messages[:known])
	told := v.box.modseq
	if c.withholdsFlags() && v.box.flagged > v.told {
		told = v.told
	}
	v.modseq, v.told = v.box.modseq, told
	if v.removals != v.box.removals {
		for _, m := range v.messages {
			if m.gone {
				v.told = min(v.told, m.modseq-1)
			}
		}
	}
	return known
}

func (c *conn) syncExpunges(v *view) {
	left := make([]*message, 0, len(v.messages))
	var vanished numSet
	for _, m := range v.messages {
		switch {
		case !m.gone:
			left = append(left, m)
		case c.vanishes():
			vanished = vanished.add(m.uid)
		default:
			c.number(len(left)+1, "EXPUNGE")
		}
	}
	c.sayVanished("", vanished)
	v.removed = v.removed || len(left) < len(v.messages)
	v.removals = v.box.removals
	v.messages = left
}

func (c *conn) syncArrivals(v *view) {
	b := v.box
	known, next := b.announced()
	if v.uidNext >= next {
		if v.removals == b.removals && len(v.messages) == len(b.messages) {
			v.messages = b.messages[:len(b.messages):len(b.messages)] // share it again
		}
		return
	}
	start, _ := byUID(known, v.uidNext)
	before := len(v.messages)
	if v.removals == b.removals {
		v.adopt(known, next)
	} else {
		v.adopt(append(v.messages[:before:before], known[start:]...), next)
	}
	if len(v.messages) != before {
		c.number(len(v.messages), "EXISTS")
		c.sayRecent(v)
	}
}

func (c *conn) syncFlags(v *view, known []*message) {
	b := v.box
	if v.keywords != len(b.keywords) {
		v.keywords = len(b.keywords)
		c.sayFlags(b)
	}
	if b.flagged <= v.modseq || c.withholdsFlags() {
		return
	}
	for i, m := range known {
		if m.modseq > v.modseq && m.lastBy != c.id && !m.gone {
			c.sayChange(i, m)
		}
	}
}

// deselect leaves the mailbox, whoever holds it.
func (c *conn) deselect() {
	if c.view == nil {
		return
	}
	b := c.view.box
	b.user.mu.Lock()
	delete(b.sessions, c)
	c.fate.Store(nil)
	if c.watch != nil && c.watch.seen != nil {
		c.watch.seen[b] = c.view.seen()
	}
	b.user.mu.Unlock()
	c.view = nil
}

// seen is what the session knows of the mailbox, when it leaves it.
func (v *view) seen() seenBox {
	s := seenNow(v.box)
	s.uidNext, s.removals, s.flagged = v.uidNext, v.removals, min(s.flagged, v.modseq)
	return s
}

// sayRecent says how many messages are recent, which IMAP4rev2 has no word for.
func (c *conn) sayRecent(v *view) {
	if !c.rev2() {
		c.number(v.recents(), "RECENT")
	}
}
