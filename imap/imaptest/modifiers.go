package imaptest

import (
	"slices"
	"strconv"
)

// fetchModifiers are those of FETCH. RFC 4466 §2.4, RFC 7162 §7, RFC 9394 §4.
type fetchModifiers struct {
	changedSince uint64 // 0: no condition
	vanished     bool
	partial      [2]int64 // zero: all
}

func (c *conn) fetchModifiers(cmd *command) (m fetchModifiers) {
	if !cmd.accept(' ') {
		return m
	}
	cmd.list(1, func() {
		switch {
		case c.canModSeq() && cmd.keyword("CHANGEDSINCE"):
			cmd.sp()
			m.changedSince = cmd.modSeq()
		case c.can("QRESYNC") && cmd.keyword("VANISHED"):
			m.vanished = true
		case c.can("PARTIAL") && cmd.keyword("PARTIAL"):
			cmd.sp()
			m.partial = cmd.partialRange()
		default:
			cmd.fail("FETCH does not know the modifier %s", cmd.where())
		}
	})
	switch {
	case cmd.err != nil:
	case m.vanished && (!cmd.uid || m.changedSince == 0 || !c.enabled["QRESYNC"]):
		cmd.fail("VANISHED needs UID FETCH, CHANGEDSINCE, and QRESYNC to be enabled")
	case m.partial != [2]int64{} && !cmd.uid:
		cmd.fail("PARTIAL needs UID FETCH")
	}
	return m
}

// partialRange reads a range of places, from the first or from the last. RFC
// 9394 §4 partial-range.
func (p *parser) partialRange() (r [2]int64) {
	for i := range r {
		if i > 0 {
			p.expect(':')
		}
		negative := p.accept('-')
		n := int64(p.number())
		if p.err == nil && n == 0 {
			p.fail("places begin at 1")
		}
		if r[i] = n; negative {
			r[i] = -n
		}
	}
	if p.err == nil && (r[0] < 0) != (r[1] < 0) {
		p.fail("both ends of a range count from the same side")
	}
	return r
}

// among returns those places that the range is about.
func (m *fetchModifiers) among(places []int) []int {
	if m.partial == [2]int64{} {
		return places
	}
	first, last := min(m.partial[0], m.partial[1]), max(m.partial[0], m.partial[1])
	total := int64(len(places))
	if first < 0 {
		first, last = total+first+1, total+last+1
	}
	first, last = max(first, 1), min(last, total)
	if first > last {
		return nil
	}
	return places[first-1 : last]
}

// sayRemoved answers for VANISHED: what was removed since, and is known to be
// so by the client's numbers.
func (c *conn) sayRemoved(cmd *command, set numSet, m fetchModifiers) {
	v := c.view
	b := v.box
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	gone := b.removedSince(m.changedSince, set.normal(max(b.uidNext, 2)-1), 0)
	var told numSet
	gone.all(func(uid uint32) {
		if _, still := byUID(v.messages, uid); !still {
			told = told.add(uid)
		}
	})
	c.sayVanished("(EARLIER) ", c.faults().overstated(told))
}

// changed returns the places of messages that changed since.
func (c *conn) changed(places []int, since uint64) (left []int) {
	b := c.view.box
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	for _, i := range places {
		if c.view.messages[i].modseq > since {
			left = append(left, i)
		}
	}
	return left
}

// unchangedSince reads the modifier of STORE. RFC 7162 §7.
func (c *conn) unchangedSince(cmd *command) (n uint64, conditional bool) {
	if !c.canModSeq() || cmd.peek() != '(' {
		return 0, false
	}
	cmd.list(1, func() {
		if !cmd.keyword("UNCHANGEDSINCE") || conditional {
			cmd.fail("STORE does not know the modifier %s", cmd.where())
		}
		conditional = true
		cmd.sp()
		n = cmd.modSeqOrZero()
		if c.faults().NoModSeq {
			cmd.fail("the mailbox has no mod-sequences")
		}
	})
	cmd.sp()
	return n, conditional
}

// unchanged says whether a conditional STORE of f may change m. Since 0 means
// never: then only keywords count that m does not have.
func (m *message) unchanged(since uint64, f flagSet) bool {
	if since == 0 {
		return f.bits == 0 && !slices.ContainsFunc(f.keywords, m.hasKeyword)
	}
	return m.modseq <= since
}

// modified is the reply to a STORE that left messages as they are.
func (r reply) modified(left numSet) reply {
	if len(left) > 0 {
		r.code = "MODIFIED " + left.String()
	}
	return r
}

// limited cuts a list of places to as many as the server works on at once, those
// with the highest UIDs, and returns the code that says so. RFC 9738 §3.
func (c *conn) limited(places []int) (kept []int, code string) { return c.limitedIn(c.view, places) }

func (c *conn) limitedIn(v *view, places []int) (kept []int, code string) {
	most := c.srv.opts.MessageLimit
	if most <= 0 || len(places) <= most {
		return places, ""
	}
	kept = places[len(places)-most:]
	return kept, c.limitCode(v.messages[kept[0]].uid)
}

func (c *conn) limitCode(lowest uint32) string {
	return "MESSAGELIMIT " + strconv.Itoa(c.srv.opts.MessageLimit) + " " + strconv.FormatUint(uint64(lowest), 10)
}

// limit says with a reply that not all was done: in its code, or before it if
// that has or may get another one.
func (c *conn) limit(cmd *command, r reply, code string) reply {
	switch {
	case code == "":
	case r.code != "" || c.enabled["QRESYNC"] && cmd.removes():
		c.untagged("NO [%s] not all messages were processed", code)
	default:
		r.code = code
	}
	return r
}
