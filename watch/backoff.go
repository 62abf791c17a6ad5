package watch

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	firstWait  = time.Second
	limitWait  = 30 * time.Second // at least, where the server says that it is too much
	longestAsk = 15 * time.Minute // of the pauses that servers suggest
)

// pace says when to try again. What it counts is forgotten only when a
// connection has lasted: a server that lets us in and drops us is as much to be
// spared as one that does not answer.
type pace struct {
	max      time.Duration
	rand     func() float64
	failures int // but for refused logins
	refusals int // of logins
}

func (p *pace) reset() { p.failures, p.refusals = 0, 0 }

func (p *pace) failed() int { return p.failures + p.refusals }

// next counts a failure in.
func (p *pace) next(err error) Offline {
	off := Offline{Reason: ReasonOf(err), Err: err}
	if off.Reason == ReasonLogin {
		p.refusals++
		off.Retry = p.login()
	} else {
		p.failures++
		off.Retry = time.Duration(p.rand() * float64(p.doubled()))
	}
	if off.Reason == ReasonLimit {
		off.Retry = max(off.Retry, limitWait)
	}
	off.Retry = max(off.Retry, suggested(err))
	off.Attempt = p.failed()
	return off
}

// doubled is the longest pause before this attempt.
func (p *pace) doubled() time.Duration {
	d := firstWait
	for range p.failures - 1 {
		if d >= p.max {
			break
		}
		d *= 2
	}
	return min(d, p.max)
}

// login is the pause after a refused login: providers lock accounts out that
// try more often.
func (p *pace) login() time.Duration {
	switch p.refusals {
	case 1:
		return 5 * time.Minute
	case 2:
		return 30 * time.Minute
	}
	return time.Hour
}

// suggested is the pause that the server asks for.
func suggested(err error) time.Duration { return min(imap.Backoff(err), longestAsk) }
