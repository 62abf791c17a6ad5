package imaptest

import "slices"

// maxContexts is how many results one session has kept up to date.
const maxContexts = 8

// searchContext is a result that is kept up to date. RFC 5267 §4.3.
type searchContext struct {
	tag   string
	uid   bool
	q     *searcher
	found []*message
}

// follows says whether a result with that tag is kept up to date.
func (v *view) follows(tag string) bool {
	return slices.ContainsFunc(v.contexts, func(x *searchContext) bool { return x.tag == tag })
}

// follow keeps a result up to date from now on.
func (c *conn) follow(cmd *command, q *searcher, found []hit) {
	if len(c.view.contexts) == maxContexts {
		c.untagged("NO [NOUPDATE %q] too many contexts", cmd.tag)
		return
	}
	x := &searchContext{tag: cmd.tag, uid: cmd.uid, q: q}
	for _, h := range found {
		x.found = append(x.found, h.message)
	}
	c.view.contexts = append(c.view.contexts, x)
}

// cancelUpdate is CANCELUPDATE. RFC 5267 §4.3.5.
func (c *conn) cancelUpdate(cmd *command) reply {
	var tags []string
	for first := true; first || cmd.err == nil && !cmd.atEnd(); first = false {
		cmd.sp()
		tags = append(tags, cmd.quoted())
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	v := c.view
	for _, tag := range tags {
		if !v.follows(tag) {
			return no("", "nothing is told of %q", tag)
		}
	}
	v.contexts = slices.DeleteFunc(v.contexts, func(x *searchContext) bool { return slices.Contains(tags, x.tag) })
	return ok("CANCELUPDATE completed, no further updates")
}

// contextsGone tells which results lose messages that are about to be
// expunged: their numbers are still good. The user's mutex is held.
func (c *conn) contextsGone() {
	for _, x := range c.view.contexts {
		c.dropFrom(x, func(m *message) bool { return m.gone })
	}
}

// contextsChanged tells how results have changed.
func (c *conn) contextsChanged() {
	v := c.view
	for _, x := range v.contexts {
		q := *x.q
		found, _ := c.matches(v, &q)
		now := make(map[*message]bool, len(found))
		for _, h := range found {
			now[h.message] = true
		}
		c.dropFrom(x, func(m *message) bool { return !now[m] })
		c.addTo(x, found)
	}
}

// dropFrom takes messages out of a result.
func (c *conn) dropFrom(x *searchContext, gone func(*message) bool) {
	var set numSet
	for i := 0; i < len(x.found); i++ {
		m := x.found[i]
		if !gone(m) {
			continue
		}
		n := m.uid
		if place, ok := byUID(c.view.messages, m.uid); !x.uid {
			if !ok {
				continue
			}
			n = uint32(place + 1)
		}
		x.found = append(x.found[:i:i], x.found[i+1:]...)
		if x.q.order != nil {
			c.sayContext(x, "REMOVEFROM", i+1, numSet{{n, n}})
		} else {
			set = set.add(n)
		}
		i--
	}
	if len(set) > 0 {
		c.sayContext(x, "REMOVEFROM", 0, set)
	}
}

// addTo puts messages into a result where they belong.
func (c *conn) addTo(x *searchContext, found []hit) {
	have := make(map[*message]bool, len(x.found))
	for _, m := range x.found {
		have[m] = true
	}
	var set numSet
	list := x.found[:0:0]
	for i, h := range found {
		list = append(list, h.message)
		if have[h.message] {
			continue
		}
		n := h.number(x.uid)
		if x.q.order != nil {
			c.sayContext(x, "ADDTO", i+1, numSet{{n, n}})
		} else {
			set = set.add(n)
		}
	}
	if len(set) > 0 {
		c.sayContext(x, "ADDTO", 0, set)
	}
	x.found = list
}

func (c *conn) sayContext(x *searchContext, item string, position int, set numSet) {
	uid := ""
	if x.uid {
		uid = " UID"
	}
	c.untagged("ESEARCH (TAG %q)%s %s (%d %s)", x.tag, uid, item, position, set)
}
