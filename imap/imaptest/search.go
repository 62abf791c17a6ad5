package imaptest

import "fmt"

// search is SEARCH and UID SEARCH. RFC 3501 §6.4.4, RFC 4731.
func (c *conn) search(cmd *command) reply {
	cmd.sp()
	opts := c.returnOptions(cmd, "SEARCH")
	q, refused := c.question(cmd, c.view, false)
	if refused != nil {
		return c.notSaved(opts, *refused)
	}
	found, limited := c.matches(c.view, q)
	c.answer(cmd, q, found, opts)
	return c.limit(cmd, ok("%s completed", cmd.full()), limited)
}

// sort is SORT and UID SORT. RFC 5256 §3, RFC 5267 §3.
func (c *conn) sort(cmd *command) reply {
	cmd.sp()
	opts := c.returnOptions(cmd, "SORT")
	order := c.sortKeys(cmd)
	cmd.sp()
	q, refused := c.question(cmd, c.view, true)
	if refused != nil {
		return *refused
	}
	q.order = order
	found, limited := c.matches(c.view, q)
	c.answer(cmd, q, found, opts)
	return c.limit(cmd, ok("%s completed", cmd.full()), limited)
}

// answer says what was found, keeps it if it is to be kept, and goes on looking
// if that was asked for.
func (c *conn) answer(cmd *command, q *searcher, found []hit, opts *returnOptions) {
	if q.modseq {
		c.noticeModSeq()
	}
	if opts == nil && cmd.name == "SEARCH" && c.rev2() {
		opts = &returnOptions{all: true} // RFC 9051 §6.4.4
	}
	if opts == nil {
		c.sayFound(cmd, q, found)
		return
	}
	if opts.update {
		c.follow(cmd, q, found)
	}
	if opts.save {
		c.view.saved = opts.kept(found)
		if opts.silent() {
			return
		}
	}
	c.out = fmt.Appendf(c.out, `* ESEARCH (TAG "%s")`, cmd.tag)
	c.sayReturned(q, found, opts, cmd.uid)
}

// sayFound says SEARCH or SORT.
func (c *conn) sayFound(cmd *command, q *searcher, found []hit) {
	c.out = append(c.out, "* "...)
	c.out = append(c.out, cmd.name...)
	for _, h := range found {
		c.out = append(c.out, ' ')
		c.out = appendUint(c.out, h.number(c.findsUIDs(cmd)))
	}
	if n := q.highest(found); n > 0 { // RFC 7162 §3.1.6
		c.out = fmt.Appendf(c.out, " (MODSEQ %d)", n)
	}
	c.crlf()
}

// question reads the charset, which in SORT and THREAD always stands there, and
// the keys up to the end.
func (c *conn) question(cmd *command, v *view, always bool) (*searcher, *reply) {
	s := &searcher{p: &cmd.parser, v: v, keeps: c.canModSeq() && !c.faults().NoModSeq, now: c.srv.now, decode: func(b []byte) string { return string(b) }}
	if !always && cmd.keyword("CHARSET") {
		if c.enabled["UTF8=ACCEPT"] { // RFC 9755 §3
			r := bad("SEARCH: everything is UTF-8, no charset may be named")
			return nil, &r
		}
		cmd.sp()
		always = true
	}
	if always && !s.charset() {
		r := no("BADCHARSET (US-ASCII UTF-8 ISO-8859-1)", "unknown charset")
		return nil, &r
	}
	s.match = s.keys(0)
	r := reply{}
	switch {
	case !cmd.end():
		r = cmd.syntax()
	case s.undefined != "":
		r = no("UNDEFINED-FILTER "+s.undefined, "there is no such filter")
	case s.badText:
		r = bad("%s: a string is not in its charset", cmd.name)
	case s.numbered && c.enabled["UIDONLY"]:
		r = bad("%s: message numbers are not allowed", cmd.name)
		r.code = "UIDREQUIRED"
	default:
		return s, nil
	}
	return nil, &r
}

// charset reads a charset and says whether it is known.
func (s *searcher) charset() bool {
	name := upper(s.p.astring())
	s.p.sp()
	switch name {
	case "US-ASCII":
	case "UTF-8":
		s.p.eightBit = true // not allowed, but what clients do
	case "ISO-8859-1":
		s.p.eightBit = true
		s.decode = latin1
	default:
		return s.p.err != nil
	}
	return true
}

// hit is a message that was found.
type hit struct {
	place  int // from 0
	modseq uint64
	*message
}

// number is how the client is told of it.
func (h *hit) number(uid bool) uint32 {
	if uid {
		return h.uid
	}
	return uint32(h.place + 1)
}

// highest returns the highest mod-sequence of what was found, if it was asked
// for.
func (s *searcher) highest(found []hit) (n uint64) {
	for _, h := range found {
		if s.modseq {
			n = max(n, h.modseq)
		}
	}
	return n
}

// matches returns the messages that match, in order, and a code if only those
// with the highest UIDs were looked at. Messages out of scope do not count for
// that.
func (c *conn) matches(v *view, q *searcher) (found []hit, limited string) {
	places := make([]int, 0, len(v.messages))
	one := new(candidate) // nobody keeps it
	for i, m := range v.messages {
		if *one = (candidate{place: i, message: m, view: v}); within(q.scope, one) {
			places = append(places, i)
		}
	}
	places, limited = c.limitedIn(v, places)
	for _, i := range places {
		m := v.messages[i]
		f, modseq := v.look(m)
		if *one = (candidate{place: i, message: m, flags: f, modseq: modseq, view: v}); q.match(one) {
			found = append(found, hit{i, modseq, m})
		}
	}
	if q.order != nil {
		q.order(found)
	}
	return found, limited
}

// look returns the message's flags and mod-sequence.
func (v *view) look(m *message) (flagSet, uint64) {
	v.box.user.mu.Lock()
	defer v.box.user.mu.Unlock()
	return v.flags(m), m.modseq
}

func within(scope []criterion, m *candidate) bool {
	for _, in := range scope {
		if !in(m) {
			return false
		}
	}
	return true
}
