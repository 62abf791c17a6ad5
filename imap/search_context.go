package imap

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ErrOutOfStep says that changes of a search result were lost, could not be
// read, or do not fit the result: it is to be asked for anew.
var ErrOutOfStep = errors.New("imap: the result is out of step with the server; search again")

// SearchContext is a search whose result the server keeps up to date: it tells
// which messages come to it and which go (RFC 5267). It ends with Close, or when
// another mailbox is selected.
type SearchContext struct {
	box *Mailbox
	// Result is what was found at first, by the options that were given. The
	// changes are those of all that the query finds, whatever the options.
	Result *SearchResult

	tag string
	ear *listener[ResultChange]
}

// SearchContext searches, and has the server tell how the result changes from
// then on. It needs the capability CONTEXT=SEARCH. If the server finds but does
// not tell changes, the error is a *ResponseError with CodeNoUpdate; the
// context that is returned with it has the Result.
func (m *Mailbox) SearchContext(ctx context.Context, q Query, opts *SearchOptions) (*SearchContext, error) {
	if !m.client.offers("CONTEXT=SEARCH") {
		return nil, &UnsupportedError{Capability: "CONTEXT=SEARCH", What: "SearchContext"}
	}
	s, err := m.searching("UID SEARCH", q, opts)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx)
}

// SortContext is SearchContext for a sorted result: the changes have positions
// in the order. It needs the capability CONTEXT=SORT.
func (m *Mailbox) SortContext(ctx context.Context, q Query, keys []SortKey, opts *SearchOptions) (*SearchContext, error) {
	if !m.client.offers("CONTEXT=SORT") {
		return nil, &UnsupportedError{Capability: "CONTEXT=SORT", What: "SortContext"}
	}
	s, err := m.sorting(q, keys, opts)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx)
}

// follow searches with UPDATE.
func (s *searching) follow(ctx context.Context) (*SearchContext, error) {
	x := &SearchContext{box: s.box, ear: new(listeners[ResultChange]).join()}
	s.live = x
	if err := s.do(ctx); err != nil {
		x.abandon(err)
		return nil, err
	}
	x.Result = s.result()
	c := s.box.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if refused, ok := errors.AsType[*ResponseError](x.ear.err); ok {
		return x, refused
	}
	return x, nil
}

// abandon ends a context whose search came to nothing. The server is told to
// stop, unless it has refused.
func (x *SearchContext) abandon(err error) {
	m := x.box
	c := m.client
	c.mu.Lock()
	defer c.mu.Unlock()
	m.closeContext(x, errContextClosed)
	if x.tag != "" && !isResponseError(err) {
		_ = c.submitLocked(x.cancel()) // or the connection is gone, which does as well
	}
}

// Changes yields the changes in the order in which they are to be applied,
// those since the search first: see [ResultChange.Apply]. They come with
// whatever else the server says; somebody has to listen, by Idle, or ask, by
// Noop. The loop ends with ctx's error, with ErrDeselected, with nothing after
// Close, and with ErrOutOfStep when changes were lost. Only one loop at a time
// gets them; another one goes on where it was left.
func (x *SearchContext) Changes(ctx context.Context) iter.Seq2[ResultChange, error] {
	return func(yield func(ResultChange, error) bool) {
		for {
			change, ok, err := x.next()
			if ok {
				if !yield(change, nil) {
					return
				}
				continue
			}
			if err != nil {
				if !errors.Is(err, errContextClosed) {
					yield(ResultChange{}, err)
				}
				return
			}
			select {
			case <-x.ear.ready:
			case <-ctx.Done():
				yield(ResultChange{}, canceled(ctx, "changes of a search"))
				return
			}
		}
	}
}

// next takes a change if there is one.
func (x *SearchContext) next() (change ResultChange, ok bool, err error) {
	c := x.box.client
	c.mu.Lock()
	defer c.mu.Unlock()
	l := x.ear
	if len(l.items) > 0 {
		change, l.items = l.items[0], l.items[1:]
		return change, true, nil
	}
	l.items = nil
	return ResultChange{}, false, l.err
}

// errContextClosed ends the loops over the changes of a context that was closed.
var errContextClosed = errors.New("imap: the search context was closed")

// Close makes the server stop telling changes (RFC 5267 §4.3.5). It does nothing
// if it has stopped already.
func (x *SearchContext) Close(ctx context.Context) error {
	m := x.box
	c := m.client
	c.mu.Lock()
	open := m.contexts[x.tag] == x
	if open {
		m.closeContext(x, errContextClosed)
	}
	c.mu.Unlock()
	if !open {
		return nil
	}
	return m.do(ctx, x.cancel())
}

// RFC 5267 §5, command-select
func (x *SearchContext) cancel() *call {
	return x.box.call("CANCELUPDATE", footprint{class: classSearch}, func(cmd *wire.Command) { cmd.String(x.tag) })
}

// openContext is called when the search is written.
func (m *Mailbox) openContext(x *SearchContext, tag string) {
	if m.contexts == nil {
		m.contexts = make(map[string]*SearchContext)
	}
	x.tag = tag
	m.contexts[tag] = x
}

// closeContext ends what a context is told.
func (m *Mailbox) closeContext(x *SearchContext, err error) {
	if m.contexts[x.tag] == x {
		delete(m.contexts, x.tag)
	}
	x.ear.end(err)
}

// closeContexts ends them all: the mailbox was left, or something was lost.
func (m *Mailbox) closeContexts(err error) {
	for _, x := range m.contexts {
		m.closeContext(x, err)
	}
}

// changed hands changes of a result to the context they are about.
func (m *Mailbox) resultChanged(d *searchData, size int) {
	x := m.contexts[d.tag]
	if x == nil {
		return
	}
	all := listeners[ResultChange]{all: []*listener[ResultChange]{x.ear}}
	for i, change := range d.changes {
		if i > 0 {
			size = 0
		}
		all.add(change, max(size, 1))
	}
	if x.ear.dropped > 0 {
		m.closeContext(x, ErrOutOfStep)
	}
}

// notUpdated is called for NOUPDATE (RFC 5267 §4.3.1).
func (m *Mailbox) notUpdated(r *response) {
	x := m.contexts[strings.Trim(r.code.Data, `"`)]
	if x == nil {
		return
	}
	m.closeContext(x, responseError("SEARCH", r))
}
