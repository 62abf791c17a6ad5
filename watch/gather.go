package watch

import (
	"context"
	"errors"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// What was in a mailbox when it was first looked at is learned bit by bit, while
// there is nothing else to do. A mailbox that is rebuilt before that is done is
// recognized by what is known by then.

// errRebuilt says that the server gives the mailbox another UIDVALIDITY while it
// is open: what was answered may be about the new one. It is opened again.
var errRebuilt = errors.New("the mailbox was rebuilt")

// ignorant says whether there is more to be learned of the mailbox that is open.
func (s *session) ignorant() bool {
	if s.open == nil || !s.open.visited || s.open.memory == nil {
		return false
	}
	m := s.open.memory
	return !m.full && !m.whole() && m.len() < m.limit
}

// gather learns the next messages, newest first.
func (s *session) gather(ctx context.Context, b *box) error {
	m := b.memory
	if m.unread == nil {
		there, err := s.findUIDs(ctx, imap.UIDRange(1, m.low-1))
		if s.refused(ctx, err) {
			m.full = true
			return nil
		}
		if err != nil {
			return err
		}
		there = there.And(imap.UIDRange(1, m.low-1))
		newest := lastOf(there, uint64(max(0, m.limit-m.len())))
		m.unread, m.cut = slices.Collect(newest.All()), newest.Len() < there.Len()
	}
	from := max(0, len(m.unread)-scanWindow)
	some, low := m.unread[from:], imap.UID(1)
	if from > 0 || m.cut {
		low = some[0]
	}
	list, err := s.recognize(ctx, b, some)
	if err != nil {
		return err
	}
	b.learned()
	b.mu.Lock()
	m.unread = m.unread[:from]
	m.learn(list, low)
	m.full = from == 0
	b.mu.Unlock()
	if m.full {
		m.unread = nil
		b.settle(ctx)
	}
	s.overhear(ctx, b)
	return nil
}

// overhear notes what the server has told meanwhile.
func (s *session) overhear(ctx context.Context, b *box) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	for u, err := range s.handle.Updates(done) {
		if err != nil {
			return
		}
		if _, alert := u.(imap.Alert); !alert {
			s.news(b, u)
		}
	}
}

// mostRefused is how often the server may refuse to describe messages before the
// others are not asked for.
const mostRefused = 32

// recognize asks what messages are recognized by. Those that are gone, and those
// that the server cannot describe, are left out. The answer is in order of UID.
func (s *session) recognize(ctx context.Context, b *box, uids []imap.UID) ([]remembered, error) {
	refusals := 0
	var ask func(uids []imap.UID) ([]remembered, error)
	ask = func(uids []imap.UID) ([]remembered, error) {
		list, err := s.marks(ctx, b, imap.UIDSetOf(uids...))
		if !s.refused(ctx, err) {
			return list, err
		}
		if refusals++; refusals == 1 {
			// It may be the mailbox that is refused, and not the messages.
			if _, err := s.findUIDs(ctx, imap.UIDSetOf(uids...)); err != nil {
				return nil, err
			}
		}
		if refusals > mostRefused || len(uids) <= 1 {
			return nil, nil
		}
		low, err := ask(uids[:len(uids)/2])
		if err != nil {
			return nil, err
		}
		high, err := ask(uids[len(uids)/2:])
		return append(low, high...), err
	}
	if len(uids) == 0 {
		return nil, nil
	}
	return ask(uids)
}

// marks asks what messages are recognized by, in one question. Once connections
// were lost over that it is one for each. What they are lost over is left out.
func (s *session) marks(ctx context.Context, b *box, uids imap.UIDSet) (list []remembered, err error) {
	for uid, lost := range b.deadly {
		if lost >= lessAfter {
			uids = uids.Without(imap.UIDSetOf(uid))
		}
	}
	if uids.Empty() {
		return nil, nil
	}
	t := &b.unlearned
	if t.several = !t.careful(); t.several {
		list, err = s.marksOf(ctx, uids)
	} else {
		list, err = s.marksEach(ctx, b, uids)
	}
	t.relieve(s.client, err)
	return list, err
}

// marksEach is marks with a question for each message.
func (s *session) marksEach(ctx context.Context, b *box, uids imap.UIDSet) (list []remembered, err error) {
	for uid := range uids.All() {
		b.unlearned.under = uid
		one, err := s.marksOf(ctx, imap.UIDSetOf(uid))
		if err != nil {
			return nil, err
		}
		list = append(list, one...)
	}
	return list, nil
}

// marksOf is marks for one question.
func (s *session) marksOf(ctx context.Context, uids imap.UIDSet) ([]remembered, error) {
	opts := recognizable(imap.FetchOptions{}, s.client)
	var list []remembered
	for m, err := range s.messages(ctx, uids, &opts) {
		if err != nil {
			return nil, err
		}
		if r := rememberedOf(m); r.uid != 0 && r.uid != imap.MaxUID && r.recognizable() {
			list = append(list, r)
		}
	}
	if s.handle.Rebuilt() {
		return nil, errRebuilt
	}
	slices.SortStableFunc(list, byUID)
	return slices.CompactFunc(list, func(a, b remembered) bool { return a.uid == b.uid }), nil
}
