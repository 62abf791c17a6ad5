package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Create makes a mailbox (RFC 9051 §6.3.4); [Client.CreateMailbox] says more.
func (c *Client) Create(ctx context.Context, mailbox string) error {
	_, err := c.CreateMailbox(ctx, mailbox, nil)
	return err
}

// Delete removes a mailbox and all that is in it (RFC 9051 §6.3.5). Of the
// mailboxes below it, nothing is removed.
func (c *Client) Delete(ctx context.Context, mailbox string) error {
	if m := c.Selected(); m != nil && m.name == canonicalName(mailbox) && c.hasQuirk(QuirkDeleteSelected) {
		if err := m.Unselect(ctx); err != nil {
			return err
		}
	}
	return c.nameCommand(ctx, "DELETE", mailbox)
}

// Rename gives a mailbox, and those below it, another name (RFC 9051 §6.3.6).
// Of INBOX, the messages are moved and an empty INBOX is left.
func (c *Client) Rename(ctx context.Context, from, to string) error {
	return c.nameCommand(ctx, "RENAME", from, to)
}

// Subscribe puts a mailbox on the list of those that the user is interested in
// (RFC 9051 §6.3.7).
func (c *Client) Subscribe(ctx context.Context, mailbox string) error {
	return c.nameCommand(ctx, "SUBSCRIBE", mailbox)
}

// Unsubscribe takes a mailbox off that list (RFC 9051 §6.3.8).
func (c *Client) Unsubscribe(ctx context.Context, mailbox string) error {
	return c.nameCommand(ctx, "UNSUBSCRIBE", mailbox)
}

// nameCommand sends a command whose arguments are names of mailboxes.
func (c *Client) nameCommand(ctx context.Context, name string, mailboxes ...string) error {
	k := &call{name: name, foot: footprint{class: classNames}}
	k.prepare = func() (*wire.Command, error) {
		cmd := wire.NewCommand(name)
		for _, mailbox := range mailboxes {
			cmd.AString(c.names.wire(mailbox))
		}
		return cmd, nil
	}
	return c.do(ctx, k)
}
