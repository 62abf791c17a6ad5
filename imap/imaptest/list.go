package imaptest

import (
	"slices"
	"strings"
)

// listing is a LIST or LSUB as it was asked for. RFC 3501 §6.3.8, RFC 5258 §3.
type listing struct {
	conn      *conn
	reference string
	patterns  []string

	extended                               bool // it has options
	subscribed, remote, recursive, special bool // selection options
	sayChildren, saySubscribed, sayRights  bool // return options
	status, metadata                       []string
}

// list is LIST and LSUB.
func (c *conn) list(cmd *command) reply {
	l := c.listing(cmd)
	if !cmd.end() {
		return cmd.syntax()
	}
	if cmd.name == "LIST" && !l.extended && l.patterns[0] == "" {
		c.sayListed("LIST", []string{`\Noselect`}, "", nil)
		return ok("LIST completed")
	}
	for i, p := range l.patterns {
		l.patterns[i] = canonicalPattern(l.reference + p)
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if cmd.name == "LSUB" {
		c.listSubscribed(u, l.patterns[0])
	} else {
		c.listAll(u, l)
	}
	return ok("%s completed", cmd.name)
}

// matches says whether a name matches one of the patterns.
func (l *listing) matches(name string) bool {
	return slices.ContainsFunc(l.patterns, func(p string) bool { return l.conn.matchName(p, name) })
}

// selects says whether the selection options want a mailbox.
func (l *listing) selects(u *User, name string) bool {
	b := u.boxes[name]
	switch {
	case b == nil && !l.subscribed, l.subscribed && !u.subscribed[name]:
		return false
	}
	return !l.special || b != nil && b.isSpecial()
}

// below says whether the selection options want a mailbox below that one which
// is not listed itself. RFC 5258 §3.5.
func (l *listing) below(u *User, candidates []string, name string) bool {
	return slices.ContainsFunc(candidates, func(other string) bool {
		return strings.HasPrefix(other, name+"/") && l.selects(u, other) && !l.matches(other)
	})
}

func (c *conn) listAll(u *User, l *listing) {
	candidates := l.candidates(u)
	for _, name := range candidates {
		b := u.boxes[name]
		if !l.matches(name) || b != nil && !c.may(b, "l") {
			continue
		}
		hidden := l.recursive && l.below(u, candidates, name)
		if l.selects(u, name) || hidden {
			var info []string
			if hidden {
				info = l.childInfo()
			}
			c.sayListed("LIST", c.listAttributes(u, l, candidates, name), name, info)
			if b != nil {
				c.sayMore(b, l)
			}
		}
	}
}

// candidates are the names that may be listed, sorted: mailboxes, and what is
// subscribed though it does not exist, with what is above it.
func (l *listing) candidates(u *User) []string {
	names := u.names()
	if !l.subscribed {
		return names
	}
	for name := range u.subscribed {
		names = append(names, name)
		for i, ch := range name {
			if ch == '/' && l.recursive {
				names = append(names, name[:i])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (l *listing) childInfo() (info []string) {
	if l.subscribed {
		info = append(info, "SUBSCRIBED")
	}
	if l.special {
		info = append(info, "SPECIAL-USE")
	}
	return info
}

func (c *conn) listAttributes(u *User, l *listing, names []string, name string) (attrs []string) {
	b := u.boxes[name]
	if b == nil {
		attrs = append(attrs, `\NonExistent`)
	} else if b.noselect {
		attrs = append(attrs, `\Noselect`)
	}
	if (l.subscribed || l.saySubscribed) && u.subscribed[name] {
		attrs = append(attrs, `\Subscribed`)
	}
	if (c.can("CHILDREN") || l.sayChildren) && b != nil {
		attrs = append(attrs, childrenAttribute(u.names(), name))
	}
	if b != nil && c.can("SPECIAL-USE") {
		attrs = append(attrs, b.attributes...)
	}
	return attrs
}

// sayMore says what LIST was asked to return beside the names. RFC 5819, RFC
// 8440, RFC 9590.
func (c *conn) sayMore(b *mailbox, l *listing) {
	if len(l.status) > 0 && !b.noselect && c.may(b, "r") {
		c.sayStatus(b, b.name, l.status)
	}
	if l.sayRights {
		c.sayRights(b)
	}
	var entries []metadataEntry
	for _, name := range l.metadata {
		entries = append(entries, metadataEntry{name, b.metadata[name]})
	}
	c.sayMetadata(b.name, entries, -1)
}

// isSpecial says whether the mailbox has a special use.
func (b *mailbox) isSpecial() bool {
	return slices.ContainsFunc(b.attributes, func(a string) bool { return specialUse(a) != "" })
}

// childrenAttribute: RFC 3348. The names are sorted.
func childrenAttribute(names []string, name string) string {
	i, _ := slices.BinarySearch(names, name+"/")
	if i < len(names) && strings.HasPrefix(names[i], name+"/") {
		return `\HasChildren`
	}
	return `\HasNoChildren`
}

// listSubscribed also shows, as \Noselect, what is not subscribed but above
// something that is, when the pattern ends at it with %.
func (c *conn) listSubscribed(u *User, pattern string) {
	attrs := make(map[string][]string)
	for name := range u.subscribed {
		if c.matchName(pattern, name) {
			attrs[name] = nil
			continue
		}
		for i, ch := range name {
			parent := name[:i]
			if ch == '/' && strings.Contains(pattern, "%") && !u.subscribed[parent] &&
				c.matchName(pattern, parent) {
				attrs[parent] = []string{`\Noselect`}
			}
		}
	}
	names := make([]string, 0, len(attrs))
	for name := range attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.sayListed("LSUB", attrs[name], name, nil)
	}
}

// sayListed says one line of LIST or LSUB.
func (c *conn) sayListed(what string, attrs []string, name string, childInfo []string) {
	c.out = append(c.out, "* "...)
	c.out = append(c.out, what...)
	c.out = append(c.out, " ("...)
	c.out = append(c.out, strings.Join(attrs, " ")...)
	c.out = append(c.out, `) "/" `...)
	if name == "" {
		c.out = append(c.out, `""`...)
	} else {
		c.out = c.appendName(c.out, name)
	}
	if childInfo != nil {
		c.out = append(c.out, ` ("CHILDINFO" ("`+strings.Join(childInfo, `" "`)+`"))`...)
	}
	c.crlf()
}
