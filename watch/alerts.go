package watch

import (
	"context"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// Some servers say the same alert at every command, as long as a quota is
// exceeded for instance. It is told, but neither the user nor the server is
// bothered more for it.

const (
	mostAlerts = 100              // kept while nobody listens
	alertBytes = 1 << 20          // of them
	alertRest  = 10 * time.Second // from telling some to telling more
	alertAgain = time.Hour        // the same text is not told again before
)

// alertQueue are a line's alerts that were not told yet. Any goroutine may use it.
type alertQueue struct {
	mu      sync.Mutex
	waiting []Event
	bytes   int
	told    time.Time          // when some were told last
	heard   map[mark]time.Time // when which was heard
}

// due is when to tell them; zero: there are none.
func (a *alertQueue) due() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return time.Time{}
	}
	return a.told.Add(alertRest)
}

// keep keeps an alert until it is told, and says whether it is the first.
func (a *alertQueue) keep(text string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == mostAlerts || a.bytes+len(text) > alertBytes {
		return false
	}
	m := markOf([]byte(text))
	if last, ok := a.heard[m]; ok && now.Sub(last) < alertAgain {
		return false
	}
	if a.heard == nil || len(a.heard) >= 10*mostAlerts {
		a.heard = map[mark]time.Time{}
	}
	a.heard[m] = now
	a.waiting, a.bytes = append(a.waiting, Alert{Text: text}), a.bytes+len(text)
	return len(a.waiting) == 1
}

// take returns what is to be told.
func (a *alertQueue) take(now time.Time) []Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	events := a.waiting
	if len(events) > 0 {
		a.waiting, a.bytes, a.told = nil, 0, now
	}
	return events
}

// hear gathers the server's alerts until the connection is gone.
func (s *session) hear() {
	for n := range s.client.Notices(context.Background()) {
		if n.Kind == imap.NoticeAlert && s.alerts.keep(n.Text, time.Now()) {
			s.poke()
		}
	}
}

// tellAlerts yields what was heard, if it is time. What was heard last before the
// connection was lost is told with that.
func (s *session) tellAlerts(ctx context.Context) error {
	now := time.Now()
	if due := s.alerts.due(); due.IsZero() || now.Before(due) {
		return nil
	}
	return s.emitIn(ctx, s.open, s.alerts.take(now)...)
}
