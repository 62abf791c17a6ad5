package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// With NOTIFY no mailbox is left selected while the session waits: then all are
// alike, and the server tells of all by STATUS. Dovecot tells of the selected
// one only in IDLE.

// mostNotifyEnds is how often a server may give up on NOTIFY in one session.
const mostNotifyEnds = 3

// notify asks the server to tell of the mailboxes, if it does not yet.
func (s *session) notify(ctx context.Context) error {
	names := s.currentNames()
	if slices.Equal(names, s.notified) {
		return nil
	}
	err := s.askNotify(ctx, names, imap.NotifyMailboxName)
	var bad *imap.BadEventError
	if errors.As(err, &bad) {
		err = s.askNotify(ctx, names)
	}
	var no *imap.ResponseError
	if err != nil && s.client.Err() == nil && (errors.As(err, &no) || errors.As(err, &bad)) {
		s.log.Warn("watch: NOTIFY was refused; the mailboxes are asked in turn", "every", s.pollEvery, "error", err)
		s.become(modeFor(s.client, len(names)))
		return nil
	}
	if err == nil {
		s.notified = names
	}
	return err
}

// hearAgain makes IDLE tell of the selected mailbox, as it does without NOTIFY.
func (s *session) hearAgain(ctx context.Context) error {
	s.deaf = false
	if s.ends++; s.ends > 3*mostNotifyEnds {
		s.become(ModePoll)
		return nil
	}
	_, err := s.setNotify(ctx, &imap.NotifyOptions{Groups: []imap.NotifyGroup{
		{Mailboxes: imap.NotifySelectedDelayed, Events: s.notifyEvents()},
	}})
	if err != nil && s.client.Err() == nil && ctx.Err() == nil {
		s.log.Warn("watch: IDLE tells nothing after NOTIFY; the mailboxes are polled", "every", s.pollEvery, "error", err)
		s.become(ModePoll)
		return nil
	}
	return err
}

func (s *session) askNotify(ctx context.Context, names []string, more ...imap.NotifyEvent) error {
	events := append(s.notifyEvents(), more...)
	// The answer has what came between the last look and now, of which the server
	// would never tell.
	found, err := s.setNotify(ctx, &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{
		{Mailboxes: imap.NotifyNamed, Names: names, Events: events},
	}})
	for _, status := range found {
		s.heard(imap.StatusChanged{Status: status})
	}
	return err
}

func (s *session) setNotify(ctx context.Context, opts *imap.NotifyOptions) ([]*imap.MailboxStatus, error) {
	return answer(s, func() ([]*imap.MailboxStatus, error) { return s.client.Notify(ctx, opts) })
}

// notifyEvents is what the server is to tell of messages.
func (s *session) notifyEvents() []imap.NotifyEvent {
	events := []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge}
	if s.changes {
		events = append(events, imap.NotifyFlagChange)
	}
	return events
}

// currentNames are the names that the line's mailboxes have on the server.
func (s *session) currentNames() (names []string) {
	for _, b := range s.mine() {
		names = append(names, b.current)
	}
	return names
}

// waitNotify listens to all mailboxes.
func (s *session) waitNotify(ctx context.Context, until time.Time) error {
	before := s.notified
	if err := s.notify(ctx); err != nil || s.mode != ModeNotify {
		return err
	}
	if b := s.open; b != nil {
		return s.leave(ctx, b)
	}
	if !slices.Equal(before, s.notified) && slices.ContainsFunc(s.mine(), func(b *box) bool { return b.hinted }) {
		return nil // the answer to NOTIFY has news
	}
	within, stop := s.interruptible(ctx, until)
	defer stop()
	for e, err := range s.client.Events(within) {
		if err != nil {
			return s.listened(ctx, within, err)
		}
		if s.heard(e) {
			return nil
		}
	}
	return s.client.Err()
}

// leave unselects the mailbox, and asks what was not told while it was selected.
func (s *session) leave(ctx context.Context, b *box) error {
	err := s.unselect(ctx, b)
	if err == nil {
		err = s.ask(ctx, b)
	}
	return err
}

func (s *session) unselect(ctx context.Context, b *box) error {
	q := s.question(0)
	defer q.end()
	handle := s.handle
	s.open, s.handle = nil, nil
	err := handle.Unselect(ctx)
	if !errors.Is(err, imap.ErrDeselected) || s.client.Err() != nil {
		return err
	}
	// The loop's body has selected another mailbox, which may be one of ours.
	if handle, err = s.client.Examine(ctx, b.current); s.isMailboxError(b, err) {
		return nil // nothing is selected then
	}
	if err != nil {
		return err
	}
	return handle.Unselect(ctx)
}

// heard takes what the server tells of a mailbox, and says whether there may be
// something to do.
func (s *session) heard(e imap.Event) bool {
	s.alive = time.Now()
	switch e := e.(type) {
	case imap.StatusChanged:
		hinted := false
		for _, b := range s.mine() { // it may be two, of which one was renamed to the other's name
			if canonical(e.Status.Mailbox) == canonical(b.current) {
				s.compare(b, e.Status)
				hinted = hinted || b.hinted
			}
		}
		return hinted
	case imap.NameChanged:
		if e.OldName == "" && time.Since(s.listed) < missingFirst {
			return false // the answer to what was asked here looks the same
		}
		for _, b := range s.mine() {
			if n := canonical(b.current); n == canonical(e.OldName) || n == canonical(e.Entry.Mailbox) {
				b.look(e.Entry.Mailbox)
				return true
			}
		}
	case imap.NotifyEnded:
		s.notified = nil
		if s.ends++; s.ends >= mostNotifyEnds {
			s.log.Warn("watch: the server ends NOTIFY again and again", "text", e.Text)
			s.become(modeFor(s.client, len(s.mine())))
			s.deaf = true
		}
		s.hintAll()
		return true
	case imap.Overflow:
		s.hintAll()
		return true
	}
	return false
}

func (s *session) hintAll() {
	for _, b := range s.mine() {
		b.hinted = true
	}
}

// become changes the mode.
func (s *session) become(m Mode) {
	s.mode = m
	s.show(m)
	s.log.Info("watch: mode", "mode", m)
}
