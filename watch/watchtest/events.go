package watchtest

import (
	"fmt"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// describe are the events of a step about a mailbox. found are the messages that
// have arrived and are still there, by UID; known is how many of the mailbox's a
// Watch has reported, and fresh how many it has not.
func (s *Source) describe(st *step, found map[imap.UID]watch.Arrived, known, fresh int) (events []watch.Event) {
	b := st.box
	id := func(uid imap.UID, kind watch.Kind) string {
		return watch.EventID(s.Account, b.name, b.validity, uid, kind)
	}
	switch st.kind {
	case tell:
		return st.events
	case arrive:
		return s.describeArrived(st, found)
	case flag:
		uid := b.uid(st.uids[0])
		kind := watch.Kind(fmt.Sprintf("%s:%d", watch.KindFlags, st.modSeq))
		events = append(events, watch.Flags{ID: id(uid, kind), Mailbox: b.name, UIDValidity: b.validity,
			UID: uid, Flags: st.flags, ModSeq: st.modSeq})
	case remove:
		for _, uid := range st.uids {
			uid = b.uid(uid)
			events = append(events, watch.Gone{ID: id(uid, watch.KindGone),
				Mailbox: b.name, UIDValidity: b.validity, UID: uid})
		}
	case move:
		for i, uid := range st.uids {
			uid = b.uid(uid)
			events = append(events, watch.Moved{ID: id(uid, watch.KindMoved),
				Mailbox: b.name, UIDValidity: b.validity, UID: uid,
				To: st.to.name, ToUIDValidity: st.to.validity, ToUID: st.to.uid(st.there[i])})
		}
	case reset:
		return s.describeReset(st, known, fresh)
	}
	return events
}

func (s *Source) describeReset(st *step, known, fresh int) []watch.Event {
	b := st.box
	e := watch.Reset{
		ID:      watch.EventID(s.Account, b.name, b.validity, 0, watch.KindReset),
		Mailbox: b.name, OldUIDValidity: st.old, UIDValidity: b.validity, Policy: st.policy,
	}
	if st.policy == watch.PolicyResume {
		e.Known, e.New = known, fresh
	}
	if st.policy != watch.PolicyBaseline || len(st.uids) == 0 {
		return []watch.Event{e}
	}
	var uids []imap.UID
	for _, said := range st.uids {
		uids = append(uids, b.uid(said))
	}
	return []watch.Event{e, s.skipped(b, uids, watch.SkippedBaseline)}
}

// describeArrived accounts for the messages that are gone by now, too.
func (s *Source) describeArrived(st *step, found map[imap.UID]watch.Arrived) (events []watch.Event) {
	b := st.box
	var lost []imap.UID
	for _, uid := range st.uids {
		uid = b.uid(uid)
		if uid < st.below {
			continue
		}
		e, ok := found[uid]
		if !ok {
			lost = append(lost, uid)
			continue
		}
		e.ID = watch.EventID(s.Account, b.name, b.validity, uid, watch.KindArrived)
		e.Mailbox, e.UIDValidity = b.name, b.validity
		events = append(events, e)
	}
	if len(lost) > 0 {
		events = slices.Insert(events, 0, watch.Event(s.skipped(b, lost, watch.SkippedExpunged)))
	}
	return events
}

func (s *Source) skipped(b *box, uids []imap.UID, reason watch.SkippedReason) watch.Skipped {
	return watch.Skipped{
		ID:      watch.EventID(s.Account, b.name, b.validity, slices.Max(uids), watch.KindSkipped),
		Mailbox: b.name, UIDValidity: b.validity,
		UIDs: imap.UIDSetOf(uids...), Count: len(uids), Reason: reason,
	}
}
