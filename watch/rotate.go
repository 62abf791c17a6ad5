package watch

import (
	"context"
	"errors"
	"slices"
	"sync"
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
		home.visited = false // what came while another one was open
		return nil
	}
	if ask := s.askAt; !time.Now().Before(ask) {
		return s.askOthers(ctx)
	} else {
		until = earlier(until, ask)
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

// longestTurn is how long a mailbox with many messages may keep the others of the
// session waiting, beyond the time that one batch takes.
const longestTurn = 10 * time.Second

// errTurn says that it is the turn of other mailboxes. The scan goes on where it
// was when they were looked at.
var errTurn = errors.New("it is the turn of other mailboxes")

// askAtOnce is how many questions are under way at once.
const askAtOnce = 16

// askOthers looks for news where the session does not listen.
func (s *session) askOthers(ctx context.Context) error {
	s.askAt = time.Now().Add(s.pollAfter())
	var others []*box
	for _, b := range s.mine() {
		if b != s.open && b.missing == nil && !b.hinted {
			others = append(others, b)
		}
	}
	for some := range slices.Chunk(others, askAtOnce) {
		if err := s.ask(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// ask compares the STATUS of mailboxes with what is known of them.
func (s *session) ask(ctx context.Context, boxes ...*box) error {
	status, errs := make([]*imap.MailboxStatus, len(boxes)), make([]error, len(boxes))
	answered := make([]sync.WaitGroup, len(boxes))
	for i, b := range boxes {
		answered[i].Go(func() { status[i], errs[i] = s.client.Status(ctx, b.current, s.statusItems()...) })
	}
	q := s.question(0)
	for i := range answered {
		answered[i].Wait()
		q.heard()
	}
	q.end()
	for i, b := range boxes {
		switch {
		case errs[i] == nil:
			s.alive = time.Now()
			s.compare(b, status[i])
		case s.isMailboxError(b, errs[i]):
			b.visited = false // to open it will say what is wrong
		default:
			return errs[i]
		}
	}
	return nil
}

func (s *session) statusItems() []imap.StatusItem {
	items := []imap.StatusItem{imap.StatusMessages, imap.StatusUIDNext, imap.StatusUIDValidity}
	if s.changes && s.client.Has("CONDSTORE") {
		items = append(items, imap.StatusHighestModSeq)
	}
	return items
}

// compare hints at a box if its STATUS, or what is told of it, is news. Where the
// server does not tell UIDNEXT, another number of messages has to do; what that
// misses, the scan finds.
func (s *session) compare(b *box, status *imap.MailboxStatus) {
	var old imap.MailboxStatus
	if b.status != nil {
		old = *b.status
	}
	now := old
	if status.Messages != nil {
		now.Messages = status.Messages
	}
	now.UIDNext = or(status.UIDNext, old.UIDNext)
	now.UIDValidity = or(status.UIDValidity, old.UIDValidity)
	now.HighestModSeq = or(status.HighestModSeq, old.HighestModSeq)
	b.status = &now
	number := old.Messages != nil && now.Messages != nil && *old.Messages != *now.Messages
	switch {
	case now.UIDValidity != 0 && now.UIDValidity != b.served(),
		now.UIDNext > b.cursor.UIDNext,
		number && (now.UIDNext == 0 || s.changes),
		s.changes && b.differs(&old, &now):
		b.hinted, b.announced = true, true
	}
}
