package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// place compares the cursor with the mailbox that was opened.
func (s *session) place(ctx context.Context, b *box) error {
	state := s.handle.State()
	b.uidNext, b.exists = state.UIDNext, state.Exists
	if b.deadlyIn != state.UIDValidity {
		b.deadly, b.deadlyIn = nil, state.UIDValidity
	}
	switch {
	case b.cursor.UIDNext == 0:
		if err := s.baseline(ctx, b); err != nil {
			return err
		}
	case b.memory == nil:
		b.cursor.UIDValidity = state.UIDValidity // whichever it is
		b.floor = state.UIDNext
		b.memory = b.newLife(s.identify(state), b.cursor.UIDNext)
		b.memory.floor = b.floor
		if err := b.keep(ctx); err != nil {
			return fatalError{err}
		}
	default:
		other, err := s.isOther(ctx, b, state)
		if err != nil {
			return err
		}
		if other && lasts(state) && b.memory.served == state.UIDValidity && b.quarantined() &&
			(b.missing == nil || b.missing.reason != MissingContradictory) {
			return errQuarantine // else its hour is over, and it is tried
		}
		if other {
			if err := s.found(ctx, b); err != nil {
				return err
			}
			return s.reset(ctx, b, state)
		}
	}
	if err := s.found(ctx, b); err != nil {
		return err
	}
	if b.uidNext != 0 && b.uidNext < b.cursor.UIDNext {
		s.log.Warn("watch: odd UIDNEXT, below what was seen", "mailbox", b.name, "uidnext", b.uidNext, "cursor", b.cursor)
		b.uidNext = 0
	}
	return nil
}

// baseline finds the place where a mailbox of which nothing is known begins, and
// saves it: nothing is to be handled before.
func (s *session) baseline(ctx context.Context, b *box) error {
	state := s.handle.State()
	b.uidNext = state.UIDNext
	next, err := s.end(ctx, b)
	if err != nil {
		return err
	}
	b.floor = next
	switch from := s.from; {
	case from.last > 0:
		next, err = s.lastMessages(ctx, from.last, next)
	case !from.since.IsZero():
		next, err = s.since(ctx, next)
	}
	if err != nil {
		return err
	}
	b.cursor = Cursor{UIDValidity: state.UIDValidity, UIDNext: next}
	if err := s.firstPicture(ctx, b); err != nil {
		return err
	}
	b.memory = b.newLife(s.identify(state), next)
	b.memory.floor = b.floor
	if err := b.keep(ctx); err != nil {
		return fatalError{err}
	}
	return nil
}

// end is the UID behind the last message.
func (s *session) end(ctx context.Context, b *box) (imap.UID, error) {
	if b.uidNext != 0 {
		return b.uidNext, nil
	}
	next := imap.UID(1)
	found := map[imap.UID]*imap.Message{}
	err := s.collect(ctx, b, found, imap.UIDRange(imap.MaxUID, imap.MaxUID), &imap.FetchOptions{}, 0)
	for uid := range found {
		next = max(next, uid+1)
	}
	return next, err
}

// lastMessages is the first of the last n messages, or end.
func (s *session) lastMessages(ctx context.Context, n int, end imap.UID) (imap.UID, error) {
	there, err := s.find(ctx, nil)
	if err != nil {
		return 0, err
	}
	if there.Empty() {
		return end, nil
	}
	return min(lastOf(there, uint64(n)).Min(), end), nil
}

// since is the first message that came at Watcher.From or later, or end. SEARCH
// knows days only, in the server's own zone, so it is asked for one day more.
func (s *session) since(ctx context.Context, end imap.UID) (imap.UID, error) {
	found, err := s.find(ctx, search.Since(s.from.since.AddDate(0, 0, -1)))
	if err != nil {
		return 0, err
	}
	first := end
	for m, err := range s.messages(ctx, found, &imap.FetchOptions{InternalDate: true}) {
		if err != nil {
			return 0, err
		}
		if !m.InternalDate.Before(s.from.since) && m.UID != 0 {
			first = min(first, m.UID)
		}
	}
	return first, nil
}
