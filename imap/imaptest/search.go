package imaptest

import (
	"fmt"
	"strings"
)

// search is SEARCH and UID SEARCH. RFC 3501 §6.4.4, RFC 4731.
func (c *conn) search(cmd *command) reply {
	cmd.sp()
	returns, extended := c.searchReturn(cmd)
	s := &searcher{p: &cmd.parser, v: c.view, keeps: c.canModSeq(), decode: func(b []byte) string { return string(b) }}
	if cmd.keyword("CHARSET") {
		cmd.sp()
		charset := strings.ToUpper(cmd.astring())
		cmd.sp()
		switch charset {
		case "US-ASCII":
		case "UTF-8":
			cmd.eightBit = true // not allowed, but what clients do
		case "ISO-8859-1":
			cmd.eightBit = true
			s.decode = latin1
		default:
			return no("BADCHARSET (US-ASCII UTF-8 ISO-8859-1)", "unknown charset")
		}
	}
	match := s.keys(0)
	if !cmd.end() {
		return cmd.syntax()
	}
	if s.badText {
		return bad("SEARCH: a string is not in its charset")
	}
	if s.numbered && c.enabled["UIDONLY"] {
		r := bad("SEARCH: message numbers are not allowed")
		r.code = "UIDREQUIRED"
		return r
	}
	found, highest, limited := c.matches(match, cmd.uid, s.scope)
	if s.modseq {
		c.noticeModSeq()
	}
	if !s.modseq || len(found) == 0 {
		highest = 0
	}
	if extended {
		c.sayExtended(cmd, found, returns, highest)
	} else {
		c.out = append(c.out, "* SEARCH"...)
		for _, n := range found {
			c.out = append(c.out, ' ')
			c.out = appendUint(c.out, n)
		}
		if highest > 0 { // RFC 7162 §3.1.6
			c.out = fmt.Appendf(c.out, " (MODSEQ %d)", highest)
		}
		c.crlf()
	}
	return c.limit(cmd, ok("%s completed", cmd.full()), limited)
}

// searchReturn reads RETURN (...), if it is there.
func (c *conn) searchReturn(cmd *command) (returns []string, extended bool) {
	if !c.can("ESEARCH") || !cmd.keyword("RETURN") {
		return nil, false
	}
	cmd.sp()
	cmd.list(0, func() {
		option := strings.ToUpper(cmd.atom())
		switch option {
		case "MIN", "MAX", "ALL", "COUNT":
			returns = append(returns, option)
		default:
			cmd.fail("SEARCH does not know the return option %q", option)
		}
	})
	cmd.sp()
	if len(returns) == 0 {
		returns = []string{"ALL"}
	}
	return returns, true
}

// matches returns the numbers of the messages that match, in order, the highest
// mod-sequence of these, and a code if only those with the highest UIDs were
// looked at. Messages out of scope do not count for that.
func (c *conn) matches(match criterion, uid bool, scope []criterion) (found []uint32, highest uint64, limited string) {
	v := c.view
	places := make([]int, 0, len(v.messages))
	for i, m := range v.messages {
		if within(scope, &candidate{place: i, message: m, view: v}) {
			places = append(places, i)
		}
	}
	places, limited = c.limited(places)
	for _, i := range places {
		m := v.messages[i]
		f, modseq, _ := c.look(m, false)
		if !match(&candidate{place: i, message: m, flags: f, modseq: modseq, view: v}) {
			continue
		}
		highest = max(highest, modseq)
		n := uint32(i + 1)
		if uid {
			n = m.uid
		}
		found = append(found, n)
	}
	return found, highest, limited
}

func within(scope []criterion, m *candidate) bool {
	for _, in := range scope {
		if !in(m) {
			return false
		}
	}
	return true
}

// sayExtended says ESEARCH.
func (c *conn) sayExtended(cmd *command, found []uint32, returns []string, highest uint64) {
	c.out = fmt.Appendf(c.out, `* ESEARCH (TAG "%s")`, cmd.tag)
	if cmd.uid {
		c.out = append(c.out, " UID"...)
	}
	for _, option := range returns {
		if option != "COUNT" && len(found) == 0 {
			continue
		}
		c.out = fmt.Appendf(c.out, " %s ", option)
		switch option {
		case "MIN":
			c.out = appendUint(c.out, found[0])
		case "MAX":
			c.out = appendUint(c.out, found[len(found)-1])
		case "COUNT":
			c.out = appendUint(c.out, uint32(len(found)))
		case "ALL":
			var set numSet
			for _, n := range found {
				set = set.add(n)
			}
			c.out = set.append(c.out)
		}
	}
	if highest > 0 {
		c.out = fmt.Appendf(c.out, " MODSEQ %d", highest)
	}
	c.crlf()
}
