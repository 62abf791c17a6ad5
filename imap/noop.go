package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Noop does nothing (RFC 9051 §6.1.2). The server takes the occasion to tell
// what is new; it also shows that the connection works.
func (c *Client) Noop(ctx context.Context) error { return c.do(ctx, noopCall()) }

func noopCall() *call {
	return &call{name: "NOOP", cmd: noopCommand(), foot: footprint{class: classFree}}
}

func noopCommand() *wire.Command { return wire.NewCommand("NOOP") }

// RFC 2177 §3
func idleCommand() (*wire.Command, error) { return wire.NewCommand("IDLE"), nil }
