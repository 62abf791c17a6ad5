package watchtest

import (
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// Committed returns the events that were committed, in that order: those of the
// batches whose Commit returned nil, and of the batches of the same mailbox that
// the same Watch had yielded before them; after CommitFirst, messages only. None
// is in it twice.
func (s *Source) Committed() []watch.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.committed)
}

// Uncommitted returns the events about mailboxes that were said, but not
// committed: the next Watch would yield them. Of messages that no Watch has
// yielded there is only the UID.
func (s *Source) Uncommitted() (events []watch.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.log {
		if st.box == nil || !st.open() {
			continue
		}
		if st.told {
			for _, e := range st.events {
				if m, ok := e.(watch.Arrived); !ok || m.UID >= st.below {
					events = append(events, e)
				}
			}
			continue
		}
		bare := map[imap.UID]watch.Arrived{}
		for _, uid := range st.uids {
			uid = st.box.uid(uid)
			bare[uid] = watch.Arrived{Message: &imap.Message{UID: uid}}
		}
		events = append(events, s.describe(st, bare, 0, 0)...)
	}
	return events
}
