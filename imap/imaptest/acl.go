package imaptest

import (
	"fmt"
	"strings"
)

// withMailbox ends the parsing of a command and runs f with a mailbox, if the
// user has the rights.
func (c *conn) withMailbox(cmd *command, name, rights string, f func(*mailbox) reply) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.boxes[name]
	if b == nil {
		return no("NONEXISTENT", "there is no such mailbox")
	}
	if r := c.mayNot(b, rights); r != nil {
		return *r
	}
	return f(b)
}

// setACL: RFC 4314 §3.1.
func (c *conn) setACL(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	identifier := cmd.astring()
	cmd.sp()
	mod := cmd.astring()
	change := func(string) string { return "" }
	rights := modernRights(strings.TrimLeft(mod, "+-"))
	switch {
	case strings.HasPrefix(mod, "+"):
		change = func(have string) string { return addRights(have, rights) }
	case strings.HasPrefix(mod, "-"):
		change = func(have string) string { return removeRights(have, rights) }
	default:
		change = func(string) string { return rights }
	}
	if unknown := removeRights(rights, ownerRights); unknown != "" {
		cmd.fail("unknown rights %q", unknown)
	}
	return c.withMailbox(cmd, name, "a", func(b *mailbox) reply {
		b.grant(identifier, change)
		return ok("SETACL completed")
	})
}

// deleteACL: RFC 4314 §3.2.
func (c *conn) deleteACL(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	identifier := cmd.astring()
	return c.withMailbox(cmd, name, "a", func(b *mailbox) reply {
		b.grant(identifier, func(string) string { return "" })
		return ok("DELETEACL completed")
	})
}

// getACL: RFC 4314 §3.3.
func (c *conn) getACL(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	return c.withMailbox(cmd, name, "a", func(b *mailbox) reply {
		c.about("ACL", b.name)
		for _, g := range b.entries() {
			c.out = append(c.out, ' ')
			c.out = appendAstring(c.out, g.identifier)
			c.out = append(c.out, ' ')
			c.out = appendAstring(c.out, told(g.rights))
		}
		c.crlf()
		return ok("GETACL completed")
	})
}

// listRights: RFC 4314 §3.4. The owner always has l and a; all else can be given
// one by one.
func (c *conn) listRights(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	identifier := cmd.astring()
	return c.withMailbox(cmd, name, "a", func(b *mailbox) reply {
		required := ""
		if identifier == b.user.name {
			required = "la"
		}
		c.about("LISTRIGHTS", b.name)
		c.out = append(c.out, ' ')
		c.out = appendAstring(c.out, identifier)
		c.out = append(c.out, ' ')
		c.out = appendAstring(c.out, required)
		for _, r := range removeRights(ownerRights, required) {
			c.out = fmt.Appendf(c.out, " %c", r)
		}
		c.crlf()
		return ok("LISTRIGHTS completed")
	})
}

// myRights: RFC 4314 §3.5.
func (c *conn) myRights(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	return c.withMailbox(cmd, name, "", func(b *mailbox) reply {
		c.sayRights(b)
		return ok("MYRIGHTS completed")
	})
}

func (c *conn) sayRights(b *mailbox) {
	c.about("MYRIGHTS", b.name)
	c.out = append(c.out, ' ')
	c.out = appendAstring(c.out, told(b.rights()))
	c.crlf()
}

// about begins an untagged response about a mailbox.
func (c *conn) about(what, name string) {
	c.out = append(c.out, "* "...)
	c.out = append(c.out, what...)
	c.out = append(c.out, ' ')
	c.out = c.appendName(c.out, name)
}
