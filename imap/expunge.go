package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Expunge removes all messages that have \Deleted, whoever set it (RFC 9051
// §6.4.3). ExpungeUIDs is the careful way.
func (m *Mailbox) Expunge(ctx context.Context) error {
	if err := m.check(m.writable); err != nil {
		return err
	}
	for below := MaxUID; ; {
		k := m.call("EXPUNGE", footprint{class: classExpungeAll}, nil)
		k.slow = true
		err := m.do(ctx, k)
		if err != nil || k.limited == nil || k.limited.Lowest <= 1 {
			return err
		}
		if k.limited.Lowest >= below {
			return k.stuck()
		}
		below = k.limited.Lowest
	}
}

// ExpungeUIDs removes those of some messages that have \Deleted (RFC 9051
// §6.4.9, RFC 4315 §2.1). If the server does not offer UIDPLUS the error is an
// *UnsupportedError. It does nothing for an empty set. A set too long for one
// command line goes in parts: if one fails, the error is a *PartialError.
func (m *Mailbox) ExpungeUIDs(ctx context.Context, uids UIDs) error {
	saved, err := m.savedIn(uids)
	set := uids.uidSet()
	if err != nil || set.Empty() {
		return err
	}
	if err := m.check(m.writable); err != nil {
		return err
	}
	if !m.client.offers("UIDPLUS", "IMAP4REV2") {
		return &UnsupportedError{Capability: "UIDPLUS", What: "ExpungeUIDs"}
	}
	return m.inPartsOf(ctx, set.set, saved, 0, func(part wire.NumSet) (*call, error) {
		foot := footprint{class: classExpunge, uids: concerned(part), usesSaved: saved != nil}
		k := m.call("UID EXPUNGE", foot, func(cmd *wire.Command) { m.addUIDs(cmd, part, saved) })
		k.slow = true
		return k, m.do(ctx, k)
	})
}

// Check asks the server to put the mailbox in order (RFC 3501 §6.4.1). To one
// that only knows IMAP4rev2, which has no CHECK, it is a NOOP.
func (m *Mailbox) Check(ctx context.Context) error {
	k := m.call("CHECK", footprint{class: classFree}, nil)
	check := k.prepare
	k.prepare = func() (*wire.Command, error) {
		if c := m.client; c.caps.has("IMAP4REV2") && !c.caps.has("IMAP4REV1") {
			if err := m.usable(); err != nil {
				return nil, err
			}
			return noopCommand(), nil
		}
		return check()
	}
	return m.do(ctx, k)
}
