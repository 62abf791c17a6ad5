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

// Poll sends a NOOP and returns what the server told of the mailbox with it, for
// servers without IDLE. The first update is a State if something happened before
// that the handle's user was not told about.
func (m *Mailbox) Poll(ctx context.Context) ([]Update, error) {
	e, err := m.listen(false, 0)
	if err != nil {
		return nil, err
	}
	defer e.leave()
	if err := m.do(ctx, noopCall()); err != nil {
		return nil, err
	}
	m.client.mu.Lock()
	updates, _ := e.collect()
	m.client.mu.Unlock()
	for _, u := range updates {
		e.yielded(u, true)
	}
	return updates, nil
}
