package watch

import (
	"context"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// A mailbox that was renamed is the same mailbox: it is followed under its new
// name, and keeps its cursor and its IDs, which are made of the first name. It is
// recognized by its MAILBOXID (RFC 8474), which is remembered. What is made under
// the old name later is another mailbox.

// seekEvery is how often a mailbox that is missing is looked for under all names.
const seekEvery = time.Hour

// follow looks for a mailbox that is not under its name any more. It says whether
// it was found; it is to be opened then.
func (s *session) follow(ctx context.Context, b *box) (bool, error) {
	to := b.toldName
	b.toldName = ""
	if id := b.mailboxID(); id != "" && s.client.Has("OBJECTID") && (to != "" || time.Since(b.sought) >= seekEvery) {
		b.sought = time.Now()
		var err error
		if to, err = s.nameOf(ctx, id); err != nil {
			return false, err
		}
	}
	if to == "" || canonical(to) == canonical(b.current) {
		return false, nil
	}
	return true, s.rename(ctx, b, to)
}

// mailboxID is the MAILBOXID that is remembered; "": none.
func (b *box) mailboxID() string {
	if b.memory == nil {
		return ""
	}
	return b.memory.mailbox
}

// nameOf is the name of the mailbox with a MAILBOXID; "": there is none.
func (s *session) nameOf(ctx context.Context, id string) (name string, err error) {
	defer func() { s.listed = time.Now() }()
	q := s.question(0)
	defer q.end()
	opts := &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusMailboxID}}
	for e, err := range s.client.List(ctx, "*", opts) {
		if s.refused(ctx, err) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		q.heard()
		if e.Status != nil && e.Status.MailboxID == id {
			name = e.Mailbox
		}
	}
	return name, nil
}

// rename goes on with a mailbox under another name.
func (s *session) rename(ctx context.Context, b *box, to string) error {
	s.log.Info("watch: mailbox was renamed", "mailbox", b.name, "from", b.current, "to", to)
	if s.open == b {
		s.open = nil
	}
	b.current, b.visited, b.hinted = to, false, true
	if b.missing != nil {
		b.missing.again = b.missing.since // at once
	}
	if b.memory != nil {
		b.mu.Lock()
		if b.memory.current = to; canonical(to) == b.name {
			b.memory.current = ""
		}
		b.mu.Unlock()
	}
	return s.emitOf(ctx, b, b.cursor, Renamed{Mailbox: b.name, To: to})
}

// enterLife finds out what was opened. If that is another mailbox, and the box's
// own is there under another name, that is followed, and the answer is false.
func (s *session) enterLife(ctx context.Context, b *box) (bool, error) {
	id, here := b.mailboxID(), mailboxID(s.handle.State())
	if id != "" && here != "" && id != here {
		b.sought = time.Time{}
		if moved, err := s.follow(ctx, b); moved || err != nil {
			return false, err
		}
	}
	return true, s.place(ctx, b)
}

// look makes the session open the box soon, since its name means another mailbox
// or none; its own may have the name to now.
func (b *box) look(to string) {
	b.hinted, b.announced, b.visited, b.sought = true, true, false, time.Time{}
	b.again = b.scanned.Add(b.rest) // a flood of names costs no more than one of other news
	if canonical(to) != canonical(b.current) {
		b.toldName = to
	}
	if b.missing != nil {
		b.missing.again = later(time.Now(), b.missing.tried.Add(b.run.burst))
	}
}
