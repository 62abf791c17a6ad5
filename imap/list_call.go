package imap

import (
	"context"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// maxListed is how many mailboxes one answer may have.
const maxListed = 100_000

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
		l.client.names.learn(r.list.Mailbox, r.list.RawName)
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
	n := 128 + len(e.Mailbox) + len(e.RawName)
	for _, a := range e.Attributes {
		n += 16 + len(a)
	}
	for _, x := range e.Extended {
		n += 40 + len(x.Name) + 2*len(x.Value)
	}
	return int64(n)
}
