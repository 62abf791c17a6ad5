package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// reset tells of a new UIDVALIDITY, and begins anew as the policy says.
func (s *session) reset(ctx context.Context, b *box, state imap.MailboxState) error {
	old, now := b.cursor.UIDValidity, state.UIDValidity
	s.log.Warn("watch: new UIDVALIDITY", "mailbox", b.name, "old", old, "new", now)
	b.floor = state.UIDNext
	b.memory = b.newLife(s.identify(state), 1)
	return s.emitOf(ctx, b, Cursor{UIDValidity: now, UIDNext: 1}, Reset{
		ID:      EventID(s.account, b.name, now, 0, KindReset),
		Mailbox: b.name, OldUIDValidity: old, UIDValidity: now, Policy: PolicyReplay,
	})
}
