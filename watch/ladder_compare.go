package watch

import (
	"context"
	"iter"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// calm is how much longer a mailbox is left in peace after a comparison than that
// took, unless it is opened anew: where all has to be asked for, that is much.
const calm = 10

// compareAll compares all that is there with what is known. maybe: flags of which
// nothing is known are told, because they may have changed unnoticed.
func (s *session) compareAll(ctx context.Context, t *teller, maybe bool) error {
	began := time.Now()
	if err := s.removals(ctx, t); err != nil {
		return err
	}
	if t.b.doubt&doubtFlags == 0 && !maybe {
		return nil
	}
	err := s.compareFlags(ctx, t, maybe)
	now := time.Now()
	t.b.calm = now.Add(calm * now.Sub(began))
	return err
}

// compareFlags asks for the flags of all messages that are there, in windows.
func (s *session) compareFlags(ctx context.Context, t *teller, maybe bool) error {
	newest := t.k.below(t.b.cursor.UIDNext)
	if all := newest.Len(); all > mostDigests {
		newest = lastOf(newest, mostDigests)
		s.log.Warn("watch: the mailbox is large; only the flags of its newest messages are compared",
			"mailbox", t.b.name, "messages", all, "compared", mostDigests)
	}
	opts := &imap.FetchOptions{Flags: true, ModSeq: s.rung(t.b) != rungCompare, Slice: mostChanged}
	for window := range windows(newest, mostChanged) {
		if err := s.tellFlags(ctx, t, window, opts, maybe); err != nil {
			return err
		}
	}
	return nil
}

// tellFlags asks for flags, and tells those that are not known.
func (s *session) tellFlags(ctx context.Context, t *teller, uids imap.UIDSet, opts *imap.FetchOptions, maybe bool) error {
	var found []*imap.Message
	for m, err := range s.messages(ctx, uids, opts) {
		if err != nil {
			return err
		}
		if found = append(found, m); len(found) > mostChanged {
			return errMany
		}
	}
	if s.handle.Rebuilt() {
		return errRebuilt
	}
	for _, m := range found {
		if err := t.flags(ctx, m, maybe); err != nil {
			return err
		}
	}
	return nil
}

// windows are the UIDs of a set in sets of at most size, in order.
func windows(set imap.UIDSet, size int) iter.Seq[imap.UIDSet] {
	return func(yield func(imap.UIDSet) bool) {
		var uids []imap.UID
		for uid := range set.All() {
			if uids = append(uids, uid); len(uids) < size {
				continue
			}
			if !yield(imap.UIDSetOf(uids...)) {
				return
			}
			uids = uids[:0]
		}
		if len(uids) > 0 {
			yield(imap.UIDSetOf(uids...))
		}
	}
}

// lastOf are the n highest UIDs of a set, or all.
func lastOf(set imap.UIDSet, n uint64) imap.UIDSet {
	if size := set.Len(); size > n {
		return set.Without(firstOf(set, size-n))
	}
	return set
}

// firstOf are the n lowest UIDs of a set, or all. A server may name all that there
// can be: they are not counted one by one.
func firstOf(set imap.UIDSet, n uint64) imap.UIDSet {
	for first, last := range set.Ranges() {
		size := uint64(last-first) + 1
		if n == 0 {
			return set.And(imap.UIDRange(1, first-1))
		}
		if n < size {
			return set.And(imap.UIDRange(1, first+imap.UID(n)-1))
		}
		n -= size
	}
	return set
}
