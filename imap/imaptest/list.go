package imaptest

import (
	"slices"
	"strings"
)

// list is LIST and LSUB. RFC 3501 §6.3.8 and §6.3.9.
func (c *conn) list(cmd *command) reply {
	cmd.sp()
	reference := cmd.astring()
	cmd.sp()
	pattern := cmd.listMailbox()
	if !cmd.end() {
		return cmd.syntax()
	}
	if cmd.name == "LIST" && pattern == "" {
		c.sayListed("LIST", []string{`\Noselect`}, "")
		return ok("LIST completed")
	}
	pattern = canonicalPattern(reference + pattern)
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if cmd.name == "LSUB" {
		c.listSubscribed(u, pattern)
	} else {
		c.listAll(u, pattern)
	}
	return ok("%s completed", cmd.name)
}

func (c *conn) listAll(u *User, pattern string) {
	children, special := c.can("CHILDREN"), c.can("SPECIAL-USE")
	names := u.names()
	for _, name := range names {
		if !matchName(pattern, name) {
			continue
		}
		b := u.boxes[name]
		var attrs []string
		if b.noselect {
			attrs = append(attrs, `\Noselect`)
		}
		if children {
			attrs = append(attrs, childrenAttribute(names, name))
		}
		if special {
			attrs = append(attrs, b.attributes...)
		}
		c.sayListed("LIST", attrs, name)
	}
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
		if matchName(pattern, name) {
			attrs[name] = nil
			continue
		}
		for i, ch := range name {
			parent := name[:i]
			if ch == '/' && strings.Contains(pattern, "%") && !u.subscribed[parent] &&
				matchName(pattern, parent) {
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
		c.sayListed("LSUB", attrs[name], name)
	}
}

// sayListed says one line of LIST or LSUB.
func (c *conn) sayListed(what string, attrs []string, name string) {
	c.out = append(c.out, "* "...)
	c.out = append(c.out, what...)
	c.out = append(c.out, " ("...)
	c.out = append(c.out, strings.Join(attrs, " ")...)
	c.out = append(c.out, `) "/" `...)
	if name == "" {
		c.out = append(c.out, `""`...)
	} else {
		c.out = appendAstring(c.out, name)
	}
	c.crlf()
}
