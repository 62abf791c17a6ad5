package watch

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// One message must not keep the others back: there are servers that refuse to
// describe a message, and messages that servers describe so wrongly that the
// connection is lost. The first are found by asking for halves. The second are
// found by asking for one message after the other once two connections were lost
// over a mailbox; what three connections are lost over then is asked for its
// flags only, and then not at all. It is reported in any case. Three, since a
// network that fails all the time does so over some message too.

const (
	carefulAfter = 2       // connections lost while messages were described
	lessAfter    = 3       // connections lost over one message
	heldBytes    = 8 << 20 // of Sections, in one batch
)

// trouble is what a box knows of messages that cannot be described.
type trouble struct {
	lost    int              // connections lost while messages were described, in a row
	under   imap.UID         // the one message that is being described; 0: several, or none
	several bool             // several are
	tried   map[imap.UID]int // connections lost over each message
}

func (b *box) careful() bool { return b.trouble.lost >= carefulAfter }

// died notes that the session has ended.
func (b *box) died() {
	t := &b.trouble
	if t.under != 0 {
		if t.tried == nil {
			t.tried = map[imap.UID]int{}
		}
		t.tried[t.under]++
	}
	if t.under != 0 || t.several {
		t.lost++
	}
	t.under, t.several = 0, false
}

// described notes that a scan is complete.
func (b *box) described() { b.trouble = trouble{} }

// description is what is asked of messages at first.
func (s *session) description() *imap.FetchOptions {
	opts := *s.asks()
	if len(opts.Sections) > 0 {
		opts.Sections, opts.Size = nil, true
	}
	return &opts
}

// refused says whether the server refuses to answer for what was asked, or its
// answer cannot be read, while the connection is good: it may answer for less. One
// that does not answer is no longer asked.
func (s *session) refused(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && s.client.Err() == nil &&
		!errors.Is(err, imap.ErrDeselected) && !errors.Is(err, imap.ErrTimeout) && !errors.Is(err, errMany) &&
		!errors.Is(err, errRebuilt) && !errors.Is(err, errContradiction) && ClassOf(err) != ClassLimit
}

// describe fetches messages of which the UIDs are known. Those that are gone are
// left out.
func (s *session) describe(ctx context.Context, b *box, uids []imap.UID) ([]*imap.Message, error) {
	if b.careful() && len(uids) == 1 {
		return s.describeOne(ctx, b, uids[0])
	}
	found := map[imap.UID]*imap.Message{}
	err := s.collect(ctx, b, found, imap.UIDSetOf(uids...), s.description(), 0)
	if !s.refused(ctx, err) {
		return inOrder(found), err
	}
	if len(uids) == 1 {
		return s.describeLess(ctx, b, uids[0])
	}
	half := len(uids) / 2
	low, err := s.describe(ctx, b, uids[:half])
	if err != nil {
		return nil, err
	}
	high, err := s.describe(ctx, b, uids[half:])
	return append(low, high...), err
}

// describeOne is describe for a message that a connection may be lost over.
func (s *session) describeOne(ctx context.Context, b *box, uid imap.UID) ([]*imap.Message, error) {
	switch tried := b.trouble.tried[uid]; {
	case tried < lessAfter:
		found := map[imap.UID]*imap.Message{}
		b.trouble.under = uid
		err := s.collect(ctx, b, found, imap.UIDSetOf(uid), s.description(), 0)
		if s.refused(ctx, err) {
			return s.describeLess(ctx, b, uid)
		}
		return inOrder(found), err
	case tried == lessAfter:
		return s.describeLess(ctx, b, uid)
	}
	s.log.Warn("watch: a message that connections are lost over is reported without description", "mailbox", b.name, "uid", uid)
	return []*imap.Message{{UID: uid}}, nil
}

// describeLess asks for a message's flags only, and if that is too much, for
// nothing.
func (s *session) describeLess(ctx context.Context, b *box, uid imap.UID) ([]*imap.Message, error) {
	found := map[imap.UID]*imap.Message{}
	if b.careful() {
		b.trouble.under = uid
	}
	err := s.collect(ctx, b, found, imap.UIDSetOf(uid), &imap.FetchOptions{Flags: true}, 0)
	if err != nil && !s.refused(ctx, err) {
		return nil, err
	}
	if err != nil {
		// It may be the mailbox that is refused, and not the message.
		if _, err := s.handle.Search(ctx, search.UIDs(imap.UIDSetOf(uid))); err != nil {
			return nil, err
		}
	}
	s.log.Warn("watch: the server cannot describe a message", "mailbox", b.name, "uid", uid, "error", err)
	if err != nil {
		return []*imap.Message{{UID: uid}}, nil
	}
	return inOrder(found), nil
}

// errMany says that there are more messages than are to be held at once.
var errMany = errors.New("many messages")

// collect adds messages from the cursor on to found that are not in it. most is
// how many may come; 0: any number.
func (s *session) collect(
	ctx context.Context, b *box, found map[imap.UID]*imap.Message, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) (err error) {
	b.trouble.several = b.trouble.under == 0
	order := map[uint32]imap.UID{} // by number
	within, heard, stop := answering(ctx)
	defer func() {
		if err = stop(err); !errors.Is(err, imap.ErrTimeout) { // else the connection is given up
			s.relieve(b)
		}
	}()
	for m, err := range s.handle.Fetch(within, uids, opts) {
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
		heard()
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

// relieve notes that messages were described, or refused, and the connection was
// not lost over it.
func (s *session) relieve(b *box) {
	if s.client.Err() == nil {
		b.trouble.several, b.trouble.under = false, 0
	}
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
	there, err := s.handle.Search(ctx, search.UIDs(gap))
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

// parts are the messages in batches that are to be held at once.
func (s *session) parts(found []*imap.Message) iter.Seq[[]*imap.Message] {
	return func(yield func([]*imap.Message) bool) {
		for len(found) > 0 {
			n, size := 0, int64(0)
			for n < min(len(found), largestEvents) {
				if len(s.fetch.Sections) > 0 && found[n].Size <= s.maxBody {
					size += found[n].Size
				}
				if n > 0 && size > heldBytes {
					break
				}
				n++
			}
			if !yield(found[:n:n]) {
				return
			}
			found = found[n:]
		}
	}
}

// withSections makes arrivals of messages, with the sections that are wanted of
// those that are not too large.
func (s *session) withSections(ctx context.Context, b *box, part []*imap.Message) ([]Arrived, error) {
	arrived := make([]Arrived, len(part))
	var small []imap.UID
	for i, m := range part {
		arrived[i] = s.arrived(b, m)
		if len(s.fetch.Sections) == 0 || !m.Has(imap.HasSize) {
			continue
		}
		if arrived[i].Truncated = m.Size > s.maxBody; !arrived[i].Truncated {
			small = append(small, m.UID)
		}
	}
	if len(small) == 0 {
		return arrived, nil
	}
	whole, err := s.sections(ctx, b, small)
	if err != nil {
		return nil, err
	}
	for i := range arrived {
		if m := whole[arrived[i].UID]; m != nil {
			arrived[i].Message = m
		} else {
			arrived[i].Truncated = true // it was too large after all, or is gone
		}
	}
	return arrived, nil
}

// sections fetches messages with their sections, and holds them.
func (s *session) sections(ctx context.Context, b *box, uids []imap.UID) (map[imap.UID]*imap.Message, error) {
	whole := map[imap.UID]*imap.Message{}
	if b.careful() {
		return whole, nil
	}
	b.trouble.several = true
	defer s.relieve(b)
	for m, err := range s.handle.Fetch(ctx, imap.UIDSetOf(uids...), s.asks()) {
		if s.refused(ctx, err) {
			break
		}
		if err != nil {
			return nil, err
		}
		held, err := s.hold(m)
		if err != nil {
			return nil, err
		}
		if held {
			whole[m.UID] = m
		}
	}
	return whole, nil
}

// hold keeps a message's sections in memory, unless they are larger than the
// server has said.
func (s *session) hold(m *imap.Message) (bool, error) {
	var size int64
	for body := range m.Bodies() {
		if size += body.Size; size > s.maxBody {
			return false, nil
		}
	}
	for body := range m.Bodies() {
		if err := body.Keep(); err != nil {
			return false, err
		}
	}
	return true, nil
}
