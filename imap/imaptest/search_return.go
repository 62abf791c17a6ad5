package imaptest

import (
	"fmt"
	"strings"
)

// returnOptions is what stands in RETURN (...).
type returnOptions struct {
	min, max, all, count, save, relevancy, update bool
	partial                                       bool
	first, last                                   int64 // of PARTIAL
}

// returnOptions reads RETURN (...), if it is there; else it returns nil.
func (c *conn) returnOptions(cmd *command, verb string) *returnOptions {
	known := c.can("ESEARCH")
	if verb == "SORT" {
		known = c.can("ESORT")
	}
	if !known || !cmd.keyword("RETURN") {
		return nil
	}
	cmd.sp()
	o := new(returnOptions)
	cmd.list(0, func() { c.searchOption(cmd, o, verb) })
	cmd.sp()
	if !o.min && !o.max && !o.count && !o.partial && !o.save && !o.update && cmd.err == nil {
		o.all = true
	}
	if o.partial && o.all {
		cmd.fail("PARTIAL and ALL do not go together")
	}
	return o
}

func (c *conn) searchOption(cmd *command, o *returnOptions, verb string) {
	context := c.can("CONTEXT=" + verb)
	switch option := upper(cmd.atom()); {
	case option == "MIN":
		o.min = true
	case option == "MAX":
		o.max = true
	case option == "ALL":
		o.all = true
	case option == "COUNT":
		o.count = true
	case option == "SAVE" && verb == "SEARCH" && c.can("SEARCHRES"):
		o.save = true
	case option == "RELEVANCY" && c.can("SEARCH=FUZZY"):
		o.relevancy = true
	case option == "CONTEXT" && context:
	case option == "UPDATE" && context && verb != "ESEARCH":
		o.update = true
		if c.view.follows(cmd.tag) {
			cmd.fail("the tag %s is in use", cmd.tag)
		}
	case option == "PARTIAL" && !o.partial && (context || c.can("PARTIAL")):
		cmd.sp()
		o.partial, o.first, o.last = true, cmd.place(), 0
		cmd.expect(':')
		o.last = cmd.place()
		if o.first < 0 != (o.last < 0) || o.first < 0 && !c.can("PARTIAL") {
			cmd.fail("PARTIAL wants a range from one end")
		}
	default:
		cmd.fail("%s does not know the return option %q", verb, option)
	}
}

// place reads a place in a result, from the end if it is negative. RFC 9394 §4.
func (p *parser) place() int64 {
	minus := p.accept('-')
	n := int64(p.number())
	if n == 0 {
		p.fail("places are counted from 1")
	}
	if minus {
		return -n
	}
	return n
}

// part returns what stands in the range of PARTIAL.
func (o *returnOptions) part(found []hit) []hit {
	n := int64(len(found))
	first, last := min(o.first, o.last), max(o.first, o.last)
	if first < 0 {
		first, last = n+1+first, n+1+last
	}
	first, last = max(first, 1), min(last, n)
	if first > last {
		return nil
	}
	return found[first-1 : last]
}

// sayReturned says the rest of an ESEARCH response. RFC 4731 §3.1.
func (c *conn) sayReturned(q *searcher, found []hit, o *returnOptions, uid bool) {
	if uid {
		c.out = append(c.out, " UID"...)
	}
	shown := found
	if o.partial {
		shown = o.part(found)
		c.out = fmt.Appendf(c.out, " PARTIAL (%d:%d ", o.first, o.last)
		if len(shown) == 0 {
			c.out = append(c.out, "NIL"...)
		}
		c.out = append(setOf(shown, uid).append(c.out), ')')
	}
	if len(found) > 0 {
		if o.min {
			c.out = fmt.Appendf(c.out, " MIN %d", found[0].number(uid))
		}
		if o.max {
			c.out = fmt.Appendf(c.out, " MAX %d", found[len(found)-1].number(uid))
		}
	}
	if o.count {
		c.out = fmt.Appendf(c.out, " COUNT %d", len(found))
	}
	if o.all && len(found) > 0 {
		c.out = append(c.out, " ALL "...)
		c.out = setOf(found, uid).append(c.out)
	}
	if o.relevancy && len(shown) > 0 && (o.all || o.partial) {
		scores := strings.Repeat("100 ", len(shown)) // all match
		c.out = fmt.Appendf(c.out, " RELEVANCY (%s)", scores[:len(scores)-1])
	}
	if n := q.highest(found); n > 0 {
		c.out = fmt.Appendf(c.out, " MODSEQ %d", n)
	}
	c.crlf()
}

// setOf returns the numbers in their order. RFC 5267 §3.2.
func setOf(found []hit, uid bool) (set numSet) {
	for _, h := range found {
		set = set.add(h.number(uid))
	}
	return set
}

func upper(s string) string { return strings.ToUpper(s) }
