package imaptest

// jmapAccess is GETJMAPACCESS. RFC 9698 §3.
func (c *conn) jmapAccess(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.out = append(appendString(append(c.out, "* JMAPACCESS "...), c.srv.opts.JMAP), "\r\n"...)
	return ok("GETJMAPACCESS completed")
}
