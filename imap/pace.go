package imap

import "time"

const usualPipeline = 16

// pipeline is how many commands may be under way at once.
func (c *Client) pipeline() int {
	switch n := c.quirks.pace.pipeline; {
	case c.opts.Pipeline > 0:
		return c.opts.Pipeline
	case n > 0:
		return min(n, usualPipeline)
	}
	return usualPipeline
}

// renewal is how long IDLE lasts before it is sent again.
func (c *Client) renewal() time.Duration {
	if d := c.quirks.pace.idle; d > 0 {
		return min(d, defaultRenew)
	}
	return defaultRenew
}
