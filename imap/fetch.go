package imap

import (
	"context"
	"iter"
)

// FetchOptions say what Fetch asks for. The UID always comes. Reading marks
// nothing as seen unless MarkSeen is set.
type FetchOptions struct {
	Flags         bool
	Envelope      bool
	BodyStructure bool
	InternalDate  bool
	Size          bool
	ModSeq        bool // needs CONDSTORE
	SaveDate      bool // needs SAVEDATE (RFC 8514)
	Preview       bool // needs PREVIEW (RFC 8970)
	LazyPreview   bool // Preview, only if the server has it at hand: a quick answer
	EmailID       bool // needs OBJECTID (RFC 8474)
	ThreadID      bool // the same

	// GmailMessageID, GmailThreadID and GmailLabels need X-GM-EXT-1.
	GmailMessageID, GmailThreadID, GmailLabels bool

	// Annotations asks for annotations; nil: none. It needs
	// ANNOTATE-EXPERIMENT-1 (RFC 5257).
	Annotations *AnnotationQuery
	// BinarySizes asks for the decoded size of parts, such as "1.2", for
	// Message.BinarySize. It needs BINARY (RFC 3516).
	BinarySizes []string
	// Items asks for items of extensions that have no field here, by name; one
	// atom each. The answers are in Message.Raw, or in the item's field if it
	// has one.
	Items []string
	// Sections asks for parts of the message, for Message.Body and Bodies.
	Sections []Section
	// MarkSeen sets \Seen on the messages whose Sections are read.
	MarkSeen bool
	// ChangedSince leaves out messages whose mod-sequence is not above it, and
	// asks for ModSeq (RFC 7162 §3.1.4.1, CONDSTORE). 0: no condition. All that
	// changed is asked for in one command, so Slice means nothing.
	ChangedSince uint64
	// Vanished, with ChangedSince, is set to those of the UIDs that were expunged
	// since then (RFC 7162 §3.2.6). It is all there when the loop has ended
	// without an error, and is not to be read before. QRESYNC must be enabled.
	// The server may tell of UIDs that never were.
	Vanished *UIDSet
	// Partial asks for the messages in some places among the UIDs (RFC 9394
	// §3.3, capability PARTIAL). Together with ChangedSince the server chooses
	// the places first.
	Partial Partial
	// Slice is how many messages one command asks for; 0: 500, and with bodies
	// as many as come to about 1 MiB. What is under way when a loop is left has
	// to be read over before other commands are answered.
	Slice int
}

// Fetch yields messages with what opts ask for, in the order in which the
// server sends them (RFC 9051 §6.4.5). UIDs that do not exist are left out.
//
// Messages are asked for in slices, one ahead of the loop, so that other
// commands, the loop body's included, can be sent in between; what arrives in
// this time is kept, in memory and then in a file. break leaves the connection
// good. If the server refuses a slice the others still come; the error is the
// last thing that is yielded, a *PartialError that names those that did not
// come. What needs a capability that the server does not
// offer is an *UnsupportedError, before anything is sent.
func (m *Mailbox) Fetch(ctx context.Context, uids UIDs, opts *FetchOptions) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		if opts == nil {
			opts = &FetchOptions{Flags: true}
		}
		saved, err := m.savedIn(uids)
		set, few := uids.uidSet(), false
		if err == nil && set.Empty() {
			return
		}
		if err == nil {
			err = m.client.supports(opts)
		}
		if err == nil {
			err = m.checkFetch(opts)
		}
		if err == nil {
			set, few, err = m.resolve(ctx, set, opts)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		op := newFetch(ctx, m, opts, set.set)
		op.saved, op.few = saved, few
		op.run(yield)
	}
}

// FetchSeq is Fetch by sequence numbers, which are turned into UIDs first.
func (m *Mailbox) FetchSeq(ctx context.Context, seqs SeqSet, opts *FetchOptions) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		uids, err := m.UIDs(ctx, seqs)
		if err != nil {
			yield(nil, err)
			return
		}
		m.Fetch(ctx, uids, opts)(yield)
	}
}

// resolve turns a set that may hold many messages, or holds "*", into the UIDs
// that exist now, if they do not fit a slice anyway. few says that they do,
// however many UIDs the set has.
func (m *Mailbox) resolve(ctx context.Context, set UIDSet, opts *FetchOptions) (_ UIDSet, few bool, _ error) {
	c := m.client
	c.mu.Lock()
	err := m.usable()
	exists, unsure, most := uint64(m.state.Exists), m.unsure, uint64(c.caps.messageLimit())
	c.mu.Unlock()
	if err != nil || opts.atOnce() {
		return set, false, err
	}
	slice := uint64(fetchSlice)
	if opts.Slice > 0 {
		slice = uint64(opts.Slice)
	}
	few = exists <= slice && !unsure
	switch {
	case set.Len() <= slice, few && set.set.Dynamic():
		return set, false, nil
	case few && !opts.bodies() && (most == 0 || exists <= most):
		return set, true, nil
	}
	set, err = m.searchSet(ctx, set)
	return set, false, err
}

// searchSet asks which UIDs of a set exist. "n:*" holds the highest UID even
// if it is below n; that one is left out.
func (m *Mailbox) searchSet(ctx context.Context, set UIDSet) (UIDSet, error) {
	found, err := m.Search(ctx, uidQuery(set.set))
	if err != nil {
		return found, err
	}
	return UIDSet{found.set.And(set.set)}, nil
}
