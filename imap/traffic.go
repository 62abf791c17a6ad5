package imap

// Traffic is how much went over a connection.
type Traffic struct {
	// Sent and Received are bytes of the protocol: without what TLS adds to them,
	// and before Client.Compress makes them fewer.
	Sent, Received uint64
	// Commands is how many commands were sent, those that the client sends by
	// itself among them.
	Commands uint64
}

// Traffic returns what went over the connection since it began, for metrics. It
// may be called at any time, also when the connection is gone.
func (c *Client) Traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Traffic{Sent: c.written, Received: c.in.received.Load(), Commands: c.tags}
}
