package watch

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap"
)

// mostChanged is how many changed messages are held at once.
const mostChanged = 5000

// byCondStore asks whose flags changed since the cursor's mod-sequence, and looks
// for what is gone (RFC 7162 §3.1).
func (s *session) byCondStore(ctx context.Context, t *teller) error {
	if t.b.doubt&doubtGone != 0 {
		if err := s.removals(ctx, t); err != nil {
			return err
		}
	}
	if t.b.doubt&doubtFlags == 0 {
		return nil
	}
	err := s.changedSince(ctx, t, nil)
	if errors.Is(err, errMany) {
		err = s.changedWindows(ctx, t)
	}
	if err != nil && s.lower(err) {
		return s.compareAll(ctx, t, true)
	}
	return err
}

// changedSince tells of flags that changed since the cursor's mod-sequence, unless
// they are many; what was expunged since then it adds to gone, if that is not nil.
func (s *session) changedSince(ctx context.Context, t *teller, gone *imap.UIDSet) error {
	return s.changedAmong(ctx, t, imap.UIDRange(1, t.b.cursor.UIDNext-1), gone)
}

func (s *session) changedAmong(ctx context.Context, t *teller, uids imap.UIDSet, gone *imap.UIDSet) error {
	opts := &imap.FetchOptions{Flags: true, ModSeq: true, ChangedSince: t.b.cursor.ModSeq, Vanished: gone}
	return s.tellFlags(ctx, t, uids, opts, true)
}

// changedWindows is changedSince for many, in parts.
func (s *session) changedWindows(ctx context.Context, t *teller) error {
	there, err := s.there(ctx, t.b)
	if err != nil {
		return err
	}
	for window := range windows(there, mostChanged) {
		if err := s.changedAmong(ctx, t, window, nil); err != nil {
			return err
		}
		if err := t.part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// removals tells which of the known messages are gone: SEARCH does not find them.
func (s *session) removals(ctx context.Context, t *teller) error {
	there, err := s.there(ctx, t.b)
	if err != nil {
		return err
	}
	if err := s.settleGone(ctx, t, t.k.below(t.b.cursor.UIDNext).Without(there)); err != nil {
		return err
	}
	t.k.found(there, t.b.cursor.UIDNext)
	return nil
}

// there are the messages below the cursor.
func (s *session) there(ctx context.Context, b *box) (imap.UIDSet, error) {
	below := imap.UIDRange(1, b.cursor.UIDNext-1)
	found, err := s.findUIDs(ctx, below)
	if err == nil && s.handle.Rebuilt() {
		err = errRebuilt
	}
	return found.And(below), err
}
