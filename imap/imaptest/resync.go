package imaptest

import "slices"

// removal is one line of what a mailbox remembers of its past.
type removal struct {
	uid    uint32
	modseq uint64
}

// remember notes what was removed, and forgets what is too old to be kept.
func (b *mailbox) remember(gone []*message) {
	for _, m := range gone {
		m.modseq = b.modseq
		b.past = append(b.past, removal{m.uid, b.modseq})
	}
	most := b.user.srv.opts.Removals
	if most == 0 {
		return
	}
	if n := len(b.past) - max(most, 0); n > 0 {
		b.forgotten = b.past[n-1].modseq
		b.past = slices.Clone(b.past[n:])
	}
}

// removedSince returns the UIDs above a floor, out of a normal set, of messages
// removed after a mod-sequence. If that is too long ago to be known, those of
// all messages that are not there. RFC 7162 §3.2.6.
func (b *mailbox) removedSince(modseq uint64, of numSet, floor uint32) numSet {
	var gone numSet
	if modseq < b.forgotten {
		for _, r := range of {
			for uid := max(r.lo, floor+1); uid <= r.hi && uid < b.uidNext; uid++ {
				if b.find(uid) == nil {
					gone = gone.add(uid)
				}
			}
		}
		return gone
	}
	var uids []uint32
	for _, r := range b.past {
		if r.modseq > modseq && r.uid > floor && of.contains(r.uid) {
			uids = append(uids, r.uid)
		}
	}
	slices.Sort(uids)
	for _, uid := range uids {
		gone = gone.add(uid)
	}
	return gone
}

// selectParams are the parameters of SELECT. RFC 4466 §2.1, RFC 7162 §7.
type selectParams struct {
	condstore   bool
	qresync     bool
	uidValidity uint32
	modseq      uint64
	known       numSet // nil: all
	seqs, uids  numSet // seq-match-data
}

// selectParams reads them, if there are any.
func (c *conn) selectParams(cmd *command) (p selectParams) {
	if !c.canModSeq() || !cmd.accept(' ') {
		return p
	}
	cmd.list(1, func() {
		switch {
		case cmd.keyword("CONDSTORE"):
			p.condstore = true
		case c.can("QRESYNC") && cmd.keyword("QRESYNC"):
			p.qresync = true
			cmd.sp()
			cmd.qresyncParam(&p)
		default:
			cmd.fail("SELECT does not know the parameter %s", cmd.where())
		}
	})
	return p
}

func (cmd *command) qresyncParam(p *selectParams) {
	cmd.expect('(')
	p.uidValidity = cmd.number()
	cmd.sp()
	p.modseq = cmd.modSeq()
	if cmd.peek() == ' ' {
		cmd.sp()
		if cmd.peek() != '(' {
			p.known = cmd.plainSet()
			if cmd.peek() == ' ' {
				cmd.sp()
			}
		}
		if cmd.accept('(') {
			p.seqs = cmd.plainSet()
			cmd.sp()
			p.uids = cmd.plainSet()
			cmd.expect(')')
		}
	}
	cmd.expect(')')
	if cmd.err == nil && p.seqs.count() != p.uids.count() {
		cmd.fail("as many numbers as UIDs are needed to match")
	}
}

// plainSet reads a set in ascending order, without *. RFC 7162 §7 known-uids.
func (p *parser) plainSet() numSet {
	set := p.set()
	for i, r := range set {
		if p.err == nil && (r.lo == star || r.hi == star || r.lo > r.hi || i > 0 && r.lo <= set[i-1].hi) {
			p.fail("expected numbers in ascending order, not %s", set)
		}
	}
	return set
}

// count is how many numbers a normal set has.
func (s numSet) count() (n uint64) {
	for _, r := range s {
		n += uint64(r.hi-r.lo) + 1
	}
	return n
}

// all calls f with the numbers of a normal set.
func (s numSet) all(f func(uint32)) {
	for _, r := range s {
		for n := r.lo; ; n++ {
			f(n)
			if n == r.hi {
				break
			}
		}
	}
}

// resync says what has changed since the client last knew. The user's mutex is
// held.
func (c *conn) resync(p *selectParams) {
	v := c.view
	b := v.box
	if p.uidValidity != b.uidValidity || c.faults().NoModSeq {
		return
	}
	known := p.known
	if known == nil {
		known = numSet{{1, max(b.uidNext, 2) - 1}}
	}
	c.sayVanished("(EARLIER) ", c.faults().overstated(b.removedSince(p.modseq, known, v.matched(p))))
	for i, m := range v.messages {
		if m.modseq > p.modseq && known.contains(m.uid) {
			c.sayChange(i, m)
		}
	}
}

// matched is the UID up to which the client knows all that was removed: the
// last of the numbers that still has its UID. RFC 7162 §3.2.5.2.
func (v *view) matched(p *selectParams) (uid uint32) {
	if len(p.seqs) == 0 {
		return 0
	}
	var uids []uint32
	p.uids.all(func(n uint32) { uids = append(uids, n) })
	i := 0
	p.seqs.all(func(seq uint32) {
		if seq <= uint32(len(v.messages)) && seq > 0 && v.messages[seq-1].uid == uids[i] {
			uid = uids[i]
		}
		i++
	})
	return uid
}

// sayVanished says VANISHED, if there is something to say.
func (c *conn) sayVanished(tag string, gone numSet) {
	if len(gone) > 0 {
		c.untagged("VANISHED %s%s", tag, gone)
	}
}
