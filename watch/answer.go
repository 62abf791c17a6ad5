package watch

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// Every question to the server is waited for so long and no longer, whatever the
// server says meanwhile that is no answer: mostly the connection has died. One to
// a server that is slow is lost then too, but the next has more time, until no
// question has needed it for an hour.

const (
	answerWait    = probeWait        // for the next part of an answer
	longestAnswer = 10 * time.Minute // the same, of a slow server, and before the first Online; and for all parts
	slowFor       = time.Hour
	slowestBytes  = 16 << 10 // of a section, in a second
	longestBody   = 24 * time.Hour
)

var (
	errNoAnswer = fmt.Errorf("the server has not answered in time: %w", imap.ErrTimeout)
	errLongDial = fmt.Errorf("to connect and to log in took more than %v: %w", longestDial, imap.ErrTimeout)
)

// patience is how long a line waits for answers.
type patience struct {
	doubled int
	slow    time.Time // when answerWait was not enough
}

// length is how long to wait now.
func (p *patience) length(now time.Time) time.Duration {
	if now.Sub(p.slow) >= slowFor {
		p.doubled = 0
	}
	return min(answerWait<<p.doubled, longestAnswer)
}

// waited notes how long it took until there was an answer, or that there was none.
func (p *patience) waited(now time.Time, d time.Duration, inVain bool) {
	if d < answerWait {
		return
	}
	if p.slow = now; inVain && answerWait<<p.doubled < longestAnswer {
		p.doubled++
	}
}

// question is one that the server is to answer in time. If it does not, the
// connection is closed, which ends whatever waits for it. It belongs to the
// session's goroutine.
type question struct {
	s     *session
	wait  time.Duration // for the next part of the answer
	since time.Time     // the last one came
	last  time.Time     // for all of it
	timer *time.Timer
}

// question begins to wait for an answer, more than usual. It must be ended.
func (s *session) question(more time.Duration) *question {
	q := &question{s: s, since: time.Now(), wait: longestAnswer}
	if s.began {
		q.wait = s.patience.length(q.since)
	}
	q.wait += more
	q.last = q.since.Add(longestAnswer + more)
	q.timer = time.AfterFunc(q.wait, s.giveUp)
	return q
}

// heard says that a part of the answer has come.
func (q *question) heard() {
	q.note()
	q.timer.Reset(max(min(q.wait, q.last.Sub(q.since)), 0))
}

func (q *question) end() {
	q.timer.Stop()
	q.note()
}

func (q *question) note() {
	now := time.Now()
	q.s.patience.waited(now, now.Sub(q.since), q.s.gaveUp.Load())
	q.since = now
}

// giveUp ends the connection. Any goroutine may call it.
func (s *session) giveUp() {
	s.gaveUp.Store(true)
	_ = s.client.Close()
}

// answer asks a question that is answered in one piece.
func answer[T any](s *session, ask func() (T, error)) (T, error) {
	q := s.question(0)
	defer q.end()
	return ask()
}

// find is Search in the mailbox that is open.
func (s *session) find(ctx context.Context, query imap.Query) (imap.UIDSet, error) {
	return answer(s, func() (imap.UIDSet, error) { return s.handle.Search(ctx, query) })
}

// findUIDs are those of some UIDs that messages have.
func (s *session) findUIDs(ctx context.Context, uids imap.UIDSet) (imap.UIDSet, error) {
	return s.find(ctx, search.UIDs(uids))
}

// messages is Fetch in the mailbox that is open.
func (s *session) messages(ctx context.Context, uids imap.UIDSet, opts *imap.FetchOptions) iter.Seq2[*imap.Message, error] {
	return func(yield func(*imap.Message, error) bool) {
		var more time.Duration
		if len(opts.Sections) > 0 {
			more = min(time.Duration(s.maxBody/slowestBytes), longestBody/time.Second) * time.Second
		}
		q := s.question(more)
		defer q.end()
		for m, err := range s.handle.Fetch(ctx, uids, opts) {
			if err == nil {
				q.heard() // imap yields no message twice
			}
			if !yield(m, err) {
				return
			}
		}
	}
}
