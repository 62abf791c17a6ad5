package imap

import (
	"context"
	"iter"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ListOptions refine a List. What starts with Select says which mailboxes are
// wanted, what starts with Return what is wanted to be known of them. Where the
// server's LIST cannot do it, other commands are sent, as each field says; a
// server that offers it and then answers BAD is asked again with less, and on
// this connection not for that again.
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

// maxListed is how many mailboxes one answer may have.
const maxListed = 100_000

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
func (c *Client) Exists(ctx context.Context, name string) (bool, error) {
	found := false
	if name == "" {
		return false, nil // LIST answers that with the delimiter
	}
	for e, err := range c.List(ctx, name, nil) {
		if err != nil {
			return false, err
		}
		found = found || e.is(name) && !e.Has(`\NonExistent`)
	}
	return found, nil
}

// listing is one LIST, XLIST or LSUB under way.
type listing struct {
	client  *Client
	name    string
	kind    respKind
	foot    footprint
	opts    *ListOptions
	ask     listWants // of the server, in this command
	entries []*ListEntry
	told    map[string]*listTold // by name: what came in other responses
	size    int64
	err     error
}

// listTold is what the server told of a mailbox beside LIST.
type listTold struct {
	status   *MailboxStatus
	rights   Rights
	metadata []MetadataEntry
}

func (l *listing) do(ctx context.Context, reference string, patterns ...string) error {
	err := l.client.do(ctx, l.call(reference, patterns))
	if err == nil {
		err = l.err
	}
	for _, e := range l.entries {
		if t := l.told[e.Mailbox]; t != nil {
			e.Status, e.MyRights, e.Metadata = t.status, t.rights, t.metadata
		}
	}
	return err
}

func (l *listing) call(reference string, patterns []string) *call {
	c := l.client
	k := &call{name: l.name, foot: l.foot, large: l.ask&returnMetadata != 0}
	k.prepare = func() (*wire.Command, error) {
		cmd := wire.NewCommand(l.name)
		l.addSelection(cmd)
		cmd.AString(c.names.wire(reference))
		if len(patterns) == 1 {
			cmd.ListPattern(c.names.wire(patterns[0]))
		} else {
			cmd.List(func() {
				for _, p := range patterns {
					cmd.ListPattern(c.names.wire(p))
				}
			})
		}
		l.addReturn(cmd)
		return cmd, nil
	}
	k.claim = func(r *response) bool { return l.claim(k, r) }
	k.answers = l.answers()
	return k
}

// claim takes the names, and whatever else was asked for.
func (l *listing) claim(k *call, r *response) bool {
	if r.kind == l.kind {
		l.client.names.learn(r.list.Mailbox, r.list.Raw)
		if !k.abandoned {
			l.add(r.list)
		}
		return true
	}
	var name string
	switch d := r.data.(type) {
	case *myRightsData:
		name = d.name
	case *metadataData:
		name = d.name
	default:
		if r.kind != kindStatus {
			return false
		}
		name = r.mbox.Mailbox
	}
	if !slices.Contains(k.answers, r.name) {
		return false
	}
	if !k.abandoned && l.err == nil {
		l.tell(name, r)
	}
	return true
}

// tell keeps what was told of a mailbox, before its name or behind it.
func (l *listing) tell(name string, r *response) {
	t := l.told[name]
	if t == nil {
		if l.told == nil {
			l.told = make(map[string]*listTold)
		}
		t = new(listTold)
		l.told[name] = t
	}
	l.grow(int64(r.size + 200))
	if l.err != nil {
		return
	}
	switch d := r.data.(type) {
	case *myRightsData:
		t.rights = d.rights
	case *metadataData:
		t.metadata = append(t.metadata, d.entries...)
	default:
		t.status = r.mbox
	}
}

// add keeps an entry, up to a limit of the number and one of the memory.
func (l *listing) add(e *ListEntry) {
	if len(l.entries) == maxListed && l.err == nil {
		l.err = &wire.LimitError{What: "number of mailboxes", Max: maxListed}
	}
	if l.grow(entrySize(e)); l.err == nil {
		l.entries = append(l.entries, e)
	}
}

// grow counts memory.
func (l *listing) grow(n int64) {
	most := l.client.opts.Limits.Held
	if l.size += n; l.size > most && l.err == nil {
		l.err = &wire.LimitError{What: "list of mailboxes", Max: uint64(most)}
	}
}

// entrySize is about how much memory an entry takes.
func entrySize(e *ListEntry) int64 {
	n := 128 + len(e.Mailbox) + len(e.Raw)
	for _, a := range e.Attributes {
		n += 16 + len(a)
	}
	for _, x := range e.Extended {
		n += 40 + len(x.Name) + 2*len(x.Value)
	}
	return int64(n)
}
