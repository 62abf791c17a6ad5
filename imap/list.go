package imap

import (
	"context"
	"iter"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ListOptions refine a List.
type ListOptions struct {
	// Reference is what the pattern is relative to; "": nothing. What that
	// means is up to the server.
	Reference string
}

// maxListed is how many mailboxes one answer may have.
const maxListed = 100_000

// List yields the mailboxes that match a pattern, in which "*" stands for
// anything and "%" for anything within one level of the hierarchy
// (RFC 9051 §6.3.9). An error comes last, behind what was answered before it.
// Each range over it asks the server anew, and begins when it has answered.
func (c *Client) List(ctx context.Context, pattern string, opts *ListOptions) iter.Seq2[*ListEntry, error] {
	return c.list(ctx, &listing{name: "LIST", kind: kindList, class: classList}, pattern, opts)
}

// ListSubscribed is List for the mailboxes that the user is subscribed to
// (RFC 3501 §6.3.9). One with the attribute \Noselect may only be above one
// that is.
func (c *Client) ListSubscribed(ctx context.Context, pattern string, opts *ListOptions) iter.Seq2[*ListEntry, error] {
	return c.list(ctx, &listing{name: "LSUB", kind: kindLsub, class: classLsub}, pattern, opts)
}

func (c *Client) list(ctx context.Context, what *listing, pattern string, opts *ListOptions) iter.Seq2[*ListEntry, error] {
	reference := ""
	if opts != nil {
		reference = opts.Reference
	}
	return func(yield func(*ListEntry, error) bool) {
		l := *what
		err := c.do(ctx, l.call(c, reference, pattern))
		if err == nil {
			err = l.err
		}
		for _, e := range l.entries {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// listing is one LIST or LSUB under way.
type listing struct {
	name    string
	kind    respKind
	class   class
	entries []*ListEntry
	size    int64
	err     error
}

func (l *listing) call(c *Client, reference, pattern string) *call {
	k := &call{name: l.name, foot: footprint{class: l.class}}
	k.prepare = func() (*wire.Command, error) {
		cmd := wire.NewCommand(l.name)
		return cmd.AString(c.names.wire(reference)).ListPattern(c.names.wire(pattern)), nil
	}
	k.claim = func(r *response) bool {
		if r.kind != l.kind {
			return false
		}
		c.names.learn(r.list.Mailbox, r.list.Raw)
		if !k.abandoned {
			l.add(r.list, c.opts.Limits.Held)
		}
		return true
	}
	return k
}

// add keeps an entry, up to a limit of the number and one of the memory.
func (l *listing) add(e *ListEntry, most int64) {
	if l.err != nil {
		return
	}
	switch l.size += entrySize(e); {
	case len(l.entries) == maxListed:
		l.err = &wire.LimitError{What: "number of mailboxes", Max: maxListed}
	case l.size > most:
		l.err = &wire.LimitError{What: "list of mailboxes", Max: uint64(most)}
	default:
		l.entries = append(l.entries, e)
	}
}

// entrySize is about how much memory an entry takes.
func entrySize(e *ListEntry) int64 {
	n := 128 + len(e.Mailbox) + len(e.Raw)
	for _, a := range e.Attributes {
		n += 16 + len(a)
	}
	for _, x := range e.Extended {
		n += 40 + len(x.Name) + len(x.Value)
	}
	return int64(n)
}
