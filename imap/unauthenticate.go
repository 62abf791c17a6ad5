package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Unauthenticate ends the login and keeps the connection, for another Login or
// Authenticate (RFC 8437). All that belonged to the user is gone: the selected
// mailbox, whose handle returns ErrDeselected from now on, what Enable turned
// on, compression, the language, and the capabilities, which are asked for anew.
// TLS stays. It needs the capability UNAUTHENTICATE.
func (c *Client) Unauthenticate(ctx context.Context) error {
	if !c.offers("UNAUTHENTICATE") {
		return &UnsupportedError{Capability: "UNAUTHENTICATE", What: "Unauthenticate"}
	}
	k := &call{name: "UNAUTHENTICATE", cmd: wire.NewCommand("UNAUTHENTICATE"), foot: footprint{class: classBarrier}, login: true}
	k.written = func() { c.caps.fresh = false }
	k.upgrade = c.forgetUser
	if err := c.do(ctx, k); err != nil {
		return err
	}
	if c.capsKnown() {
		return nil
	}
	_, err := c.Capability(ctx)
	return err
}

// forgetUser runs on the reader at the OK to UNAUTHENTICATE, with nothing else
// in flight. Behind the OK's line end nothing is compressed.
func (c *Client) forgetUser() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endDeflate()
	if c.box != nil {
		c.leave(c.box)
	}
	c.phase, c.in.total = notAuthenticated, 0
	c.mechanism, c.introduced = "", false
	c.enabled, c.names, c.listRefused = nil, mailboxNames{}, 0
	c.forgetNotify()
	if !c.caps.fresh {
		c.caps.forget()
	}
	c.esearch = false
	c.settleUTF8()
	return nil
}

// ProxyAuth makes the connection that of another user, as administrators may:
// PROXYAUTH of the iPlanet and Oracle servers, which is in no RFC and shows no
// capability. No mailbox is selected afterwards.
func (c *Client) ProxyAuth(ctx context.Context, username string) error {
	k := &call{name: "PROXYAUTH", cmd: wire.NewCommand("PROXYAUTH").AString(username), foot: footprint{class: classBarrier}}
	k.finish = func(r *response) {
		if r.status == StatusOK {
			if c.box != nil {
				c.leave(c.box)
			}
			c.names = mailboxNames{utf8: c.names.utf8, asIs: c.names.asIs}
		}
	}
	return c.do(ctx, k)
}
