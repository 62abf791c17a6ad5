package watch

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// wait returns when there may be something to do: the server has told
// something, which it notes in the boxes, it is time, or somebody pokes.
//
// Nothing is missed between a scan and a wait: a loop over updates begins with
// a State if there was one since the scan began.
func (s *session) wait(ctx context.Context, at time.Time) error {
	until := earlier(at, s.staleAt())
	if home := s.home(); s.mode != ModeNotify && home != nil && home.hinted {
		return s.doze(ctx, until) // so that a flood of news costs one scan every Burst
	}
	s.adapt()
	if s.deaf && s.mode != ModeNotify {
		return s.hearAgain(ctx)
	}
	switch {
	case s.mode == ModeNotify:
		return s.waitNotify(ctx, until)
	case len(s.mine()) > 1:
		return s.waitRotate(ctx, until)
	}
	return s.waitOpen(ctx, until)
}

// adapt changes the mode if the line has got more mailboxes.
func (s *session) adapt() {
	if s.mode == ModeIdle && len(s.mine()) > 1 {
		s.become(ModeRotate)
	}
}

// waitOpen listens to the mailbox that is open.
func (s *session) waitOpen(ctx context.Context, until time.Time) error {
	b := s.open
	if b == nil {
		return s.doze(ctx, until)
	}
	within, stop := s.interruptible(ctx, until)
	defer stop()
	var updates iter.Seq2[imap.Update, error]
	if s.idles() {
		updates = s.handle.Idle(within, nil)
	} else {
		updates = s.handle.Updates(within)
	}
	for u, err := range updates {
		if err != nil {
			return s.listened(ctx, within, err)
		}
		switch u.(type) {
		case imap.Alert: // hear gets it
			continue
		case imap.HighestModSeq: // what it covers was told before
			continue
		}
		s.news(b, u)
		return nil
	}
	return s.client.Err()
}

// news notes that a mailbox is to be looked at.
func (s *session) news(b *box, u imap.Update) {
	b.hinted = true
	b.announced = true
	b.listen(u)
	s.alive = time.Now()
}

// listened says what an error at the end of listening means. Mostly that it is
// time to do something else.
func (s *session) listened(ctx, within context.Context, err error) error {
	switch {
	case s.client.Err() != nil:
		return s.client.Err()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case within.Err() != nil:
		return nil
	case errors.Is(err, imap.ErrDeselected):
		s.open.hinted = true
		s.open = nil
		return nil
	case errors.Is(err, imap.ErrNotNotified):
		s.deaf = true
		s.hintAll()
		return nil
	case s.idleRefused(err):
		return nil
	}
	return err
}

// idles says whether IDLE is to be used now.
func (s *session) idles() bool {
	return s.mode != ModePoll && hasIdle(s.client) && !time.Now().Before(s.idleAfter)
}

// idleRefused says whether err is that the server refuses IDLE: it is asked for
// news instead, for a while.
func (s *session) idleRefused(err error) bool {
	var no *imap.ResponseError
	if !errors.As(err, &no) && !errors.Is(err, imap.ErrUnsupported) {
		return false
	}
	s.idleAfter = time.Now().Add(idleRetry)
	for _, b := range s.mine() {
		s.schedule(b)
	}
	s.log.Warn("watch: IDLE was refused; the server is polled", "every", s.pollEvery, "error", err)
	return true
}

// interruptible is a Context that poke ends. stop must be called.
func (s *session) interruptible(ctx context.Context, until time.Time) (_ context.Context, stop func()) {
	var cancel context.CancelFunc
	if until.IsZero() {
		ctx, cancel = context.WithCancel(ctx)
	} else {
		ctx, cancel = context.WithDeadline(ctx, until)
	}
	s.ear.Lock()
	s.interrupt = cancel
	if s.poked {
		cancel()
	}
	s.poked = false
	s.ear.Unlock()
	return ctx, func() {
		s.ear.Lock()
		s.interrupt = nil
		s.ear.Unlock()
		cancel()
	}
}

// poke makes the session look around. Any goroutine may call it.
func (s *session) poke() {
	s.ear.Lock()
	defer s.ear.Unlock()
	if s.interrupt != nil {
		s.interrupt()
		return
	}
	s.poked = true
}

// doze waits without listening.
func (s *session) doze(ctx context.Context, until time.Time) error {
	resting, stop := s.interruptible(ctx, until)
	defer stop()
	select {
	case <-resting.Done():
		return ctxErr(ctx)
	case <-s.client.Done():
		return s.client.Err()
	}
}
