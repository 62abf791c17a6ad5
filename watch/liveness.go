package watch

import (
	"context"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// probe finds out whether the connection is alive.
func (s *session) probe(ctx context.Context) error {
	within, cancel := context.WithTimeoutCause(ctx, probeWait, imap.ErrTimeout)
	defer cancel()
	s.probing = true
	var err error
	b := s.mine()[0]
	if s.profile.status {
		_, err = s.client.Status(within, b.current, imap.StatusMessages)
	}
	if err == nil || s.isMailboxError(b, err) {
		err = s.client.Noop(within)
	}
	if err == nil {
		s.alive, s.probing = time.Now(), false
	} else if within.Err() != nil && ctx.Err() == nil {
		_ = s.client.Close()
	}
	return err
}

// learn draws a conclusion from the end of the connection: it may not have lived
// through the silence.
func (s *session) learn(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	for _, b := range s.mine() {
		b.died()
	}
	if s.alive.IsZero() || s.gaveUp.Load() { // it did not die of silence
		return
	}
	now := time.Now()
	silence := now.Sub(s.alive)
	if s.probing {
		silence -= probeWait
	}
	if s.renewal.loss(now, silence) {
		s.log.Info("watch: connections do not live through silence; it is broken sooner", "every", s.renewal.every)
	}
}

// doubt is told that time was lost. Any goroutine may call it.
func (s *session) doubt() {
	s.ear.Lock()
	s.jumped = true
	s.ear.Unlock()
	s.poke()
}

// takeJump makes everything due if time was lost: the server may be gone, and
// what it told too.
func (s *session) takeJump() {
	s.ear.Lock()
	jumped := s.jumped
	s.jumped = false
	s.ear.Unlock()
	if !jumped {
		return
	}
	s.log.Info("watch: the clocks have jumped; the connection is tried")
	s.alive = time.Time{}
	for _, b := range s.mine() {
		b.due = time.Now()
	}
}
