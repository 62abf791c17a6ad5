package imaptest

// noop is NOOP and CHECK: what is new is said with every reply.
func (c *conn) noop(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	return ok("%s completed", cmd.name)
}

func (c *conn) logout(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.deselect()
	c.untagged("BYE logging out")
	c.conclude(cmd, ok("LOGOUT completed"))
	c.flush()
	c.over = true
	return reply{}
}

// identify is ID. RFC 2971.
func (c *conn) identify(cmd *command) reply {
	cmd.sp()
	if !cmd.keyword("NIL") {
		n := 0
		cmd.list(0, func() {
			if n++; n%2 == 0 && cmd.keyword("NIL") {
				return
			}
			cmd.str()
		})
		if cmd.err == nil && n%2 != 0 {
			cmd.fail("a field without a value")
		}
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	c.identified = true
	c.sayID()
	return ok("ID completed")
}

// sayID says who the server is.
func (c *conn) sayID() {
	fields := c.srv.opts.ID
	if fields == nil {
		fields = []string{"name", "imaptest"}
	}
	c.out = append(c.out, "* ID "...)
	if len(fields) == 0 {
		c.out = append(c.out, "NIL"...)
	}
	for i, f := range fields {
		if i == 0 {
			c.out = append(c.out, '(')
		} else {
			c.out = append(c.out, ' ')
		}
		c.out = appendString(c.out, f)
	}
	if len(fields) > 0 {
		c.out = append(c.out, ')')
	}
	c.crlf()
}

// namespace: RFC 2342.
func (c *conn) namespace(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.untagged(`NAMESPACE (("" "/")) NIL NIL`)
	return ok("NAMESPACE completed")
}
