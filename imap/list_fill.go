package imap

import (
	"context"
	"errors"
)

// fillAhead is for how many mailboxes questions are asked before their turn in
// the loop has come.
const fillAhead = 16

var errNotNeeded = errors.New("imap: nobody waits any more")

// fillsIn says whether something has to be asked of each mailbox.
func (l *lister) fillsIn() bool { return l.rest&mailboxes != 0 }

// fill yields the mailboxes with what was asked of each.
func (l *lister) fill(ctx context.Context, entries []*ListEntry, yield func(*ListEntry, error) bool) {
	asked := make([][]*filling, len(entries))
	next := 0
	for i, e := range entries {
		var err error
		for ; next < len(entries) && next < i+fillAhead && err == nil; next++ {
			asked[next], err = l.questions(entries[next])
		}
		for _, f := range asked[i] {
			if err == nil {
				err = f.wait(ctx, l.client)
			}
		}
		if err != nil {
			l.forget(asked[i:])
			yield(nil, err)
			return
		}
		asked[i], entries[i] = nil, nil // what was asked of it may be large
		if !yield(e, nil) {
			l.forget(asked[i:])
			return
		}
	}
}

// filling is a question about a mailbox under way.
type filling struct {
	k    *call
	done func() error // takes the answer
}

// wait waits for the answer. A mailbox that the server refuses it for has none.
func (f *filling) wait(ctx context.Context, c *Client) error {
	err := c.wait(ctx, f.k)
	if refused, ok := errors.AsType[*ResponseError](err); ok && refused.Status == StatusNo {
		return nil
	}
	if err == nil {
		err = f.done()
	}
	return err
}

// questions asks what has to be asked of a mailbox.
func (l *lister) questions(e *ListEntry) (all []*filling, err error) {
	ask := func(k *call, done func() error) {
		if err != nil {
			return
		}
		if err = l.client.submit(k); err == nil {
			all = append(all, &filling{k, done})
		}
	}
	if l.rest&returnStatus != 0 && e.Selectable() {
		s := &statusQuery{client: l.client, name: canonicalName(e.Mailbox)}
		ask(s.call(l.opts.ReturnStatus), func() error {
			e.Status = s.answer
			return nil
		})
	}
	if l.rest&returnMyRights != 0 && !e.Has(`\NonExistent`) {
		var rights Rights
		a := l.client.askMyRights(e.Mailbox, func(d *myRightsData) { rights = d.rights })
		ask(a.call, func() error {
			e.MyRights = rights
			return nil
		})
	}
	if l.rest&returnMetadata != 0 && !e.Has(`\NonExistent`) {
		q := l.client.askMetadata(e.Mailbox, nil, l.opts.ReturnMetadata)
		q.most /= fillAhead // several are under way
		ask(q.call, func() error {
			e.Metadata = q.got.Entries
			return q.err
		})
	}
	return all, err
}

// forget gives up questions that nobody waits for.
func (l *lister) forget(asked [][]*filling) {
	l.client.mu.Lock()
	defer l.client.mu.Unlock()
	for _, all := range asked {
		for _, f := range all {
			l.client.abandon(f.k, errNotNeeded)
		}
	}
}
