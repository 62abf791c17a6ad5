package imap

import (
	"context"
	"fmt"
)

// AppendAllOptions are the settings of AppendAll.
type AppendAllOptions struct {
	// OneByOne appends the messages one after the other if the server lacks
	// MULTIAPPEND. Then some may be there although the call fails.
	OneByOne bool
}

// AppendAll adds several messages to a mailbox with one command: all of them or,
// if anything fails, none (RFC 3502). The results are in the order of the
// messages. It does nothing for no messages.
//
// A message of no bytes makes some servers refuse all: to them it means that the
// caller thought better of it.
//
// The messages are read one after the other, as Append reads its one, and what
// Append says of a message that breaks off goes for each: also between two of
// them a command that was begun cannot be taken back.
//
// With several messages it needs MULTIAPPEND; without it nothing is sent and
// the error is an *UnsupportedError, unless opts say OneByOne. Then the results
// have those messages that are there, also next to an error.
func (c *Client) AppendAll(ctx context.Context, mailbox string, messages []AppendMessage, opts *AppendAllOptions) ([]AppendResult, error) {
	switch {
	case len(messages) == 0:
		return nil, nil
	case len(messages) == 1 || c.offers("MULTIAPPEND"):
		return c.appendMessages(ctx, mailbox, messages)
	case opts == nil || !opts.OneByOne:
		return nil, &UnsupportedError{Capability: "MULTIAPPEND", What: "AppendAll"}
	}
	return c.appendOneByOne(ctx, mailbox, messages)
}

func (c *Client) appendOneByOne(ctx context.Context, mailbox string, messages []AppendMessage) ([]AppendResult, error) {
	for i := range messages { // what can be known is known before the first is sent
		if err := messages[i].check(c, "append"); err != nil {
			return nil, err
		}
	}
	results := make([]AppendResult, 0, len(messages))
	for i := range messages {
		r, err := c.appendOne(ctx, mailbox, messages[i])
		if err != nil {
			return results, fmt.Errorf("message %d of %d: %w", i+1, len(messages), err)
		}
		results = append(results, r)
	}
	return results, nil
}
