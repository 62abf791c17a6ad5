package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Query is what messages are searched for: package search has them. One with a
// method Charset() bool that returns true is sent with CHARSET UTF-8; one with a
// method UsesNumbers() bool that returns true has sequence numbers in it; one
// with a method Needs() []string is only sent to a server that offers these
// capabilities; one with a method Quick() bool that returns true is about UIDs
// alone, so that the server may be silent for [Timeouts].Command only; one whose
// method Split(octets, ranges int) returns several queries is too long for a
// command line, and Search sends these in its place: see search.Part.
type Query interface{ AppendTo(*wire.Command) }

// maxFound is how many ranges of numbers one answer may have, and how many
// messages where they are in order.
const maxFound = 4 << 20

// Search returns the UIDs of the messages that a query finds (RFC 9051
// §6.4.4); a nil query finds all. If the server does not know the charset, the
// error is a [*CharsetError]; if it lacks a key, an *UnsupportedError.
func (m *Mailbox) Search(ctx context.Context, q Query) (UIDSet, error) {
	var found UIDSet
	for _, part := range m.client.splitQuery(q) {
		r, err := m.ESearch(ctx, part, nil)
		if err != nil {
			return UIDSet{}, err
		}
		found.set = joinSets(found.set, r.UIDs.set)
	}
	return found, nil
}

// queryPart is a Query, of no package.
type queryPart = interface{ AppendTo(*wire.Command) }

// splitQuery returns the queries to send for one.
func (c *Client) splitQuery(q Query) []queryPart {
	if s, ok := q.(interface {
		Split(octets, ranges int) []queryPart
	}); ok {
		if parts := s.Split(c.room(len("RETURN (ALL) CHARSET UTF-8 "))); len(parts) > 1 {
			return parts
		}
	}
	return []queryPart{q}
}

// ESearch is Search that returns what opts say (RFC 4731, RFC 9051 §6.4.4). A
// server that lacks ESEARCH is asked for all messages, and so is one that
// answers something else than it was asked for; what opts ask for is taken from
// these. A server that looks at some of the messages only (RFC 9738) is asked
// for the others too, where that makes sense: not with Save.
func (m *Mailbox) ESearch(ctx context.Context, q Query, opts *SearchOptions) (*SearchResult, error) {
	s, err := m.searching("UID SEARCH", q, opts)
	if err != nil {
		return nil, err
	}
	if err := s.do(ctx); err != nil {
		return nil, err
	}
	return s.result(), nil
}

// SearchSeq is Search for sequence numbers. The set remembers when it was true:
// see [SeqSet].
func (m *Mailbox) SearchSeq(ctx context.Context, q Query) (SeqSet, error) {
	s, err := m.searching("SEARCH", q, nil)
	if err != nil {
		return SeqSet{}, err
	}
	s.foot.numbers, s.foot.byNumber = true, true
	if err := s.do(ctx); err != nil {
		return SeqSet{}, err
	}
	return SeqSet{set: s.found.nums, epoch: s.epoch, box: m}, nil
}

// UIDs returns the UIDs of the messages with some sequence numbers. The server
// is asked; numbers without a message have no UID.
func (m *Mailbox) UIDs(ctx context.Context, seqs SeqSet) (UIDSet, error) {
	var found UIDSet
	for _, part := range m.splitSeqs(seqs) {
		uids, err := m.uidsOf(ctx, part)
		if err != nil {
			return UIDSet{}, err
		}
		found.set = joinSets(found.set, uids.set)
	}
	return found, nil
}

// splitSeqs returns parts of a set that each fit a command line. What expunges
// in between make of the numbers is known, or refused.
func (m *Mailbox) splitSeqs(seqs SeqSet) (parts []SeqSet) {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	octets, ranges := m.client.roomLocked(len("RETURN (ALL) "))
	for rest := seqs.set; len(rest) > 0; {
		part := seqs
		part.set, rest = rest.CutText(octets, ranges)
		if seqs.box == nil && len(part.set) < len(seqs.set) {
			part.box, part.epoch = m, m.state.Epoch
		}
		parts = append(parts, part)
	}
	return parts
}

// uidsOf is UIDs for a set that fits a command line.
func (m *Mailbox) uidsOf(ctx context.Context, seqs SeqSet) (UIDSet, error) {
	s, err := m.searching("UID SEARCH", nil, nil)
	if err != nil {
		return UIDSet{}, err
	}
	s.numbers, s.foot.numbers = &seqs, true
	if err := s.do(ctx); err != nil {
		return UIDSet{}, err
	}
	return UIDSet{s.found.nums}, nil
}
