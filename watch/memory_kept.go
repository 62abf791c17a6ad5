package watch

import (
	"context"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// mostRecent is how many messages may stand behind the cursor before a snapshot is
// made. It waits until the tails together have held as many as it will: who has
// much to catch up with writes not much more for the snapshots than without them.
const mostRecent = 256

// slotKey is what a snapshot is kept under.
func (b *box) slotKey(slot byte) string {
	return fmt.Sprintf("%s\x00memory%d", Key(b.run.account, b.name), slot)
}

// load finds out where to begin.
func (b *box) load(ctx context.Context) error {
	b.cursor = b.run.from.cursor
	tail := ""
	if b.run.store != nil {
		value, err := b.run.store.Load(ctx, Key(b.run.account, b.name))
		if err != nil {
			return err
		}
		word, behind, _ := strings.Cut(value, " ")
		c, err := ParseCursor(word)
		if err != nil {
			return err
		}
		if c.UIDNext != 0 {
			b.cursor, b.saved, b.floor, tail = c, c, c.UIDNext, behind
		}
	}
	if b.cursor.UIDNext != 0 && b.cursor.UIDValidity != 0 {
		return b.recall(ctx, tail)
	}
	return nil
}

// recall finds out what is remembered of the mailbox up to the cursor. What is
// damaged, or about something else, is as good as forgotten.
func (b *box) recall(ctx context.Context, tail string) error {
	b.memory = b.newLife(life{validity: b.cursor.UIDValidity, served: b.cursor.UIDValidity}, b.cursor.UIDNext)
	if tail == "" {
		return nil
	}
	m, err := parseTail(tail)
	if err == nil && m.validity != b.cursor.UIDValidity {
		err = fmt.Errorf("it is about UIDVALIDITY %d", m.validity)
	}
	if err != nil {
		b.run.log.Warn("watch: what is remembered of the mailbox cannot be used", "mailbox", b.name, "error", err)
		return nil
	}
	m.limit = b.memory.limit
	if err := b.recallSnapshot(ctx, m); err != nil {
		return err
	}
	m.forget(m.gone)
	m.buried = m.gone
	m.trim()
	b.memory, b.floor = m, m.floor
	if m.current != "" {
		b.current = m.current
	}
	return nil
}

func (b *box) recallSnapshot(ctx context.Context, m *memory) error {
	b.slot = m.snapshot.slot
	if b.slot == 0 {
		return nil
	}
	text, err := b.run.store.Load(ctx, b.slotKey(b.slot))
	if err != nil {
		return err
	}
	err = errDamaged
	if markOf([]byte(text)) == m.snapshot.sum {
		m.sure, err = parseImage(text, m.validity)
	}
	if err == nil {
		return nil
	}
	b.run.log.Warn("watch: what is remembered of the mailbox cannot be used", "mailbox", b.name, "error", err)
	m.sure, m.snapshot, m.stale, m.low = nil, snapshotRef{}, true, b.cursor.UIDNext
	if len(m.told) > 0 {
		m.low = m.told[0].uid
	}
	return nil
}

// newLife is the memory of a life that begins.
func (b *box) newLife(d life, low imap.UID) *memory {
	m := newMemory(b.run.memory, low)
	m.life = d
	return m
}

// save stores a place, and what is remembered of the messages below it. It is
// called with the lock, so that places reach the Store in order.
func (b *box) save(ctx context.Context, c Cursor, m *memory) error {
	store := b.run.store
	if store == nil || c.UIDNext == 0 {
		return nil
	}
	if m == nil || m.validity != c.UIDValidity {
		err := store.Save(ctx, Key(b.run.account, b.name), c.String())
		if err == nil {
			b.saved = c
		}
		return err
	}
	before := *m
	recent := len(m.recent(c.UIDNext))
	if m.stale || recent > mostRecent && m.tailed+recent >= m.len() {
		if err := b.saveSnapshot(ctx, c, m); err != nil {
			return err
		}
	}
	if err := store.Save(ctx, Key(b.run.account, b.name), c.String()+" "+m.tail(c.UIDNext)); err != nil {
		m.snapshot, m.covers, m.stale = before.snapshot, before.covers, before.stale
		m.gone, m.buried = before.gone, before.buried
		return err
	}
	m.tailed += recent
	b.saved = c
	b.drop(ctx, m.snapshot.slot)
	return nil
}

// saveSnapshot stores all that is dealt with at a cursor under the key that is
// free, and lets m name it.
func (b *box) saveSnapshot(ctx context.Context, c Cursor, m *memory) error {
	text := image(m.validity, merged(m.sure, m.told[:m.index(c.UIDNext)]))
	slot := byte(1)
	if b.slot == slot {
		slot = 2
	}
	if err := b.run.store.Save(ctx, b.slotKey(slot), text); err != nil {
		return err
	}
	m.snapshot, m.covers, m.stale = snapshotRef{slot, markOf([]byte(text))}, c.UIDNext, false
	m.tailed = 0
	m.gone, m.buried = m.gone.Without(m.buried), imap.UIDSet{}
	return nil
}

// drop removes the snapshot that is not used any more. If it cannot be, the next
// one takes its place.
func (b *box) drop(ctx context.Context, now byte) {
	if b.slot != 0 && b.slot != now {
		if err := b.run.store.Save(ctx, b.slotKey(b.slot), ""); err != nil {
			b.run.log.Warn("watch: an old snapshot was not removed", "mailbox", b.name, "error", err)
		}
	}
	b.slot = now
}

// keep stores the present place though nobody has committed it: nothing is to be
// handled before.
func (b *box) keep(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.save(ctx, b.cursor, b.memory)
}

// settle is saveLearned where it may fail: the next commit stores the same.
func (b *box) settle(ctx context.Context) {
	if err := b.saveLearned(ctx); err != nil {
		b.run.log.Warn("watch: what is remembered was not saved", "mailbox", b.name, "error", err)
	}
}

// saveLearned stores what was learned since the last commit, with the present
// place if all up to there is committed.
func (b *box) saveLearned(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.saved
	if b.committed == b.emitted && !b.partly && c.UIDValidity == b.cursor.UIDValidity {
		c = b.cursor
	}
	if b.saved.UIDNext == 0 || c.UIDValidity != b.memory.validity {
		return nil
	}
	return b.save(ctx, c, b.memory)
}

// reported notes messages that are being reported.
func (b *box) reported(messages []*imap.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]remembered, len(messages))
	for i, m := range messages {
		list[i] = rememberedOf(m)
	}
	b.memory.report(list)
	b.unsettled = 0 // a look that is cut short, but has brought something, was not in vain
}
