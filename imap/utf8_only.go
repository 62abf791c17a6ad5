package imap

import (
	"context"
	"fmt"
)

// acceptUTF8 enables UTF8=ACCEPT with a server that refuses to work without
// (UTF8=ONLY, RFC 9755 §7): everything that would follow is refused otherwise,
// and the client reads UTF-8 as well as not. It is called once somebody is
// logged in.
func (c *Client) acceptUTF8(ctx context.Context) error {
	c.mu.Lock()
	needed := c.phase == authenticated && c.caps.has("UTF8=ONLY") && !c.names.utf8
	c.mu.Unlock()
	if !needed {
		return nil
	}
	if _, err := c.Enable(ctx, "UTF8=ACCEPT"); err != nil {
		return fmt.Errorf("imap: the server works only with UTF8=ACCEPT, which cannot be enabled: %w", err)
	}
	if !c.Enabled("UTF8=ACCEPT") {
		return fmt.Errorf("imap: the server works only with UTF8=ACCEPT, and does not enable it")
	}
	return nil
}
