package watch

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap"
)

// byQResync takes the server's word for what changed since the cursor's
// mod-sequence, but for what it says of all or of none (RFC 7162 §3.2).
func (s *session) byQResync(ctx context.Context, t *teller) error {
	answer := t.b.opening.answer
	switch {
	case answer == nil:
		return s.askQResync(ctx, t)
	case answer.Reset || answer.Err != nil:
		s.log.Warn("watch: the server's account of changes is not complete; all flags are compared",
			"mailbox", t.b.name, "error", answer.Err)
		return s.compareAll(ctx, t, true)
	}
	for _, m := range answer.Changed {
		if err := t.flags(ctx, m, true); err != nil {
			return err
		}
	}
	return s.vanished(ctx, t, answer.Vanished)
}

// askQResync is byQResync in a mailbox that has been open for a while.
func (s *session) askQResync(ctx context.Context, t *teller) error {
	var gone imap.UIDSet
	err := s.changedSince(ctx, t, &gone)
	switch {
	case errors.Is(err, errMany):
		return s.byCondStore(ctx, t)
	case err != nil && s.lower(err):
		return s.compareAll(ctx, t, true)
	case err != nil:
		return err
	}
	return s.vanished(ctx, t, gone)
}

// vanished tells of messages that the server says are gone, if they were there
// and are not any more. Servers name too many: those that never were, those that
// are long gone, and some name messages that are there.
func (s *session) vanished(ctx context.Context, t *teller, named imap.UIDSet) error {
	k, next := t.k, t.b.cursor.UIDNext
	if next <= 1 {
		return nil
	}
	named = named.And(imap.UIDRange(1, next-1))
	suspects := named.And(k.uids)
	if suspects.Empty() && k.from <= 1 {
		return nil
	}
	there, err := s.there(ctx, t.b)
	if err != nil {
		return err
	}
	if wrong := suspects.And(there); !wrong.Empty() {
		k.lied = true
		s.log.Warn("watch: the server said that messages had vanished that are there; it is not asked so any more",
			"mailbox", t.b.name, "messages", wrong.Len())
	}
	if err := s.settleGone(ctx, t, k.below(next).Without(there)); err != nil {
		return err
	}
	k.found(there, next)
	return nil
}
