package watch

import (
	"context"
	"sync"
	"sync/atomic"
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
	turn      time.Time     // when the scan began
	profile   profile
	told      int // of the line's mailboxes, that they are online

	notified  []string    // the mailboxes that NOTIFY is set for
	ends      int         // how often the server has ended it
	deaf      bool        // IDLE tells nothing, since NOTIFY was given up
	idleAfter time.Time   // IDLE was refused, and is not tried before
	noModSeqs bool        // the server cannot tell changes by mod-sequence
	gaveUp    atomic.Bool // the server has not answered, and the connection was closed

	ear       sync.Mutex
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
	s.workers.Go(s.hear)
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
	if err := s.online(ctx, s.mine()); err != nil {
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

// online opens a mailbox and tells that there is a connection for some. Mailboxes
// of which nothing is known get their place first: the batch says that from here
// on nothing is missed.
func (s *session) online(ctx context.Context, mine []*box) error {
	s.told += len(mine)
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
	s.begun.Store(true)
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
	if b.cursor.UIDNext != 0 {
		return true, nil
	}
	err := s.baseline(ctx, b)
	if err != nil && !s.began && !s.patient && s.isMailboxError(b, err) {
		return false, fatalError{&MailboxError{b.name, err}}
	}
	return err == nil, s.mend(ctx, b, err) // a mailbox without a place must not keep back the others
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
