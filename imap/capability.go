package imap

import (
	"context"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Capability asks the server what it offers (RFC 9051 §6.1.1). What it answers
// is remembered: Has and Capabilities tell it without asking.
func (c *Client) Capability(ctx context.Context) ([]string, error) {
	var list []string
	k := &call{name: "CAPABILITY", cmd: wire.NewCommand("CAPABILITY"), foot: footprint{class: classCapability}}
	k.claim = func(r *response) bool {
		if r.kind != kindCapability {
			return false
		}
		if !k.abandoned {
			list = r.caps
		}
		return true
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, nothingSaid("CAPABILITY")
	}
	return slices.Clone(list), nil
}
