package watchtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// Watch yields what the test says, as the method of watch.Watcher does: first
// that there is a connection, then a batch a step, at the end an error. Each call
// is a start of the program: it begins with what was not committed, with the
// same IDs, and leaves out what is gone by then. A real Watcher may put those
// messages into other batches than before, and the connection may be lost at any
// time.
func (s *Source) Watch(ctx context.Context) iter.Seq2[*watch.Batch, error] {
	return func(yield func(*watch.Batch, error) bool) {
		p := &play{Source: s, yield: yield, told: map[*step]bool{}, order: map[*box][]batch{}, committed: map[*box]int{}}
		defer p.hangUp()
		if err := p.play(ctx); !errors.Is(err, errLeft) {
			yield(nil, fmt.Errorf("watch: %w", err))
		}
	}
}

var errLeft = errors.New("the loop was left")

// play is one call of Watch.
type play struct {
	*Source
	yield  func(*watch.Batch, error) bool
	client *imap.Client // nil: none
	online bool         // the loop knows that there is a connection
	lost   bool         // ... and that there is none
	fails  int          // attempts

	told      map[*step]bool
	order     map[*box][]batch // of each mailbox, as they were told
	committed map[*box]int     // how many of them
}

// batch is what a step was told as.
type batch struct {
	st     *step
	events []watch.Event
}

func (p *play) play(ctx context.Context) error {
	p.mu.Lock()
	p.begin()
	for _, st := range p.log {
		st.over = st.over && !st.open() // it is told again
	}
	p.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		st, added := p.next()
		var err error
		switch {
		case st == nil && !p.online && !p.lost:
			err = p.goOnline(ctx)
		case st == nil && !p.Live:
			return ErrEnd
		case st == nil:
			select {
			case <-added:
			case <-ctx.Done():
			}
		default:
			err = p.tell(ctx, st)
		}
		if err != nil {
			return err
		}
	}
}

// next is the step to be told now; nil: there is none until more is added.
func (p *play) next() (st *step, added <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.log {
		if st.open() && !p.told[st] {
			return st, nil
		}
	}
	return nil, p.added
}

// tell yields what a step is.
func (p *play) tell(ctx context.Context, st *step) error {
	if st.kind != end && st.kind != disconnect && !p.online {
		return p.goOnline(ctx) // and then comes the step
	}
	p.told[st] = true
	defer p.finish(st)
	switch st.kind {
	case end:
		return st.err
	case connect:
		return nil
	case disconnect:
		return p.goOffline(ctx, st.err)
	}
	open, err := p.happenOpen(ctx, st)
	if err != nil {
		return err
	}
	if st.box == nil {
		return p.give(&watch.Batch{Events: st.events, Open: open})
	}
	return p.tellBox(ctx, st, open)
}

// finish notes that the loop's body has ended.
func (p *play) finish(st *step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st.told, st.over = true, true
	close(p.played)
	p.played = make(chan struct{})
}

// happenOpen lets the step happen, and opens its mailbox.
func (p *play) happenOpen(ctx context.Context, st *step) (*imap.Mailbox, error) {
	p.mu.Lock()
	p.happen(st)
	name := p.names()[0]
	if st.box != nil {
		name = st.box.name
	}
	p.mu.Unlock()
	return p.open(ctx, name)
}

// tellBox yields a batch of a mailbox.
func (p *play) tellBox(ctx context.Context, st *step, open *imap.Mailbox) error {
	found, err := p.fetch(ctx, st, open)
	if err != nil {
		return err
	}
	p.mu.Lock()
	var known, fresh int
	if st.kind == reset {
		known, fresh = p.count(st.box)
	}
	events := p.describe(st, found, known, fresh)
	st.events = events
	p.order[st.box] = append(p.order[st.box], batch{st, events})
	number := len(p.order[st.box])
	if len(events) == 0 {
		st.committed = true // there is nothing to it
	}
	b := watch.NewBatch(st.box.name, events, func(_ context.Context, c watch.Cursor) error { return p.commit(st.box, number, c) })
	b.Cursor, b.Open = st.cursor, open
	p.mu.Unlock()
	if len(events) == 0 {
		return nil
	}
	return p.give(b)
}

func (p *play) give(b *watch.Batch) error {
	if !p.yield(b, nil) {
		return errLeft
	}
	return nil
}

// count says how many of a mailbox's messages will not be told any more, and how
// many will.
func (p *play) count(b *box) (known, fresh int) {
	for _, st := range p.log {
		if st.box == b && st.kind == arrive && st.open() && st.done && !p.told[st] {
			fresh += len(p.present(b, st.uids))
		}
	}
	return len(p.server.Messages(User, b.name)) - fresh, fresh
}

// commit is what Batch.Commit and CommitFirst do.
func (p *play) commit(b *box, number int, c watch.Cursor) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.refusal != nil:
		return p.refusal
	case number < p.committed[b]:
		return watch.ErrBackward
	}
	for _, t := range p.order[b][:number-1] {
		p.keep(t, t.st.cursor)
	}
	p.keep(p.order[b][number-1], c)
	p.committed[b] = number
	return nil
}

// keep commits a batch, if c is behind all of it, or its messages before c.
func (p *play) keep(t batch, c watch.Cursor) {
	if t.st.committed {
		return
	}
	whole := c == t.st.cursor
	for _, e := range t.events {
		m, ok := e.(watch.Arrived)
		if ok && m.UID < t.st.below || !whole && (!ok || m.UID >= c.UIDNext) {
			continue
		}
		p.Source.committed = append(p.Source.committed, e)
	}
	t.st.committed = whole
	t.st.below = max(t.st.below, c.UIDNext)
}

// goOnline says that there is a connection.
func (p *play) goOnline(ctx context.Context) error {
	p.mu.Lock()
	names := p.names()
	cursors := p.cursors(names)
	p.mu.Unlock()
	open, err := p.open(ctx, names[0])
	if err != nil {
		return err
	}
	on := watch.Online{Mailboxes: names, Cursors: cursors, Mode: watch.ModeIdle, Attempt: p.fails + 1}
	if len(names) > 1 {
		on.Mode = watch.ModeNotify
	}
	p.online, p.lost, p.fails = true, false, 0
	return p.give(&watch.Batch{Events: []watch.Event{on}, Open: open})
}

const longestRetry = 5 * time.Minute

// goOffline says that there is none.
func (p *play) goOffline(ctx context.Context, err error) error {
	p.hangUp()
	p.online, p.lost = false, true
	p.fails++
	p.mu.Lock()
	names := p.names()
	p.mu.Unlock()
	return p.give(&watch.Batch{Events: []watch.Event{watch.Offline{
		Mailboxes: names, Reason: watch.ReasonOf(err), Class: watch.ClassOf(err), Err: err,
		Retry: min(time.Second<<min(p.fails-1, 20), longestRetry), Attempt: p.fails,
	}}})
}

// cursors are where the mailboxes go on.
func (p *play) cursors(names []string) (cursors []watch.Cursor) {
	for _, name := range names {
		b := p.boxes[name]
		c := watch.Cursor{UIDValidity: p.server.UIDValidity(User, name), UIDNext: 1}
		for _, st := range p.log {
			if st.box == b && st.done && (p.told[st] || !st.open()) {
				c = st.cursor
			}
		}
		cursors = append(cursors, c)
	}
	return cursors
}

// names are those of the mailboxes; INBOX if there are none.
func (s *Source) names() []string {
	if len(s.boxes) == 0 {
		s.box("")
	}
	return slices.Sorted(maps.Keys(s.boxes))
}

// open selects a mailbox, on a new connection if the handler has broken the old
// one.
func (p *play) open(ctx context.Context, name string) (*imap.Mailbox, error) {
	if p.client != nil && p.client.Err() != nil {
		p.hangUp()
	}
	if p.client == nil {
		c, err := p.Dial(ctx)
		if err != nil {
			return nil, err
		}
		p.client = c
	}
	return p.client.Select(ctx, name, &imap.SelectOptions{ReadOnly: true})
}

func (p *play) hangUp() {
	if p.client != nil {
		_ = p.client.Close()
		p.client = nil
	}
}
