package imaptest

// unauthenticate ends the login, and with it all that belongs to the user: the
// selected mailbox, what ENABLE turned on, compression, the language. RFC 8437.
func (c *conn) unauthenticate(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.deselect()
	c.unwatch()
	c.endSession()
	c.user.Load().logout()
	c.user.Store(nil)
	c.enabled, c.condstore, c.language = nil, false, ""
	c.conclude(cmd, okCode("CAPABILITY "+c.capabilities(), "nobody is logged in"))
	c.flush()
	c.uncompress()
	return reply{}
}
