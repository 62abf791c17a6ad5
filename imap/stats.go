package imap

// Stats counts what broke the rules on a connection and was survived.
type Stats struct {
	// Problems is how many oddities were found inside responses that were
	// otherwise used: Message.Problems and ResponseCode.Problem.
	Problems uint64
	// Skipped is how many responses, or lines that are none, were left out
	// because they could not be read.
	Skipped uint64
	// StrayTags is how many tagged replies there were to no command.
	StrayTags uint64
	// StrayContinuations is how many continuation requests ("+") nobody awaited.
	StrayContinuations uint64
}

// Stats returns the counts since the connection began. The details are logged:
// see Options.Logger.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// problems counts and logs what was odd about a message.
func (c *Client) problems(m *Message) {
	for _, p := range m.Problems {
		c.stats.Problems++
		if c.mayLog() {
			c.opts.Logger.Debug("imap: odd data about a message", "uid", uint32(m.UID), "where", printable(p.Where), "problem", printable(p.Err.Error()))
		}
	}
}

// mayLog says whether another oddity may be logged: not more than so often a
// connection.
func (c *Client) mayLog() bool {
	switch c.strange.logged++; {
	case c.strange.logged <= maxStrange:
		return true
	case c.strange.logged == maxStrange+1:
		c.opts.Logger.Warn("imap: more odd data from the server, not logged")
	}
	return false
}
