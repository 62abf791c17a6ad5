package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// reset tells of another life of the mailbox, and begins anew as the policy says.
func (s *session) reset(ctx context.Context, b *box, state imap.MailboxState) error {
	old := b.cursor.UIDValidity
	next := s.nextLife(b, state)
	s.log.Warn("watch: new UIDVALIDITY", "mailbox", b.name, "old", old, "new", next.validity, "policy", s.onReset)
	e := Reset{
		ID:      EventID(s.account, b.name, next.validity, 0, KindReset),
		Mailbox: b.name, OldUIDValidity: old, UIDValidity: next.validity, Policy: s.onReset,
	}
	if e.Policy == PolicyResume && b.memory.empty() {
		e.Policy = PolicyReplay
	}
	there, err := s.find(ctx, nil)
	if err != nil {
		return err
	}
	if b.uidNext == 0 && !there.Empty() {
		b.uidNext = there.Max() + 1
	}
	from := max(b.uidNext, 1)
	var more []Event
	memory := b.newLife(next, 1)
	switch e.Policy {
	case PolicyResume:
		m, err := s.resume(ctx, b, there)
		if err != nil {
			return err
		}
		from = m.start
		memory.low, memory.sure, memory.stale = m.low, m.known, true
		e.Known, e.New = m.counts(there)
	case PolicyReplay:
		from = 1
	case PolicyBaseline:
		if from, err = b.plan(ctx, state.UIDValidity, from); err != nil {
			return fatalError{err}
		}
		memory.low = from
		if gone, ok := s.leftOut(b, next.validity, there.And(imap.UIDRange(1, max(from, 2)-1))); ok && from > 1 {
			more = append(more, gone)
		}
	}
	if s.handle.Rebuilt() {
		return errRebuilt
	}
	memory.floor = b.uidNext
	b.begin(memory)
	b.floor, b.status, b.suspect = b.uidNext, nil, false
	return s.emitOf(ctx, b, Cursor{UIDValidity: next.validity, UIDNext: from}, append([]Event{e}, more...)...)
}

// plan returns where PolicyBaseline begins, and saves it: where it would have
// begun the first time, if nobody has committed that yet.
func (b *box) plan(ctx context.Context, heir uint32, from imap.UID) (imap.UID, error) {
	if b.memory.begins != 0 && b.memory.heir == heir {
		return b.memory.begins, nil
	}
	b.mu.Lock()
	b.memory.heir, b.memory.begins = heir, from
	b.mu.Unlock()
	return from, b.saveLearned(ctx)
}

// begin begins another life.
func (b *box) begin(m *memory) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory = m
}

// leftOut tells which messages PolicyBaseline does not report.
func (s *session) leftOut(b *box, validity uint32, uids imap.UIDSet) (e Skipped, ok bool) {
	if uids.Empty() {
		return e, false
	}
	return Skipped{
		ID:      EventID(s.account, b.name, validity, uids.Max(), KindSkipped),
		Mailbox: b.name, UIDValidity: validity, UIDs: uids, Count: int(uids.Len()), Reason: SkippedBaseline,
	}, true
}
