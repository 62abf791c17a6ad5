package imap

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Resync is what the caller knows of a mailbox from an earlier time, for Select
// to learn what has changed since (RFC 7162 §3.2.5). QRESYNC must be enabled.
type Resync struct {
	UIDValidity uint32 // as it was then
	ModSeq      uint64 // HIGHESTMODSEQ as it was then; see [MailboxState]
	// Known are the UIDs that the caller wants to hear of; empty: all. Of a set
	// that is too long for a command line the server is asked about the whole
	// range that it spans.
	Known UIDSet
	// Match are some numbers and UIDs of messages as they were then, both in
	// ascending order. A server that no longer knows what was expunged then
	// needs to tell of fewer. [MatchData] makes it of the UIDs that were known.
	Match []SeqUID
}

// SeqUID is the number and the UID of one message.
type SeqUID struct {
	Seq uint32
	UID UID
}

// MatchData returns a sample of the messages of a mailbox that had these UIDs
// and no others, for [Resync]: few of the old, and more of the new, where the
// changes are.
func MatchData(uids UIDSet) []SeqUID {
	var sample []SeqUID
	total := uids.Len()
	if total > math.MaxUint32 {
		return nil
	}
	for back := uint64(1); back <= total; back *= 2 {
		seq := total - back + 1
		sample = append(sample, SeqUID{Seq: uint32(seq), UID: nth(uids.set, seq)})
	}
	slices.Reverse(sample)
	return sample
}

// nth is the n-th number of a set, from 1 on.
func nth(set wire.NumSet, n uint64) UID {
	for _, r := range set {
		size := uint64(r.Last) - uint64(r.First) + 1
		if n <= size {
			return UID(r.First + uint32(n-1))
		}
		n -= size
	}
	return 0
}

// Resynced is what a Select with Resync learned. The caller has to look at
// Reset and Err first: only without them do Vanished and Changed say all.
type Resynced struct {
	// Reset: what the caller knew is void. The mailbox has another UIDVALIDITY
	// (then forget all of it), or no mod-sequences (then compare all UIDs and
	// flags). State says which it is.
	Reset bool
	// Vanished are the messages that are gone since then. The server may name
	// UIDs that never were. There are servers that name too many; who has much to
	// lose asks for those by Search before forgetting them.
	Vanished UIDSet
	// Changed are the messages whose flags changed since then, new messages
	// included if Known was empty: UID, Flags and ModSeq.
	Changed []*Message
	// Err says why the answer is not complete: a part of it could not be read, it
	// was more than the client keeps, or it contradicts the mailbox's state. Then
	// compare all UIDs and flags.
	Err error

	size int64
	gone wire.NumSet // what vanished before the mailbox was opened, as it was told
	late wire.NumSet // and meanwhile
}

// Resync returns what the Select with Resync that opened this mailbox learned;
// nil if it was another Select. The result belongs to the caller.
//
// It may not have all messages that came since. Those with UIDs above the highest
// that was known before are to be fetched by UID all the same, whatever Changed
// has of them: if Known was given the server does not tell of them, and ModSeq
// may be higher than theirs if they came before the caller was cut off.
func (m *Mailbox) Resync() *Resynced {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	if m.resynced == nil {
		return nil
	}
	r := *m.resynced
	return &r
}

// fitting returns a Resync whose Known has no more octets than that.
func (p *Resync) fitting(octets int) *Resync {
	if _, tail := p.Known.set.CutText(octets, 0); len(tail) == 0 || p.Known.set.Dynamic() {
		return p
	}
	q := *p
	q.Known = UIDRange(UID(p.Known.set[0].First), p.Known.Max())
	return &q
}

// RFC 7162 §7, select-param
func (p *Resync) appendTo(cmd *wire.Command) {
	cmd.Atom("QRESYNC").List(func() {
		if p.UIDValidity == 0 || p.ModSeq == 0 {
			cmd.Fail(&wire.ArgumentError{Kind: "Resync", Reason: "UIDValidity and ModSeq are not known"})
			return
		}
		cmd.Number(uint64(p.UIDValidity))
		appendModSeq(cmd, p.ModSeq)
		if !p.Known.Empty() {
			p.known(cmd)
		}
		if len(p.Match) > 0 {
			p.match(cmd)
		}
	})
}

// RFC 7162 §7, known-uids: they must not hold "*".
func (p *Resync) known(cmd *wire.Command) {
	if p.Known.set.Dynamic() {
		cmd.Fail(&wire.ArgumentError{Kind: "known UIDs", Value: p.Known.String(), Reason: `they must not hold "*"`})
		return
	}
	cmd.Set(p.Known.set)
}

// RFC 7162 §7, seq-match-data: as many numbers as UIDs, both ascending.
func (p *Resync) match(cmd *wire.Command) {
	var seqs, uids wire.NumSet
	last := SeqUID{}
	for _, m := range p.Match {
		if m.Seq <= last.Seq || m.UID <= last.UID || m.UID == MaxUID {
			cmd.Fail(&wire.ArgumentError{Kind: "match data", Value: fmt.Sprint(m), Reason: "numbers and UIDs must both ascend from 1"})
			return
		}
		seqs.Add(m.Seq)
		uids.Add(uint32(m.UID))
		last = m
	}
	cmd.List(func() { cmd.Set(seqs).Set(uids) })
}

// claimResync takes what belongs to the answer to SELECT with QRESYNC: VANISHED
// and FETCH. A server that should say [CLOSED] and did not yet may
// still speak of the mailbox before, until it said something of this one.
func (m *Mailbox) claimResync(r *response) bool {
	switch {
	case r.kind == kindVanished && (r.early || m.live):
		m.resynced.vanished(r.set.set, r.early)
	case r.kind == kindFetch && (m.live || m.state.UIDValidity != 0):
		m.resynced.changed(r.msg, int64(r.size), m.client.opts.Limits.Held)
	default:
		return false
	}
	return true
}

// vanished only collects: to join the sets line by line would cost the square
// of their number.
func (s *Resynced) vanished(set wire.NumSet, early bool) {
	switch {
	case len(s.gone)+len(s.late)+len(set) > maxFound:
		s.fail(&wire.LimitError{What: "number of messages vanished", Max: maxFound})
	case early:
		s.gone = append(s.gone, set...)
	default: // expunged while the mailbox was opened
		s.late = append(s.late, set...)
	}
}

// changed keeps a message. One whose UID is not known is of no use, and neither
// is one without flags.
func (s *Resynced) changed(m *Message, size, most int64) {
	switch s.size += size; {
	case m.UID == 0 || !m.Has(HasFlags):
		s.fail(errors.New("imap: SELECT: a change without UID or FLAGS"))
	case s.size > most:
		s.fail(&wire.LimitError{What: "answer to SELECT with QRESYNC", Max: uint64(most)})
	default:
		s.Changed = append(s.Changed, m)
	}
}

func (s *Resynced) fail(err error) {
	if s.Err == nil {
		s.Err = err
	}
}

// settle is called when the mailbox is open. If what was known is void, so is
// what the server said of it.
func (s *Resynced) settle(p *Resync, state *MailboxState) {
	switch {
	case state.UIDValidity != p.UIDValidity || state.HighestModSeq == 0:
		*s = Resynced{Reset: true}
	case state.HighestModSeq < p.ModSeq:
		s.fail(errors.New("imap: SELECT: the mailbox's HIGHESTMODSEQ is lower than it was: changes may be missing"))
	}
	late := s.late.Union(nil)
	s.Vanished.set = s.gone.Union(late)
	s.gone, s.late = nil, nil
	s.Changed = slices.DeleteFunc(s.Changed, func(m *Message) bool { return late.Contains(uint32(m.UID)) })
	s.once()
}

// once leaves, of several lines about one message, the last.
func (s *Resynced) once() {
	last := make(map[UID]int, len(s.Changed))
	for i, m := range s.Changed {
		last[m.UID] = i
	}
	if len(last) == len(s.Changed) {
		return
	}
	kept := s.Changed[:0]
	for i, m := range s.Changed {
		if last[m.UID] == i {
			kept = append(kept, m)
		}
	}
	clear(s.Changed[len(kept):])
	s.Changed = kept
}
