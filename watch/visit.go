package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// step does what is to be done next, or waits for it.
func (s *session) step(ctx context.Context) error {
	if err := s.tellAlerts(ctx); err != nil {
		return err
	}
	if err := s.tellStale(ctx); err != nil {
		return err
	}
	s.takeJump()
	if adopted := s.mine()[s.told:]; len(adopted) > 0 {
		s.adapt()
		return s.online(ctx, adopted)
	}
	b, at := s.next()
	if now := time.Now(); b == nil || now.Before(at) {
		renew := s.alive.Add(s.renewal.interval(now))
		if !now.Before(renew) {
			return s.probe(ctx)
		}
		if s.ignorant() {
			return s.mend(ctx, s.open, s.gather(ctx, s.open))
		}
		return s.wait(ctx, earlier(earlier(at, renew), s.alerts.due()))
	}
	return s.mend(ctx, b, s.visit(ctx, b))
}

// mend takes errors that only mean that the mailbox has to be opened again.
func (s *session) mend(ctx context.Context, b *box, err error) error {
	switch {
	case err == nil || is[fatalError](err) || s.client.Err() != nil || ctx.Err() != nil:
		return err
	case errors.Is(err, imap.ErrDeselected), errors.Is(err, errRebuilt):
		// The server has closed the mailbox, or has another one under that name
		// now; or the loop's body has selected another mailbox, and was told of no
		// news.
		s.open, b.hinted = nil, true
		b.unsettle()
		return nil
	case errors.Is(err, errTurn):
		b.again = time.Now() // behind those that are due
		return s.askOthers(ctx)
	case errors.Is(err, errContradiction):
		return s.contradicted(ctx, b, err)
	case s.isMailboxError(b, err):
		return s.lookFailed(ctx, b, err)
	}
	return err
}

// next is the box to be looked at first, and when.
func (s *session) next() (first *box, at time.Time) {
	for _, b := range s.mine() {
		if due := s.dueAt(b); first == nil || due.Before(at) {
			first, at = b, due
		}
	}
	return first, at
}

// dueAt is when to look at a box.
func (s *session) dueAt(b *box) time.Time {
	switch {
	case b.missing != nil:
		return b.missing.again
	case !b.visited:
		return b.again
	case b.hinted:
		return earlier(later(b.scanned.Add(b.rest), b.again), later(b.due, b.again))
	}
	return b.due
}

// visit looks at a mailbox, and opens it if need be.
func (s *session) visit(ctx context.Context, b *box) error {
	if ok, err := s.look(ctx, b); err != nil || !ok {
		return err
	}
	steps := []func(context.Context, *box) error{s.catchUp, s.scan}
	if b.stumbles >= mostStumbles {
		slices.Reverse(steps) // what has changed must not keep back what arrives
	}
	for _, step := range steps {
		if err := step(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// look makes sure that the mailbox is open, and the view of it a fresh one: it
// is opened again every Scan, since there are servers that show news, and a new
// UIDVALIDITY, only then. It says whether the mailbox is there.
func (s *session) look(ctx context.Context, b *box) (bool, error) {
	fresh := s.open == b && time.Since(b.opened) < s.scanEvery && !b.distrusted && !s.handle.Rebuilt()
	switch {
	case fresh && !b.visited:
		return s.enterLife(ctx, b)
	case fresh && b.hinted && !s.alive.IsZero():
		return true, nil
	case fresh:
		return true, s.probe(ctx) // some servers tell only then
	}
	if time.Since(s.alive) >= probeWait {
		if err := s.probe(ctx); err != nil {
			return false, err
		}
	}
	if err := s.examine(ctx, b); err != nil {
		return false, s.openFailed(ctx, b, err)
	}
	return s.enterLife(ctx, b)
}

// examine opens a mailbox without changing anything in it.
func (s *session) examine(ctx context.Context, b *box) error {
	s.open, s.handle = nil, nil
	handle, err := answer(s, func() (*imap.Mailbox, error) { return s.client.Select(ctx, b.current, s.selectOptions(b)) })
	if err != nil {
		return err
	}
	s.open, s.handle = b, handle
	b.opened, s.alive = time.Now(), time.Now()
	s.noteOpening(b)
	return nil
}

// isMailboxError says whether err is the server's no about a mailbox, and the
// connection as good as before. What may be the trouble of a whole server is the
// mailbox's if another one can be looked at: one that is damaged or locked must not
// cost the others their connection.
func (s *session) isMailboxError(b *box, err error) bool {
	if !is[*imap.ResponseError](err) || s.client.Err() != nil || codeOf(err) == imap.CodeLimit {
		return false
	}
	return !passes(err) || slices.ContainsFunc(s.mine(), func(o *box) bool { return o != b && o.missing == nil })
}

// passes says whether a refusal is for a reason that should pass by itself.
func passes(err error) bool {
	return slices.Contains([]imap.Code{imap.CodeUnavailable, imap.CodeInUse, imap.CodeServerBug}, codeOf(err))
}
