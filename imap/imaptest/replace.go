package imaptest

// replace is REPLACE and UID REPLACE. RFC 8508.
func (c *conn) replace(cmd *command) reply {
	cmd.sp()
	number := cmd.setNumber()
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	d := c.draft(cmd)
	if cmd.err == nil && number == star {
		cmd.fail("REPLACE takes the number of one message")
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	v := c.view
	if v.readOnly {
		return no("", "the mailbox is read-only")
	}
	places, found := v.resolve(numSet{{number, number}}, cmd.uid)
	if !found {
		return bad("%s: no message has the number %d", cmd.full(), number)
	}
	u := v.box.user
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(places) == 0 || v.messages[places[0]].gone {
		return no("NONEXISTENT", "there is no such message")
	}
	if r := c.mayNot(v.box, "te"); r != nil {
		return *r
	}
	code, refused := c.append(u, name, []*draft{d})
	if refused != nil {
		return *refused
	}
	if code != "" {
		c.untagged("OK [%s] replacement is there", code)
	}
	old := v.messages[places[0]]
	v.box.remove(func(m *message) bool { return m == old })
	return ok("%s completed", cmd.full())
}
