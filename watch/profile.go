package watch

import (
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// profile is what a server needs of those who watch. What is common to all
// users of a server, such as when IDLE must be renewed, is imap's.
type profile struct {
	server string        // as imap.Client.Recognized names it
	poll   time.Duration // the longest pause between two polls; 0: Watcher.Poll
	status bool          // NOOP does not count as a sign of life, but STATUS does
}

// NetEase's Coremail closes a connection after a minute without a command that it
// counts; EmailEngine sends STATUS every 55 s.
var profiles = []profile{
	{"Coremail", 55 * time.Second, true},
}

// profileOf is that of a server; the zero profile is of all others.
func profileOf(c *imap.Client) (p profile) {
	for _, p := range profiles {
		if slices.Contains(c.Recognized(), p.server) {
			return p
		}
	}
	return p
}

// pollAfter is the pause before the next poll.
func (s *session) pollAfter() time.Duration {
	if most := s.profile.poll; most != 0 && most < s.pollEvery {
		return time.Duration(float64(most) * (0.8 + 0.2*s.rand()))
	}
	return time.Duration(float64(s.pollEvery) * (0.9 + 0.2*s.rand()))
}
