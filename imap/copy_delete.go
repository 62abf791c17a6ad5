package imap

import (
	"context"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Removal is how CopyAndDelete removes what was copied.
type Removal uint8

const (
	// RemoveCopied expunges what was copied and nothing else (UID EXPUNGE). It
	// needs UIDPLUS.
	RemoveCopied Removal = iota
	// RemoveLater only marks what was copied as deleted, for whoever expunges
	// next. Any server can.
	RemoveLater
	// RemoveMarked expunges all that is marked as deleted in the mailbox, by
	// whomever: messages that were never copied are lost with the others.
	RemoveMarked
)

// CopyAndDelete moves messages step by step, for servers without MOVE: it copies
// them, marks them as deleted, and removes them as told. Nothing is removed that
// was not copied, unless by RemoveMarked. Each step begins when the one before
// has succeeded, so that whenever it breaks off, be it by the end of the
// connection, every message is in one of the mailboxes or in both; to call it
// again copies again what is still there. If a later step fails, the result is
// returned together with the error, and says where the copies are.
//
// RemoveCopied without UIDPLUS is an *UnsupportedError, and nothing is done.
func (m *Mailbox) CopyAndDelete(ctx context.Context, uids UIDs, to string, removal Removal) (CopyResult, error) {
	if err := m.check(m.writable); err != nil {
		return CopyResult{}, err
	}
	if removal == RemoveCopied && !m.client.offers("UIDPLUS", "IMAP4REV2") {
		return CopyResult{}, &UnsupportedError{Capability: "UIDPLUS", What: "CopyAndDelete"}
	}
	if _, err := m.savedIn(uids); err != nil {
		return CopyResult{}, err
	}
	set, err := m.fixed(ctx, uids.uidSet())
	if err != nil || set.Empty() {
		return CopyResult{}, err
	}
	r, source, err := m.transfer(ctx, "UID COPY", classCopy, set, nil, to)
	if part, ok := err.(*PartialError); ok {
		return r, fmt.Errorf("imap: only some of the messages were copied, and none removed: %w", part.Err)
	}
	if err != nil {
		return r, err
	}
	if len(source) > 0 {
		set.set = set.set.And(source)
	}
	if err := m.remove(ctx, set, removal); err != nil {
		return r, fmt.Errorf("imap: the messages were copied, and not removed: %w", whole(err))
	}
	return r, nil
}

// remove marks messages as deleted and removes them as told.
func (m *Mailbox) remove(ctx context.Context, set UIDSet, removal Removal) error {
	if err := m.AddFlags(ctx, set, FlagDeleted); err != nil {
		return err
	}
	switch removal {
	case RemoveCopied:
		return m.ExpungeUIDs(ctx, set)
	case RemoveMarked:
		return m.Expunge(ctx)
	}
	return nil
}

// fixed returns those UIDs of a set that there are, unless no message to come
// can have one of it.
func (m *Mailbox) fixed(ctx context.Context, set UIDSet) (UIDSet, error) {
	m.client.mu.Lock()
	next := m.state.UIDNext
	m.client.mu.Unlock()
	if set.Max() < next {
		return set, nil
	}
	return m.Search(ctx, uidQuery(set.set))
}

// uidQuery finds the messages with some UIDs.
type uidQuery wire.NumSet

func (q uidQuery) AppendTo(cmd *wire.Command) { cmd.Atom("UID").Set(wire.NumSet(q)) }

func (q uidQuery) Quick() bool { return true }

func (q uidQuery) Split(octets, ranges int) (parts []queryPart) {
	for set := wire.NumSet(q); len(set) > 0; {
		var part wire.NumSet
		part, set = set.CutText(octets-len("UID "), ranges)
		parts = append(parts, uidQuery(part))
	}
	return parts
}
