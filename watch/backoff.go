package watch

import (
	"errors"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	firstWait     = time.Second
	leastWait     = 100 * time.Millisecond // unless MaxWait is less, of which a tenth of it is left
	healthy       = 5 * time.Minute        // a connection that lasted so long was a good one
	limitWait     = time.Minute            // the first pause where the server says that it is too much,
	longestLimit  = 15 * time.Minute       // and the longest
	unknownWait   = 30 * time.Second       // the first where the name service knows no such host, and after a refusal in words that nobody knows
	permanentWait = 5 * time.Minute        // the first where nothing helps until somebody does something,
	longestWait   = time.Hour              // and the longest
	longestAsk    = 15 * time.Minute       // of the pauses that servers suggest
)

// pace says when one connection is tried again. What it counts is forgotten only
// when a connection has lasted: a server that lets us in and drops us is as much
// to be spared as one that does not answer. It is used by one goroutine; the
// logins that it shares with others may be used by all of them.
type pace struct {
	max     time.Duration
	rand    func() float64
	servers []string // what the server was recognized as
	logins  *logins  // of the account; nil: nobody else has any

	failures int // of all kinds, since a connection has lasted
	soft     int // of them, those that count for doubling
	lived    time.Duration
	online   bool
	trying   bool // it is this one's turn to log in
	extra    []Event
}

// ready answers whether it is this one's turn to log in. If so, up or next must
// follow, or tried.
func (p *pace) ready() turn {
	t := p.account().ask()
	p.trying = t.changed == nil
	return t
}

// tried lets the others try.
func (p *pace) tried() {
	if p.trying {
		p.trying = false
		p.account().done()
	}
}

// held is what to tell when the credentials were refused to another connection.
func (p *pace) held(t turn) Offline {
	v := judge(t.why)
	return Offline{
		Reason: v.reason, Class: ClassCredential, Err: t.why,
		Attempt: p.failures, Retry: time.Until(t.until),
	}
}

// up says that the connection is online: the credentials were accepted, and the
// server is, in the words of imap.Client.Recognized, this.
func (p *pace) up(servers []string) {
	p.servers, p.online = servers, true
	p.account().up()
	p.tried()
}

// survived says that a connection has ended that was online for d. clean: it was
// left, and did not fail; then there is no next.
func (p *pace) survived(d time.Duration, clean bool) {
	p.down()
	if p.lived = d; clean {
		p.lived = 0
	}
	if d >= healthy {
		p.reset()
	}
}

func (p *pace) down() {
	if p.online {
		p.online = false
		p.account().down()
	}
}

// reset forgets what was counted.
func (p *pace) reset() {
	p.failures, p.soft = 0, 0
	p.account().forget()
}

func (p *pace) failed() int { return p.failures }

func (p *pace) account() *logins {
	if p.logins == nil {
		p.logins = &logins{}
	}
	return p.logins
}

// next counts a failure in, and says when to try again.
func (p *pace) next(err error) Offline {
	defer p.tried()
	lived := p.lived
	p.lived, p.extra = 0, nil
	p.down()
	v := judge(err)
	if e := expected(p.servers, err, lived); e != nil {
		return Offline{
			Reason: v.reason, Class: v.class, Err: err, Expected: true,
			Attempt: p.failures, Retry: p.between(e.rest),
		}
	}
	p.failures++
	if v.doubt {
		v.class = p.account().doubt(v.class)
	}
	off := Offline{Reason: v.reason, Class: v.class, Err: err, Attempt: p.failures}
	off.Retry = max(p.retry(v, err), suggested(err), p.between(loginRest(p.servers)), min(p.max, leastWait), leastWait/10)
	p.tell(off)
	return off
}

// retry is the pause after a failure.
func (p *pace) retry(v verdict, err error) time.Duration {
	switch v.class {
	case ClassCredential:
		return p.account().refused(err, triesOf(err))
	case ClassReauthorize:
		return longestWait
	}
	p.soft++
	switch {
	case v.class == ClassPermanent, v.class == ClassDefect:
		return p.about(p.doubled(permanentWait, longestWait))
	case v.class == ClassLimit:
		return p.between(p.doubled(limitWait, longestLimit))
	case isUnknownHost(err):
		return p.between(p.doubled(unknownWait, longestLimit))
	case v.doubt:
		return p.between(p.doubled(unknownWait, max(p.max, unknownWait)))
	}
	return p.random(p.doubled(min(firstWait, p.max), p.max))
}

// doubled is the longest pause before this attempt.
func (p *pace) doubled(first, most time.Duration) time.Duration {
	d := first
	for range p.soft - 1 {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// random is full jitter, so that those who were lost together do not come back
// together.
func (p *pace) random(d time.Duration) time.Duration {
	return time.Duration(p.rand() * float64(d))
}

// between is half of the jitter: never less than half of d.
func (p *pace) between(d time.Duration) time.Duration { return d/2 + p.random(d/2) }

// about is d, give or take a tenth.
func (p *pace) about(d time.Duration) time.Duration { return d*9/10 + p.random(d/5) }

// tell prepares what is to be told besides.
func (p *pace) tell(off Offline) {
	switch {
	case off.Class == ClassReauthorize && p.account().alarm(ClassReauthorize):
		p.extra = []Event{Reauthorize{Err: off.Err, Retry: off.Retry}}
	case off.Class == ClassCredential && p.account().alarm(ClassCredential):
		p.extra = []Event{AuthFailed{Err: off.Err, Refusals: p.account().count(), Retry: off.Retry, Help: help(off.Err)}}
	}
}

// also returns what is to be told with the Offline that next has returned last.
func (p *pace) also() []Event { return p.extra }

// suggested is the pause that the server, or the token endpoint, asks for.
func suggested(err error) time.Duration {
	ask := imap.Backoff(err)
	if e, ok := errors.AsType[*TokenError](err); ok {
		ask = e.RetryAfter
	}
	return max(0, min(ask, longestAsk))
}
