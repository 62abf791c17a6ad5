package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// status is what the live line of watch tells. Any goroutine may use it.
type status struct {
	mu      sync.Mutex
	arrived int
	online  map[string]bool // by mailbox
	since   time.Time       // the last change between online and offline
}

// note takes notice of an event, and returns how many messages arrived so far.
func (s *status) note(mailbox string, r record) (arrived int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.(type) {
	case arrivedRecord:
		s.arrived++
	case onlineRecord, offlineRecord:
		if s.online == nil {
			s.online = make(map[string]bool)
		}
		_, now := r.(onlineRecord)
		if before, known := s.online[mailbox]; !known || now != before {
			s.since = time.Now()
		}
		s.online[mailbox] = now
	}
	return s.arrived
}

// live is the line below the events.
func (s *status) live(style style, mailboxes []string, account string, columns int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := 0
	for _, online := range s.online {
		if online {
			up++
		}
	}
	what := clean(strings.Join(mailboxes, ", "))
	if len(mailboxes) > 3 {
		what = fmt.Sprintf("%d mailboxes", len(mailboxes))
	}
	mark, paint, text := "●", style.green, "watching "+what
	switch {
	case len(s.online) == 0:
		mark, paint, text = "…", style.dim, "connecting to "+clean(account)
	case up == 0:
		mark, paint, text = "○", style.yellow, "offline, trying again: "+what
	case up < len(mailboxes):
		mark, paint = "◐", style.yellow
		text += fmt.Sprintf(" (%d of %d online)", up, len(mailboxes))
	}
	if !s.since.IsZero() {
		text += " for " + time.Since(s.since).Round(time.Second).String()
	}
	if s.arrived > 0 {
		text += fmt.Sprintf(" · %d arrived", s.arrived)
	}
	return paint(mark) + " " + style.dim(fit(text+" · Ctrl-C ends", columns-2))
}
