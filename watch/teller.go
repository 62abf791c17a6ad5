package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// teller yields the events of a catch-up in batches. Only the last one says that
// changes up to the new mod-sequence were told: who stops before it is told again.
type teller struct {
	s      *session
	b      *box
	k      *known
	events []Event
	told   bool
}

func (t *teller) tell(ctx context.Context, e Event) error {
	t.told = true
	if len(t.events) == largestEvents {
		events := t.events
		t.events = nil
		if err := t.s.emitOf(ctx, t.b, t.b.cursor, events...); err != nil {
			return err
		}
	}
	t.events = append(t.events, e)
	return ctxErr(ctx)
}

// end yields what is left. It is called when all changes up to modSeq were told.
func (t *teller) end(ctx context.Context, modSeq uint64) error {
	c := t.b.cursor
	c.ModSeq = modSeq
	if len(t.events) == 0 {
		t.b.cursor = c
		return nil
	}
	events := t.events
	t.events = nil
	return t.s.emitOf(ctx, t.b, c, events...)
}

// part yields what there is, before anything more is learned.
func (t *teller) part(ctx context.Context) error { return t.end(ctx, t.b.cursor.ModSeq) }

// flags tells of a message's flags unless they are known. If nothing is known of
// them, they are told if they may be others than before.
func (t *teller) flags(ctx context.Context, m *imap.Message, maybe bool) error {
	if m.UID == 0 || m.UID >= t.b.cursor.UIDNext || !m.Has(imap.HasFlags) {
		return nil // what is not below the cursor will arrive, with its flags
	}
	changed, was := t.k.setFlags(m.UID, digestOf(m.Flags))
	if !changed && (was || !maybe) {
		return nil
	}
	flags := lasting(m.Flags)
	validity := t.b.cursor.UIDValidity
	return t.tell(ctx, Flags{
		ID:      EventID(t.s.account, t.b.name, validity, m.UID, flagsKind(m.ModSeq, flags)),
		Mailbox: t.b.name, UIDValidity: validity, UID: m.UID, Flags: flags, ModSeq: m.ModSeq,
	})
}

// gone tells that messages are gone, in order.
func (t *teller) gone(ctx context.Context, gone imap.UIDSet) error {
	for uid := range gone.All() {
		if err := t.tell(ctx, t.s.goneOrMoved(t.b, uid)); err != nil {
			return err
		}
	}
	t.k.remove(gone)
	return nil
}
