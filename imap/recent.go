package imap

import "slices"

// RecentLines returns the last lines of the protocol, oldest first, for the report of
// an error: as many as Options.RecentLines says, in the form of Options.Trace, so
// without passwords and message text. It works after Close too.
func (c *Client) RecentLines() []string {
	if c.trace == nil {
		return nil
	}
	c.trace.mu.Lock()
	defer c.trace.mu.Unlock()
	return c.trace.recent.all()
}

// recentLines are the last lines of a trace, in a ring.
type recentLines struct {
	most  int
	lines []string
	next  int // the oldest, once there are most
}

func (r *recentLines) add(line []byte) {
	switch {
	case r.most <= 0:
	case len(r.lines) < r.most:
		r.lines = append(r.lines, string(line))
	default:
		r.lines[r.next] = string(line)
		r.next = (r.next + 1) % r.most
	}
}

func (r *recentLines) all() []string {
	return slices.Concat(r.lines[r.next:], r.lines[:r.next])
}
