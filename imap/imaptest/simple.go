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
	c.untagged(`ID ("name" "imaptest")`)
	return ok("ID completed")
}

// namespace: RFC 2342.
func (c *conn) namespace(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.untagged(`NAMESPACE (("" "/")) NIL NIL`)
	return ok("NAMESPACE completed")
}
