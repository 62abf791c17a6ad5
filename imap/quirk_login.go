package imap

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// tryLogin asks for something after a login, where logins are known to be
// accepted that are of no use: Exchange refuses all that follows with "BAD User
// is authenticated but not connected". Then the login has failed.
func (c *Client) tryLogin(ctx context.Context, name string) error {
	if !c.hasQuirk(QuirkFakeLogin) {
		return nil
	}
	k := &call{name: "LIST", login: true, foot: footprint{class: classList}}
	k.cmd = wire.NewCommand("LIST").String("").String("")
	k.claim = func(r *response) bool { return r.kind == kindList }
	err := c.do(ctx, k)
	refused, ok := err.(*ResponseError)
	switch {
	case !ok:
		return err
	case !errors.Is(err, ErrNotConnected):
		return nil // it was only a try
	}
	refused.Command = name
	c.mu.Lock()
	c.phase, c.mechanism = notAuthenticated, ""
	c.mu.Unlock()
	return refused
}

// introduce sends ID where nothing can be selected without it. That it is
// refused is no error; what follows will tell.
func (c *Client) introduce(ctx context.Context) error {
	c.mu.Lock()
	needed := !c.introduced && c.quirk(QuirkIDBeforeSelect)
	c.mu.Unlock()
	if !needed {
		return nil
	}
	k := &call{name: "ID", cmd: ownID.command(), foot: footprint{class: classAsk}}
	gather(k, func(ID) bool { return true }, "ID")
	k.written = func() { c.introduced = true }
	if err := c.do(ctx, k); err != nil && !isResponseError(err) {
		return err
	}
	return nil
}

// ownID is what this client says of itself where it has to.
var ownID = ID{{Name: "name", Value: "idlewild"}, {Name: "vendor", Value: "idlewild"}}
