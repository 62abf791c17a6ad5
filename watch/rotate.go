package watch

import (
	"context"
	"errors"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// waitRotate listens to the first mailbox by IDLE, and asks for the STATUS of the
// others every Poll.
func (s *session) waitRotate(ctx context.Context, until time.Time) error {
	home := s.home()
	switch {
	case home == nil:
		return s.doze(ctx, until)
	case s.open != home:
		home.hinted = true // what came while another one was open
		home.rest = 0
		return nil
	}
	if ask := s.asked.Add(s.pollEvery); !time.Now().Before(ask) {
		return s.askOthers(ctx)
	} else if ask.Before(until) {
		until = ask
	}
	return s.waitOpen(ctx, until)
}

// home is the mailbox in which the session idles.
func (s *session) home() *box {
	for _, b := range s.mine() {
		if b.missing == nil {
			return b
		}
	}
	return nil
}

// askOthers looks for news where the session does not listen.
func (s *session) askOthers(ctx context.Context) error {
	s.asked = time.Now()
	for _, b := range s.mine() {
		if b == s.open || b.missing != nil || b.hinted {
			continue
		}
		if err := s.ask(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// ask compares the STATUS of a mailbox with what is known of it.
func (s *session) ask(ctx context.Context, b *box) error {
	status, err := s.client.Status(ctx, b.current, s.statusItems()...)
	var no *imap.ResponseError
	switch {
	case errors.As(err, &no) && s.client.Err() == nil:
		b.hinted = true // to open it will say what is wrong
		return nil
	case err != nil:
		return err
	}
	s.alive = time.Now()
	s.compare(b, status)
	return nil
}

func (s *session) statusItems() []imap.StatusItem {
	items := []imap.StatusItem{imap.StatusMessages, imap.StatusUIDNext, imap.StatusUIDValidity}
	if s.changes && s.client.Has("CONDSTORE") {
		items = append(items, imap.StatusHighestModSeq)
	}
	return items
}

// compare hints at a box if its STATUS says that there is news. Where the
// server does not tell UIDNEXT, another number of messages has to do; what that
// misses, the scan finds.
func (s *session) compare(b *box, status *imap.MailboxStatus) {
	old := b.status
	b.status = status
	differs := func(a, b *uint32) bool { return (a == nil) != (b == nil) || a != nil && *a != *b }
	switch {
	case status.UIDValidity != 0 && status.UIDValidity != b.cursor.UIDValidity,
		status.UIDNext > b.cursor.UIDNext,
		old != nil && differs(old.Messages, status.Messages) && (status.UIDNext == 0 || s.changes),
		old != nil && s.changes && old.HighestModSeq != status.HighestModSeq:
		b.hinted, b.announced = true, true
	}
}
