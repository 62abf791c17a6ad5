package watch

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// errMany says that there are more messages than are to be held at once.
var errMany = errors.New("many messages")

// collect adds messages from the cursor on to found that are not in it. most is
// how many may come; 0: any number.
func (s *session) collect(
	ctx context.Context, b *box, found map[imap.UID]*imap.Message, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) (err error) {
	b.trouble.several = b.trouble.under == 0
	order := map[uint32]imap.UID{} // by number
	defer func() { b.trouble.relieve(s.client, err) }()
	for m, err := range s.messages(ctx, uids, opts) {
		if err != nil {
			return err
		}
		if len(order) < 2*scanWindow {
			order[m.Seq] = m.UID
		}
		// "n:*" brings the highest message also if it is below n.
		if m.UID < b.cursor.UIDNext || m.UID == 0 || m.UID == imap.MaxUID || found[m.UID] != nil ||
			b.memory.isAhead(m.UID) {
			continue
		}
		if most > 0 && len(found) == most {
			return errMany
		}
		found[m.UID] = m
	}
	if !b.disorder && !rises(order) {
		return errContradiction
	}
	return nil
}

// rises says whether UIDs rise with the messages' numbers.
func rises(order map[uint32]imap.UID) bool {
	delete(order, 0)
	var last imap.UID
	for _, n := range slices.Sorted(maps.Keys(order)) {
		if order[n] <= last {
			return false
		}
		last = order[n]
	}
	return true
}

func inOrder(found map[imap.UID]*imap.Message) []*imap.Message {
	return slices.SortedFunc(maps.Values(found), func(a, b *imap.Message) int { return cmp.Compare(a.UID, b.UID) })
}

// leftOutBy are messages that are there although an answer did not have them that
// said to be complete.
func (s *session) leftOutBy(ctx context.Context, b *box, found []*imap.Message, next imap.UID) (more imap.UIDSet, err error) {
	if len(found) > 0 {
		next = max(next, found[len(found)-1].UID)
	}
	gap := b.gap(found, b.cursor.UIDNext, next)
	if gap.Empty() {
		return more, nil
	}
	there, err := s.findUIDs(ctx, gap)
	if s.refused(ctx, err) {
		return more, nil
	}
	if more = there.And(gap); !more.Empty() {
		s.log.Warn("watch: the server has left messages out", "mailbox", b.name, "messages", more.Len(), "first", more.Min())
	}
	return more, err
}

// bare adds, without description, the messages that were left out.
func bare(found []*imap.Message, more imap.UIDSet) []*imap.Message {
	if more.Empty() {
		return found
	}
	for uid := range more.All() {
		found = append(found, &imap.Message{UID: uid})
	}
	slices.SortFunc(found, func(a, b *imap.Message) int { return cmp.Compare(a.UID, b.UID) })
	return found
}

// countBelow is how many messages, in order, have UIDs below next.
func countBelow(found []*imap.Message, next imap.UID) int {
	n, _ := slices.BinarySearchFunc(found, next, func(m *imap.Message, uid imap.UID) int { return cmp.Compare(m.UID, uid) })
	return n
}
