package imap

import (
	"context"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// SelectOptions are the settings of Select.
type SelectOptions struct {
	// ReadOnly opens the mailbox by EXAMINE: nothing in it changes, not even
	// \Recent.
	ReadOnly bool
	// Writable makes Select fail with ErrReadOnly if the server opens the
	// mailbox read-only, for lack of rights for instance; no mailbox is selected
	// then. Otherwise State tells, and what would change the mailbox returns
	// ErrReadOnly.
	Writable bool
	// CondStore asks the server for mod-sequences (RFC 7162 §3.1.8, capability
	// CONDSTORE or QRESYNC): State tells HighestModSeq or NoModSeq, and what is
	// told of messages from now on has their ModSeq.
	CondStore bool
	// Resync asks what has changed since an earlier time (RFC 7162 §3.2.5):
	// [Mailbox.Resync] has the answer. QRESYNC must be enabled. Nil: do not ask.
	Resync *Resync
	// Annotate asks to be told of annotations that somebody changes, as
	// [Changed] (RFC 5257 §4.2, capability ANNOTATE-EXPERIMENT-1).
	Annotate bool
	// KeepUpdates keeps what the server says while no loop listens, be it before
	// the first or between two: the next loop over Idle, IdleBursts or Updates
	// begins with it. So none is missed, or an Overflow says so. Resync implies
	// it.
	KeepUpdates bool
}

// Select opens a mailbox (RFC 9051 §6.3.2). The mailbox that was selected
// before is left, without expunging anything; its handle returns ErrDeselected.
// If the server refuses, a *ResponseError, no mailbox is selected; its Code is
// CodeNonExistent if there is no such mailbox, whether the server says so or
// not (then LIST is asked).
func (c *Client) Select(ctx context.Context, mailbox string, opts *SelectOptions) (*Mailbox, error) {
	if opts == nil {
		opts = &SelectOptions{}
	}
	if err := c.checkSelect(opts); err != nil {
		return nil, err
	}
	verb := "SELECT"
	if opts.ReadOnly {
		verb = "EXAMINE"
	}
	if err := c.introduce(ctx); err != nil {
		return nil, err
	}
	m := &Mailbox{client: c, name: mailbox}
	m.state.Name = mailbox
	k := &call{name: verb, foot: footprint{class: classBarrier}}
	k.cmd = newCommand(verb).AString(c.wireName(mailbox))
	octets, _ := c.room(2*len(mailbox) + modifiersRoom)
	opts.parameters(k.cmd, octets)
	k.written = func() { c.open(m, verb == "EXAMINE") }
	k.finish = func(r *response) { c.opened(m, r) }
	if opts.KeepUpdates || opts.Resync != nil {
		m.kept = new(listener[Update])
	}
	if opts.Resync != nil {
		m.resynced = new(Resynced)
		k.claim = func(r *response) bool { return c.opening == m && m.claimResync(r) }
		k.answers = []string{"FETCH", "UIDFETCH", "VANISHED"}
		k.lost = func(err error) { m.resynced.fail(err) }
		k.finish = func(r *response) {
			m.resynced.settle(opts.Resync, &m.state)
			c.opened(m, r)
		}
	}
	if err := c.do(ctx, k); err != nil {
		return nil, c.explainRefusal(ctx, mailbox, err)
	}
	if opts.Writable && m.State().ReadOnly {
		return nil, firstOf(m.Unselect(ctx), ErrReadOnly)
	}
	return m, nil
}

// checkSelect returns why a mailbox cannot be opened in this way, if so.
func (c *Client) checkSelect(opts *SelectOptions) error {
	if opts.Annotate && !c.offers("ANNOTATE-EXPERIMENT-1") {
		return &UnsupportedError{Capability: "ANNOTATE-EXPERIMENT-1", What: "Select with Annotate"}
	}
	if opts.Resync != nil {
		return c.needsEnabled("QRESYNC", "Select with Resync")
	}
	if opts.CondStore && !c.offers("CONDSTORE", "QRESYNC") {
		return &UnsupportedError{Capability: "CONDSTORE", What: "Select with CondStore"}
	}
	return nil
}

// RFC 4466 §2.1, select-params. QRESYNC turns CONDSTORE on, and there are
// servers that do not take both (Purelymail).
func (o *SelectOptions) parameters(cmd *wire.Command, octets int) {
	if o.Resync == nil && !o.CondStore && !o.Annotate {
		return
	}
	cmd.List(func() {
		switch {
		case o.Resync != nil:
			o.Resync.fitting(octets).appendTo(cmd)
		case o.CondStore:
			cmd.Atom("CONDSTORE")
		}
		if o.Annotate {
			cmd.Atom("ANNOTATE")
		}
	})
}

// explainRefusal says so if nobody is logged in, and gives a refusal without a
// code, as Dovecot's, the code NONEXISTENT if the mailbox is not listed either.
func (c *Client) explainRefusal(ctx context.Context, name string, err error) error {
	refused, ok := err.(*ResponseError)
	if ok && !c.Authenticated() {
		return fmt.Errorf("%w; nobody is logged in: call LoginWith first", err)
	}
	if !ok || refused.Status != StatusNo || refused.Code != "" || strings.ContainsAny(name, "*%") {
		return err
	}
	for _, problem := range c.List(ctx, name, nil) {
		_ = problem // listed, or nobody knows
		return err
	}
	refused.Code = CodeNonExistent
	return refused
}

// Examine opens a mailbox read-only: Select with ReadOnly.
func (c *Client) Examine(ctx context.Context, mailbox string) (*Mailbox, error) {
	return c.Select(ctx, mailbox, &SelectOptions{ReadOnly: true})
}

// open is called when SELECT is written: from now on, or from [CLOSED] on
// where the server says that, data is about the new mailbox.
func (c *Client) open(m *Mailbox, readOnly bool) {
	m.state.ReadOnly, m.examined = readOnly, readOnly
	c.previous, c.opening = c.box, m
	m.live = c.previous == nil || !c.caps.has("QRESYNC") && !c.caps.has("IMAP4REV2")
	c.box = nil
	if c.previous != nil {
		c.previous.left = true
	}
}

// guess takes what may be about the mailbox that is being opened, or about the
// previous one: some servers should say [CLOSED] in between and never do. If it
// comes, the guess is forgotten.
func (m *Mailbox) guess(r *response) {
	switch r.kind {
	case kindExists, kindRecent, kindFlags:
		m.apply(r)
	}
}

// opened is called at SELECT's tagged reply.
func (c *Client) opened(m *Mailbox, r *response) {
	c.opening = nil
	old := c.previous
	c.previous = nil
	if r.status == StatusBad && old != nil {
		old.left = false
		c.box = old
		m.deselect()
		return
	}
	if old != nil {
		old.deselect()
		c.dropIdleLoops(old, ErrDeselected)
	}
	if r.status != StatusOK {
		m.deselect()
		return
	}
	m.live, m.seen, m.modSeqs, m.nameless = true, m.changes, modSeqs{}, false
	if m.kept != nil {
		*m.kept = listener[Update]{} // of what SELECT itself was answered with
	}
	c.box = m
}

// leave ends the selected state for a handle.
func (c *Client) leave(m *Mailbox) {
	if c.box == m {
		c.box = nil
	}
	m.deselect()
	c.dropIdleLoops(m, ErrDeselected)
}

// Unselect leaves the mailbox without expunging anything (RFC 3691). Where the
// server lacks UNSELECT, the mailbox is opened read-only first, so that CLOSE
// expunges nothing.
func (m *Mailbox) Unselect(ctx context.Context) error {
	c := m.client
	c.mu.Lock()
	has := c.caps.has("UNSELECT") || c.caps.has("IMAP4REV2")
	err := m.usable()
	readOnly := m.state.ReadOnly
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if has {
		return c.do(ctx, m.leaving("UNSELECT"))
	}
	if readOnly {
		return c.do(ctx, m.leaving("CLOSE"))
	}
	again, err := c.Examine(ctx, m.name)
	if err != nil {
		return err
	}
	return c.do(ctx, again.leaving("CLOSE"))
}

// CloseAndExpunge removes all messages that are marked \Deleted and leaves the
// mailbox: IMAP's CLOSE (RFC 9051 §6.4.1). In a read-only mailbox nothing is
// removed.
func (m *Mailbox) CloseAndExpunge(ctx context.Context) error {
	return m.client.do(ctx, m.leaving("CLOSE"))
}

// leaving is a call that leaves the mailbox, whatever the answer but BAD.
func (m *Mailbox) leaving(name string) *call {
	k := m.call(name, footprint{class: classBarrier}, nil)
	k.finish = func(r *response) {
		if r.status != StatusBad {
			m.client.leave(m)
		}
	}
	return k
}
