package watch

import (
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// mostGoners is of how many batches it is known which messages they told as gone.
const mostGoners = 1000

// goner are the messages that a batch told as gone. They are remembered until that
// is committed, so that they are told again after a restart before.
type goner struct {
	batch uint64
	of    *memory
	uids  imap.UIDSet
}

// noteGone notes what a batch is about to tell as gone.
func (b *box) noteGone(batch uint64, events []Event) {
	var uids []imap.UID
	for _, e := range events {
		switch e := e.(type) {
		case Gone:
			uids = append(uids, e.UID)
		case Moved:
			uids = append(uids, e.UID)
		}
	}
	if len(uids) == 0 || b.run.store == nil || b.memory == nil || b.memory.limit == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.goners = append(b.goners, goner{batch, b.memory, imap.UIDSetOf(uids...)})
	if len(b.goners) > mostGoners { // nobody commits: to forget them means to tell them again
		b.goners = slices.Delete(b.goners, 0, mostGoners/10)
	}
}

// depart is called with the lock when a batch is committed.
func (b *box) depart(batch uint64, m *memory) {
	rest := b.goners[:0]
	for _, g := range b.goners {
		switch {
		case g.batch > batch:
			rest = append(rest, g)
		case g.of == m && m != nil:
			m.gone = m.gone.With(g.uids)
		}
	}
	clear(b.goners[len(rest):])
	b.goners = rest
}

// bury forgets messages whose end was committed. Only the box's line may call it.
func (b *box) bury() {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.memory
	if m == nil || m.gone.Without(m.buried).Empty() {
		return
	}
	m.forget(m.gone)
	m.buried = m.gone
	ranges := 0
	for range m.gone.Ranges() {
		ranges++
	}
	m.stale = m.stale || ranges > mostRecent
}

// forget removes messages.
func (m *memory) forget(gone imap.UIDSet) {
	dead := func(r remembered) bool { return gone.Contains(r.uid) }
	m.sure = slices.DeleteFunc(slices.Clone(m.sure), dead)
	m.told = slices.DeleteFunc(slices.Clone(m.told), dead)
}
