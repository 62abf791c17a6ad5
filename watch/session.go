package watch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	logoutWait    = 2 * time.Second        // for the server to say goodbye
	probeWait     = 15 * time.Second       // for the server to show that it is there
	idleRetry     = 15 * time.Minute       // after IDLE was refused
	scanWindow    = 500                    // messages asked for, and held, at once
	largestEvents = 100                    // in one batch
	shortestRest  = 250 * time.Millisecond // between scans that find mail
)

// session is one connection of a line.
type session struct {
	*line
	client    *imap.Client
	mode      Mode
	shownMode Mode          // guarded by line.mu
	open      *box          // the one whose mailbox is selected; nil: none
	handle    *imap.Mailbox // of open
	alive     time.Time     // when the server was last heard; zero: it is in doubt
	probing   bool          // the server has not answered yet
	listed    time.Time     // when mailboxes were last listed
	askAt     time.Time     // when to ask for the STATUS of mailboxes
	profile   profile

	notified  []string  // the mailboxes that NOTIFY is set for
	ends      int       // how often the server has ended it
	deaf      bool      // IDLE tells nothing, since NOTIFY was given up
	idleAfter time.Time // IDLE was refused, and is not tried before
	noModSeqs bool      // the server cannot tell changes by mod-sequence

	ear       sync.Mutex
	alerts    alertQueue
	jumped    bool               // time was lost
	poked     bool               // somebody wants the session to look around
	interrupt context.CancelFunc // ends the waiting; nil: there is none
	workers   sync.WaitGroup
}

func newSession(l *line, c *imap.Client) *session {
	return &session{line: l, client: c, profile: profileOf(c)}
}

// work follows the mailboxes until the connection is lost, which is the error.
func (s *session) work(ctx context.Context) error {
	hearing, stop := context.WithCancel(ctx)
	defer stop()
	s.workers.Go(func() { s.hear(hearing) })
	if err := s.enable(ctx); err != nil {
		return err
	}
	if err := s.choose(ctx); err != nil {
		return err
	}
	s.setSession(s)
	defer s.setSession(nil)
	for _, b := range s.mine() {
		b.visited, b.again = false, time.Time{}
	}
	if err := s.online(ctx); err != nil {
		return err
	}
	began := time.Now()
	s.pace.up(s.client.Recognized())
	defer func() {
		s.pace.survived(time.Since(began), false)
		s.learn(ctx)
	}()
	defer newClock(s.wall).mind(s.rand, s.doubt)()
	for {
		if err := s.step(ctx); err != nil {
			return err
		}
	}
}

func (l *line) setSession(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
}

// hangUp leaves politely, if there is somebody to leave.
func (s *session) hangUp(ctx context.Context) {
	if s.client.Err() == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logoutWait)
		_ = s.client.Logout(ctx)
		cancel()
	}
	_ = s.client.Close()
	s.workers.Wait()
}

// online opens a mailbox and tells that there is a connection. Mailboxes of
// which nothing is known get their place first: the batch says that from here on
// nothing is missed.
func (s *session) online(ctx context.Context) error {
	mine := s.mine()
	var first *box
	for _, b := range mine {
		if b.cursor.UIDNext != 0 && first != nil {
			continue
		}
		ok, err := s.enter(ctx, b)
		if err != nil {
			return err
		}
		if ok && first == nil {
			first = b
		}
	}
	s.began = true
	s.log.Info("watch: online", "mode", s.mode)
	on := Online{Mode: s.mode, Attempt: s.pace.failed() + 1}
	for _, b := range mine {
		on.Mailboxes, on.Cursors = append(on.Mailboxes, b.name), append(on.Cursors, b.cursor)
	}
	return s.emitIn(ctx, first, on)
}

// enter opens a box for the first time in this session, and gives it a place if
// it has none. It says whether the mailbox could be opened.
func (s *session) enter(ctx context.Context, b *box) (bool, error) {
	if err := s.examine(ctx, b); err != nil {
		return false, s.openFailed(ctx, b, err)
	}
	if b.cursor.UIDNext == 0 {
		return true, s.baseline(ctx, b)
	}
	return true, nil
}

// emitIn yields events about the connection, with a box that is open for the
// loop's body.
func (s *session) emitIn(ctx context.Context, b *box, events ...Event) error {
	batch := &Batch{Events: events}
	if b != nil && s.open == b {
		batch.Open = s.handle
	}
	return s.emit(ctx, batch)
}

// step does what is to be done next, or waits for it.
func (s *session) step(ctx context.Context) error {
	if err := s.tellAlerts(ctx); err != nil {
		return err
	}
	if err := s.tellStale(ctx); err != nil {
		return err
	}
	s.takeJump()
	b, at := s.next()
	if now := time.Now(); b == nil || now.Before(at) {
		renew := s.alive.Add(s.renewal.interval(now))
		if !now.Before(renew) {
			return s.probe(ctx)
		}
		if s.ignorant() {
			return s.mend(ctx, s.open, s.gather(ctx, s.open))
		}
		return s.wait(ctx, earlier(earlier(at, renew), s.alertsDue()))
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
	case errors.Is(err, errContradiction):
		return s.contradicted(ctx, b, err)
	case s.isMailboxError(err):
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

// probe finds out whether the connection is alive.
func (s *session) probe(ctx context.Context) error {
	within, cancel := context.WithTimeoutCause(ctx, probeWait, imap.ErrTimeout)
	defer cancel()
	s.probing = true
	var err error
	if s.profile.status {
		_, err = s.client.Status(within, s.mine()[0].current, imap.StatusMessages)
	}
	if err == nil || s.isMailboxError(err) {
		err = s.client.Noop(within)
	}
	if err == nil {
		s.alive, s.probing = time.Now(), false
	} else if within.Err() != nil && ctx.Err() == nil {
		_ = s.client.Close()
	}
	return err
}

// examine opens a mailbox without changing anything in it.
func (s *session) examine(ctx context.Context, b *box) error {
	s.open, s.handle = nil, nil
	within, _, stop := answering(ctx)
	handle, err := s.client.Select(within, b.current, s.selectOptions(b))
	if err = stop(err); err != nil {
		return err
	}
	s.open, s.handle = b, handle
	b.opened, s.alive = time.Now(), time.Now()
	s.noteOpening(b)
	return nil
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
	if s.alive.IsZero() {
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

// isMailboxError says whether err is the server's no about a mailbox, and the
// connection as good as before.
func (s *session) isMailboxError(err error) bool {
	var no *imap.ResponseError
	return errors.As(err, &no) && s.client.Err() == nil &&
		!slices.Contains([]imap.Code{imap.CodeLimit, imap.CodeUnavailable, imap.CodeInUse, imap.CodeServerBug}, no.Code)
}
