package imaptest

import "bytes"

// What the faults make of numbers.

// saidUIDNext is the UIDNEXT that is told, and whether one is.
func (b *mailbox) saidUIDNext() (n uint32, said bool) {
	f := b.user.srv.current()
	switch {
	case f.NoUIDNext:
		return 0, false
	case f.ZeroUIDNext:
		return 0, true
	}
	return max(b.uidNext, f.UIDNextLag+1) - f.UIDNextLag, true
}

// saidModSeq is the HIGHESTMODSEQ that is told for n.
func (f *Faults) saidModSeq(n uint64) uint64 {
	if f.NoModSeq {
		return 0
	}
	return max(n, f.ModSeqLag+1) - f.ModSeqLag
}

// findsUIDs says whether a search is answered with UIDs.
func (c *conn) findsUIDs(cmd *command) bool {
	if !cmd.uid || !c.faults().SearchNumbers {
		return cmd.uid
	}
	return bytes.Count(bytes.ToUpper(cmd.lines[0].text), []byte(" UID ")) > 1
}

// saidUID is the UID that FETCH tells of a message.
func (c *conn) saidUID(m *message) uint32 {
	if say := c.faults().SayUID; say != nil {
		return say(m.uid)
	}
	return m.uid
}

// overstated adds to a normal set of UIDs that vanished those that the faults
// name.
func (f *Faults) overstated(gone numSet) numSet {
	if f.vanished == nil {
		return gone
	}
	return append(f.vanished[:len(f.vanished):len(f.vanished)], gone...).normal(star)
}

// uidSet reads a set of UIDs. It panics when it is none: a test is wrong.
func uidSet(text string) numSet {
	if text == "" {
		return nil
	}
	p := parser{lines: []cmdLine{{text: []byte(text)}}}
	set := p.set()
	if p.err != nil || !p.atEnd() {
		panic("imaptest: not a set of UIDs: " + text)
	}
	return set
}

// tellsModSeq says whether mod-sequences are told unasked.
func (c *conn) tellsModSeq() bool { return c.condstore && !c.faults().NoModSeq }

// ResetModSeq lets the mod-sequences of a mailbox begin again: every message has
// 1, HIGHESTMODSEQ goes down to it, and no removal is remembered, as after a
// mailbox's index was lost. Its sessions are not told.
func (s *Server) ResetModSeq(user, name string) error {
	return s.with(user, name, func(b *mailbox) error {
		for _, m := range b.messages {
			m.modseq = 1
		}
		b.modseq, b.flagged, b.past, b.forgotten = 1, 1, nil, 0
		b.resets++
		return nil
	})
}
