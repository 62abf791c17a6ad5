package watch

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap"
)

// A life of a mailbox is the time in which its UIDs mean the same messages. The
// server says by UIDVALIDITY that another one has begun. Where that cannot be
// relied on, the newest messages that are remembered are compared with what
// stands under their UIDs.

// identify is what the server says of the mailbox that is open.
func (s *session) identify(state imap.MailboxState) life {
	return life{
		validity: state.UIDValidity, served: state.UIDValidity,
		mailbox: mailboxID(state), server: serverMark(s.client),
	}
}

// longestID is that of an object's id (RFC 8474 §7).
const longestID = 255

// mailboxID is the mailbox's MAILBOXID; "": it has none, or one that is none.
func mailboxID(state imap.MailboxState) string {
	if len(state.MailboxID) > longestID {
		return ""
	}
	return state.MailboxID
}

// lasts says whether the server promises that UIDs last (RFC 4315 §3).
func lasts(state imap.MailboxState) bool { return state.UIDValidity != 0 && !state.UIDNotSticky }

// isOther says whether the mailbox that was opened is in another life than the
// one that is remembered.
//
// A mailbox that is empty and whose UIDNEXT has fallen is, though some servers only
// take UIDNEXT from the last message that is there. It cannot be told apart: there
// is nothing to compare, and once there is, UIDNEXT may be beyond the cursor again,
// with messages below it that nobody would ask for. A Reset of an empty mailbox
// tells nothing twice.
func (s *session) isOther(ctx context.Context, b *box, state imap.MailboxState) (bool, error) {
	m := b.memory
	if lasts(state) && m.served != 0 && m.served != state.UIDValidity {
		return true, nil
	}
	fell := state.UIDNext != 0 && state.UIDNext < b.cursor.UIDNext && state.UIDNext != b.oddNext
	renamed := m.mailbox != "" && mailboxID(state) != "" && m.mailbox != mailboxID(state)
	moved := m.server.known() && m.server != serverMark(s.client)
	if lasts(state) && !fell && !renamed && !moved && !b.suspect {
		s.recognized(b, state)
		return false, nil
	}
	same, sure, err := s.compareNewest(ctx, b, fell)
	switch {
	case err != nil:
		return false, err
	case sure && !same,
		!sure && renamed,
		!sure && fell && (moved || !lasts(state) || state.Exists == 0 && b.oddNext == 0):
		s.log.Warn("watch: this is another mailbox, under the same UIDVALIDITY", "mailbox", b.name,
			"uidvalidity", state.UIDValidity, "uidnext", state.UIDNext, "cursor", b.cursor)
		return true, nil
	}
	if !lasts(state) && !b.unlasting {
		b.unlasting = true
		s.log.Warn("watch: the server does not promise that UIDs last; they are held to while the messages are the same", "mailbox", b.name)
	}
	if b.suspect = false; fell {
		b.oddNext = state.UIDNext
	}
	s.recognized(b, state)
	return false, nil
}

// recognized notes what the server says now of a mailbox that is the same.
func (s *session) recognized(b *box, state imap.MailboxState) {
	now := b.memory.life
	now.served, now.server = state.UIDValidity, serverMark(s.client)
	if mailboxID(state) != "" {
		now.mailbox = mailboxID(state)
	}
	if now.equal(b.memory.life) {
		return
	}
	b.mu.Lock()
	b.memory.life = now
	b.mu.Unlock()
	b.settle(context.Background())
}

// compared is how many messages are compared.
const compared = 8

// compareNewest says whether the newest messages that are remembered are those
// that stand under their UIDs now, and whether that could be found out. fell: also
// a message that was not there before is proof, since UIDs only rise.
func (s *session) compareNewest(ctx context.Context, b *box, fell bool) (same, sure bool, err error) {
	uids := imap.UIDRange(imap.MaxUID, imap.MaxUID) // the last one
	n := 0
	for r := range b.memory.newest() {
		if r.uid >= b.cursor.UIDNext {
			continue
		}
		uids = uids.With(r.uid)
		if n++; n == compared {
			break
		}
	}
	list, err := s.marks(ctx, b, uids)
	if s.refused(ctx, err) {
		return false, false, nil
	}
	votes, strangers := 0, 0
	for _, now := range list {
		if now.uid >= b.cursor.UIDNext {
			continue
		}
		was, ok := b.memory.find(now.uid)
		alike, known := was.alike(now)
		switch {
		case !ok && now.uid >= b.memory.low:
			strangers++
		case ok && known && alike:
			votes++
		case ok && known:
			votes--
		}
	}
	if votes == 0 && strangers > 0 && fell {
		return false, true, err
	}
	return votes > 0, votes != 0, err
}

// nextLife is the life of a mailbox that was rebuilt.
func (s *session) nextLife(b *box, state imap.MailboxState) life {
	was := &b.memory.life
	validity := state.UIDValidity
	if !lasts(state) || was.used(validity) {
		validity = madeUp(b, was, validity)
	}
	next := was.next(state.UIDValidity, validity)
	next.server, next.mailbox = serverMark(s.client), mailboxID(state)
	return next
}

// madeUp is a UIDVALIDITY that nobody has used: under one that was used, other
// messages would be reported under the IDs of earlier ones. Servers count, or
// take the time, which is below 2^31 until 2038. It is the same if the same is
// found out again after a restart.
func madeUp(b *box, was *life, served uint32) uint32 {
	for n := 0; ; n++ {
		m := markOf(fmt.Append(nil, b.name, "\x00", was.validity, "\x00", served, "\x00", n))
		if v := binary.BigEndian.Uint32(m[:]) | 1<<31; !was.used(v) {
			return v
		}
	}
}

// served is the UIDVALIDITY that the server gives to the present life.
func (b *box) served() uint32 {
	if b.memory == nil {
		return b.cursor.UIDValidity
	}
	return b.memory.served
}
