package imap

import (
	"context"
	"iter"
)

// ListOptions refine a List. What starts with Select says which mailboxes are
// wanted, what starts with Return what is wanted to be known of them. Where the
// server's LIST cannot do it, other commands are sent, as each field says; a
// server that offers it and then answers BAD is asked again with less, and on
// this connection not for that again. Servers may leave out attributes that were
// not asked for once anything was asked for.
type ListOptions struct {
	// Reference is what the patterns are relative to; "": nothing. What that
	// means is up to the server.
	Reference string
	// Patterns are more patterns: a mailbox is yielded once, whichever it
	// matches. Without LIST-EXTENDED (RFC 5258), a LIST is sent for each.
	Patterns []string

	// SelectSubscribed wants the mailboxes that are subscribed, also those that
	// do not exist; they have the attribute \Subscribed. Without LIST-EXTENDED,
	// LIST and LSUB are sent.
	SelectSubscribed bool
	// SelectRemote wants mailboxes on other servers too. It needs LIST-EXTENDED.
	SelectRemote bool
	// SelectRecursiveMatch wants a mailbox also if one below it is selected:
	// its ChildInfo says so. It needs SelectSubscribed, or SelectSpecialUse and
	// LIST-EXTENDED.
	SelectRecursiveMatch bool
	// SelectSpecialUse wants the mailboxes that have a special use. It needs
	// SPECIAL-USE (RFC 6154) or XLIST.
	SelectSpecialUse bool

	// ReturnSubscribed wants the attribute \Subscribed. Without LIST-EXTENDED,
	// LSUB is sent.
	ReturnSubscribed bool
	// ReturnChildren wants the attribute \HasChildren or \HasNoChildren. Without
	// LIST-EXTENDED and CHILDREN (RFC 3348) there is none.
	ReturnChildren bool
	// ReturnSpecialUse wants the attributes of special use: see
	// [ListEntry.SpecialUses]. Without SPECIAL-USE, and with XLIST, that is sent;
	// with neither there are none.
	ReturnSpecialUse bool
	// ReturnStatus wants Status, with these items. Without LIST-STATUS (RFC
	// 5819), STATUS is sent for each mailbox, some ahead of the loop. A mailbox
	// that cannot be selected has none, and neither has one that the server
	// refuses it for.
	ReturnStatus []StatusItem
	// ReturnMyRights wants MyRights. Without LIST-MYRIGHTS (RFC 8440), MYRIGHTS
	// is sent for each mailbox, which needs ACL.
	ReturnMyRights bool
	// ReturnMetadata wants Metadata, with these entries. Without LIST-METADATA
	// (RFC 9590), GETMETADATA is sent for each mailbox, which needs METADATA.
	ReturnMetadata []string
}

// List yields the mailboxes that match a pattern, in which "*" stands for
// anything and "%" for anything within one level of the hierarchy
// (RFC 9051 §6.3.9). An error comes last, behind what was answered before it;
// what the server lacks for opts is an *UnsupportedError. Each range over it
// asks the server anew, and begins when it has answered.
func (c *Client) List(ctx context.Context, pattern string, opts *ListOptions) iter.Seq2[*ListEntry, error] {
	if opts == nil {
		opts = &ListOptions{}
	}
	return func(yield func(*ListEntry, error) bool) {
		l := &lister{client: c, opts: opts, patterns: append([]string{pattern}, opts.Patterns...)}
		entries, err := l.list(ctx)
		if l.fillsIn() && err == nil {
			l.fill(ctx, entries, yield)
			return
		}
		yieldAll(entries, err, yield)
	}
}

// ListSubscribed is List for the mailboxes that the user is subscribed to, by
// LSUB (RFC 3501 §6.3.9): one with the attribute \Noselect may only be above
// one that is. With IMAP4rev2, which has no LSUB, and with opts that ask for
// more than names, it is List with SelectSubscribed.
func (c *Client) ListSubscribed(ctx context.Context, pattern string, opts *ListOptions) iter.Seq2[*ListEntry, error] {
	if opts == nil {
		opts = &ListOptions{}
	}
	return func(yield func(*ListEntry, error) bool) {
		if opts.wants() != 0 || c.Protocol() == IMAP4rev2 {
			o := *opts
			o.SelectSubscribed = true
			c.List(ctx, pattern, &o)(yield)
			return
		}
		l := &listing{client: c, name: "LSUB", kind: kindLsub, foot: footprint{class: classLsub}}
		err := l.do(ctx, opts.Reference, pattern)
		yieldAll(l.entries, err, yield)
	}
}

func yieldAll(entries []*ListEntry, err error, yield func(*ListEntry, error) bool) {
	for _, e := range entries {
		if !yield(e, nil) {
			return
		}
	}
	if err != nil {
		yield(nil, err)
	}
}

// Exists says whether there is a mailbox of that name, by LIST: also one that
// cannot be selected. Wildcards in the name stand for themselves; whether case
// matters is up to the server.
func (c *Client) Exists(ctx context.Context, mailbox string) (bool, error) {
	found := false
	if mailbox == "" {
		return false, nil // LIST answers that with the delimiter
	}
	for e, err := range c.List(ctx, mailbox, nil) {
		if err != nil {
			return false, err
		}
		found = found || e.is(mailbox) && !e.Has(`\NonExistent`)
	}
	return found, nil
}
