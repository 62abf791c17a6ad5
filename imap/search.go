package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Query is what messages are searched for: package search has them. One with a
// method Charset() bool that returns true is sent with CHARSET UTF-8; one with a
// method UsesNumbers() bool that returns true has sequence numbers in it.
type Query interface{ AppendTo(*wire.Command) }

// maxFound is how many ranges of numbers one answer may have.
const maxFound = 4 << 20

// Search returns the UIDs of the messages that a query finds (RFC 9051
// §6.4.4); a nil query finds all. If the server does not know the charset, the
// error is a *ResponseError with CodeBadCharset.
func (m *Mailbox) Search(ctx context.Context, q Query) (UIDSet, error) {
	if uids, ok := q.(uidQuery); ok {
		return m.searchUIDs(ctx, wire.NumSet(uids))
	}
	return m.searchOnce(ctx, q)
}

func (m *Mailbox) searchOnce(ctx context.Context, q Query) (UIDSet, error) {
	s := &searching{box: m, name: "UID SEARCH"}
	s.foot.numbers = usesNumbers(q)
	set, err := s.do(ctx, q)
	return UIDSet{set}, err
}

// searchUIDs finds those of some UIDs that there are, in as many parts as it
// takes.
func (m *Mailbox) searchUIDs(ctx context.Context, set wire.NumSet) (found UIDSet, err error) {
	err = m.inParts(ctx, set, len("RETURN (ALL) UID "), func(part wire.NumSet) (*call, error) {
		some, err := m.searchOnce(ctx, uidQuery(part))
		found.set = joinSets(found.set, some.set)
		return nil, err
	})
	return found, err
}

// SearchSeq is Search for sequence numbers. The set remembers when it was true:
// see [SeqSet].
func (m *Mailbox) SearchSeq(ctx context.Context, q Query) (SeqSet, error) {
	s := &searching{box: m, name: "SEARCH"}
	s.foot.numbers, s.foot.byNumber, s.keyed = true, true, usesNumbers(q)
	set, err := s.do(ctx, q)
	if err != nil {
		return SeqSet{}, err
	}
	return SeqSet{set: set, epoch: s.epoch, box: m}, nil
}

// UIDs returns the UIDs of the messages with some sequence numbers. The server
// is asked; numbers without a message have no UID.
func (m *Mailbox) UIDs(ctx context.Context, set SeqSet) (UIDSet, error) {
	if set.Empty() {
		return UIDSet{}, nil
	}
	s := &searching{box: m, name: "UID SEARCH", numbers: &set}
	s.foot.numbers = true
	found, err := s.do(ctx, nil)
	return UIDSet{found}, err
}

// searching is one SEARCH under way.
type searching struct {
	box     *Mailbox
	name    string
	foot    footprint
	numbers *SeqSet // to be found, in place of a query
	keyed   bool    // of SEARCH: the query has numbers
	call    *call
	below   UID // only messages below it: where the server stopped before; 0: all

	// plain and extended are the command without and with RETURN (RFC 4731):
	// which it is to be is known when it is written, and the query is the
	// user's code, not to be run then.
	plain, extended *wire.Command

	began    uint64 // the epoch when it was written
	epoch    uint64 // of the answer
	answered bool
	byTag    bool // the answer bore the tag
	found    wire.NumSet
	unsorted bool
	err      error
}

// do searches, and goes on where the server stopped (RFC 9738).
func (s *searching) do(ctx context.Context, q Query) (wire.NumSet, error) {
	found, err := s.once(ctx, q)
	for err == nil && s.call.limited != nil && s.call.limited.Lowest > 1 {
		lowest := s.call.limited.Lowest
		if s.below != 0 && lowest >= s.below {
			return found, s.call.stuck()
		}
		*s = searching{box: s.box, name: s.name, foot: s.foot, numbers: s.numbers, below: lowest, epoch: s.epoch}
		epoch := s.epoch
		var more wire.NumSet
		if more, err = s.once(ctx, q); err == nil && s.foot.byNumber && s.epoch != epoch {
			err = ErrRenumbered
		}
		found = found.Union(more)
	}
	return found, err
}

// once sends one SEARCH.
func (s *searching) once(ctx context.Context, q Query) (wire.NumSet, error) {
	s.plain, s.extended = s.command(q, false), s.command(q, true)
	k := &call{name: s.name, foot: s.foot, slow: true}
	s.call = k
	k.foot.class = classSearch
	k.prepare = s.prepare
	k.written = func() { s.began = s.box.state.Epoch }
	k.claim = s.claim
	k.finish = func(*response) { s.finish() }
	s.box.client.mu.Lock()
	k.foot.tagged = s.box.client.tagsSearch()
	s.box.client.mu.Unlock()
	if err := s.box.do(ctx, k); err != nil {
		return nil, err
	}
	return s.found, s.err
}

// command builds the command, but for the numbers.
func (s *searching) command(q Query, extended bool) *wire.Command {
	cmd := wire.NewCommand(s.name)
	if extended {
		cmd.Atom("RETURN").List(func() { cmd.Atom("ALL") })
	}
	if x, ok := q.(interface{ Charset() bool }); ok && x.Charset() && !s.box.client.hasQuirk(QuirkNoCharset) {
		cmd.Charset("UTF-8")
	}
	if s.below > 1 {
		cmd.Atom("UID").Set(wire.NumSet{{First: 1, Last: uint32(s.below) - 1}})
	}
	switch {
	case s.numbers != nil:
	case q == nil:
		cmd.Atom("ALL")
	default:
		q.AppendTo(cmd)
	}
	return cmd
}

func usesNumbers(q Query) bool {
	x, ok := q.(interface{ UsesNumbers() bool })
	return ok && x.UsesNumbers()
}

// prepare chooses the command.
func (s *searching) prepare() (*wire.Command, error) {
	if err := s.box.usable(); err != nil {
		return nil, err
	}
	if s.foot.numbers {
		if err := s.box.numbered(); err != nil {
			return nil, err
		}
	}
	cmd, c := s.plain, s.box.client
	if c.extendsSearch() {
		cmd = s.extended
	}
	s.call.foot.tagged = c.tagsSearch()
	if s.numbers != nil {
		set, err := s.box.carry(*s.numbers)
		if err != nil {
			return nil, err
		}
		cmd.Set(set)
	}
	return cmd, nil
}

// extendsSearch says whether SEARCH is asked for ESEARCH.
func (c *Client) extendsSearch() bool { return c.caps.any("ESEARCH", "IMAP4REV2") }

// tagsSearch says whether the answer to a SEARCH will bear its tag: the server
// may say so, and not do it.
func (c *Client) tagsSearch() bool { return c.esearch && c.extendsSearch() }

// claim takes SEARCH and ESEARCH. What bears a tag is told apart by it; what
// does not is the oldest search's that has no answer.
func (s *searching) claim(r *response) bool {
	switch r.kind {
	case kindESearch:
		if r.search.tag != "" && r.search.tag != s.call.tag {
			return false
		}
	case kindSearch:
	default:
		return false
	}
	if s.answered && r.search.tag == "" && (s.byTag || s.call.foot.tagged) {
		return false
	}
	if r.search.tag != "" {
		s.byTag, s.box.client.esearch = true, true
	}
	if !s.call.abandoned {
		s.add(r.search.nums)
	}
	return true
}

// add keeps what was found. Some servers say it in many lines.
func (s *searching) add(nums wire.NumSet) {
	now := s.box.state.Epoch
	switch {
	case s.err != nil:
		return
	case s.renumbered(now):
		s.err = ErrRenumbered
	case len(s.found)+len(nums) > maxFound:
		s.err = &wire.LimitError{What: "number of messages found", Max: maxFound}
	case s.answered:
		s.found, s.unsorted = append(s.found, nums...), true
	default:
		s.found = nums
	}
	s.answered, s.epoch = true, now
}

// renumbered says whether it cannot be known which messages the numbers are:
// the server may expunge during UID SEARCH (RFC 9051 §7.5.1), and with NOTIFY
// at any time (RFC 5465 §5.3), before it looks at the numbers in the command or
// after.
func (s *searching) renumbered(now uint64) bool {
	switch {
	case s.answered:
		return s.foot.byNumber && now != s.epoch
	case s.foot.byNumber:
		return s.keyed && s.box.client.notify.expunges && now != s.began
	}
	return s.foot.numbers && now != s.began
}

func (s *searching) finish() {
	if !s.answered {
		s.epoch = s.box.state.Epoch
	}
	if s.unsorted {
		s.found = s.found.Union(nil)
	}
}
