package imaptest

import (
	"math"
	"strconv"
)

// canModSeq says whether the server keeps mod-sequences. RFC 7162 §3.2.3: who
// offers QRESYNC offers CONDSTORE.
func (c *conn) canModSeq() bool { return c.can("CONDSTORE") || c.can("QRESYNC") }

// noticeModSeq is called for a CONDSTORE enabling command. The first one is
// answered with HIGHESTMODSEQ if a mailbox is selected. RFC 7162 §3.1.
func (c *conn) noticeModSeq() {
	if c.condstore {
		return
	}
	c.condstore = true
	if v := c.view; v != nil && c.tellsModSeq() {
		c.untagged("OK [HIGHESTMODSEQ %d] mod-sequences are told from now on", c.faults().saidModSeq(v.told))
	}
}

// vanishes says whether removals are told by UID.
func (c *conn) vanishes() bool { return c.enabled["QRESYNC"] || c.enabled["UIDONLY"] }

// fetchHead begins a FETCH response. RFC 9586 §3.3.
func (c *conn) fetchHead(place int, m *message) {
	c.out = append(c.out, "* "...)
	if c.enabled["UIDONLY"] {
		c.out = appendUint(c.out, c.saidUID(m))
		c.out = append(c.out, " UIDFETCH ("...)
		return
	}
	c.out = appendUint(c.out, uint32(place+1))
	c.out = append(c.out, " FETCH ("...)
}

// sayChange says the flags of a message that the client did not ask for now,
// with MODSEQ if it knows of that, and then with UID if the server has QRESYNC
// (RFC 7162 §3.2.4). The user's mutex is held.
func (c *conn) sayChange(place int, m *message) {
	c.fetchHead(place, m)
	if (c.condstore && c.can("QRESYNC") || c.watch != nil) && !c.enabled["UIDONLY"] { // RFC 7162 §3.2.4, RFC 5465 §5.1
		c.out = append(c.out, "UID "...)
		c.out = appendUint(c.out, c.saidUID(m))
		c.out = append(c.out, ' ')
	}
	c.out = append(c.out, "FLAGS "...)
	c.out = c.view.flags(m).append(c.out)
	if c.tellsModSeq() {
		c.out = append(c.out, ' ')
		c.sayModSeq(m.modseq)
	}
	c.out = append(c.out, ")\r\n"...)
}

// sayModSeq says a message's mod-sequence inside a FETCH response.
func (c *conn) sayModSeq(n uint64) {
	c.out = append(c.out, "MODSEQ ("...)
	c.out = strconv.AppendUint(c.out, n, 10)
	c.out = append(c.out, ')')
	c.view.said = max(c.view.said, n)
}

// settleModSeq says HIGHESTMODSEQ with the end of a command where the client
// would otherwise take a wrong one. RFC 7162 §3.2.7, §3.2.9 and §6.
func (c *conn) settleModSeq(cmd *command, r *reply) {
	v := c.view
	if v == nil || !c.tellsModSeq() {
		return
	}
	said, removed := v.said, v.removed
	v.said, v.removed = 0, false
	switch {
	case removed && r.status == "OK" && r.code == "" && c.enabled["QRESYNC"] && cmd.removes():
		r.code = "HIGHESTMODSEQ " + strconv.FormatUint(c.faults().saidModSeq(v.told), 10)
	case said > v.told:
		c.untagged("OK [HIGHESTMODSEQ %d] more is to be told", v.told)
	}
}

// removes says whether the command itself removes messages.
func (cmd *command) removes() bool {
	return cmd.name == "EXPUNGE" || cmd.name == "MOVE" || cmd.name == "REPLACE"
}

// modSeq reads a mod-sequence of 63 bits. RFC 7162 §7 mod-sequence-value.
func (p *parser) modSeq() uint64 {
	n := p.modSeqOrZero()
	if p.err == nil && n == 0 {
		p.fail("a mod-sequence is not 0")
	}
	return n
}

// modSeqOrZero: RFC 7162 §7 mod-sequence-valzer.
func (p *parser) modSeqOrZero() uint64 {
	where := p.where()
	n, err := strconv.ParseUint(p.span(isDigit), 10, 64)
	if err != nil || n > math.MaxInt64 {
		p.fail("expected a mod-sequence %s", where)
	}
	return n
}
