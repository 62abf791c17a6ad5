package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// status is what the live line of watch tells. Any goroutine may use it.
type status struct {
	mu        sync.Mutex
	arrived   int
	mailboxes []place
	accounts  []string
	online    map[place]bool
	since     time.Time // the last change between online and offline, or the beginning
}

// place is a mailbox of an account.
type place struct{ account, mailbox string }

// watch says what is to be watched.
func (s *status) watch(followers []*follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	for _, f := range followers {
		account := f.target.account()
		if len(s.accounts) == 0 || s.accounts[len(s.accounts)-1] != account {
			s.accounts = append(s.accounts, account)
		}
		for _, name := range f.mailboxes {
			s.mailboxes = append(s.mailboxes, place{account, name})
		}
	}
}

// note takes notice of an event, and returns how many messages arrived so far.
func (s *status) note(r record) (arrived int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := r.(type) {
	case arrivedRecord:
		s.arrived++
	case onlineRecord:
		s.set(r.Account, r.mailboxes, true)
	case offlineRecord:
		s.set(r.Account, r.mailboxes, false)
	}
	return s.arrived
}

func (s *status) set(account string, mailboxes []string, online bool) {
	if s.online == nil {
		s.online = make(map[place]bool)
	}
	for _, name := range mailboxes {
		p := place{account, name}
		if before, known := s.online[p]; !known || online != before {
			s.since = time.Now()
		}
		s.online[p] = online
	}
}

// what names what is watched, in a few words.
func (s *status) what() string {
	var all []string
	for _, p := range s.mailboxes {
		all = append(all, p.mailbox)
	}
	switch {
	case len(s.accounts) > 1 && len(s.accounts) == len(s.mailboxes):
		return fmt.Sprintf("%d accounts", len(s.accounts))
	case len(s.accounts) > 1:
		return fmt.Sprintf("%d mailboxes of %d accounts", len(s.mailboxes), len(s.accounts))
	}
	return names(all)
}

// live is the line below the events.
func (s *status) live(style style, columns int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := 0
	for _, online := range s.online {
		if online {
			up++
		}
	}
	what := s.what()
	mark, paint, text := "●", style.green, "watching "+what
	switch {
	case len(s.online) == 0:
		mark, paint, text = "…", style.dim, "connecting to "+clean(strings.Join(s.accounts, ", "))
	case up == 0:
		mark, paint, text = "○", style.yellow, "offline, trying again: "+what
	case up < len(s.mailboxes):
		mark, paint = "◐", style.yellow
		text += fmt.Sprintf(" (%d of %d online)", up, len(s.mailboxes))
	}
	text += " for " + time.Since(s.since).Round(time.Second).String()
	if s.arrived > 0 {
		text += fmt.Sprintf(" · %d arrived", s.arrived)
	}
	return paint(mark) + " " + style.dim(fit(text+" · Ctrl-C ends", columns-2))
}
