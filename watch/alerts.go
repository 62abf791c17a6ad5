package watch

import (
	"context"
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

// alertQueue are the alerts that were not told yet.
type alertQueue struct {
	waiting []Event
	bytes   int
	told    time.Time // when some were told last
}

// due is when to tell them; zero: there are none.
func (a *alertQueue) due() time.Time {
	if len(a.waiting) == 0 {
		return time.Time{}
	}
	return a.told.Add(alertRest)
}

// hear gathers the server's alerts until the connection is gone.
func (s *session) hear(ctx context.Context) {
	for n, err := range s.client.Notices(ctx) {
		if err != nil {
			return
		}
		if n.Kind == imap.NoticeAlert && s.keepAlert(n.Text, time.Now()) {
			s.poke()
		}
	}
}

// keepAlert keeps an alert until it is told, and says whether it is the first.
func (s *session) keepAlert(text string, now time.Time) bool {
	s.ear.Lock()
	defer s.ear.Unlock()
	a := &s.alerts
	if len(a.waiting) == mostAlerts || a.bytes+len(text) > alertBytes {
		return false
	}
	m := markOf([]byte(text))
	if last, ok := s.alerted[m]; ok && now.Sub(last) < alertAgain {
		return false
	}
	if s.alerted == nil || len(s.alerted) >= 10*mostAlerts {
		s.alerted = map[mark]time.Time{}
	}
	s.alerted[m] = now
	a.waiting, a.bytes = append(a.waiting, Alert{Text: text}), a.bytes+len(text)
	return len(a.waiting) == 1
}

// tellAlerts yields what was heard, if it is time.
func (s *session) tellAlerts(ctx context.Context) error {
	now := time.Now()
	s.ear.Lock()
	due := s.alerts.due()
	if due.IsZero() || now.Before(due) {
		s.ear.Unlock()
		return nil
	}
	events := s.alerts.waiting
	s.alerts = alertQueue{told: now}
	s.ear.Unlock()
	return s.emitIn(ctx, s.open, events...)
}

// alertsDue is when to tell alerts; zero: there are none.
func (s *session) alertsDue() time.Time {
	s.ear.Lock()
	defer s.ear.Unlock()
	return s.alerts.due()
}
