package watch

import (
	"slices"
	"sync"
	"time"
)

const (
	mostRefusals = 3         // of logins, in
	refusalSpan  = time.Hour // this long: providers lock accounts out that try more often
	doubtSpan    = time.Hour // a refusal that may be an outage is believed after it

	turnWait    = 10 * time.Second // for somebody else's login
	longestDial = 5 * time.Minute  // with everything
)

// logins is what the connections of an account share: they log in one after the
// other, and credentials that are refused to one are not tried by the others. The
// zero value is ready, and any goroutine may use it.
type logins struct {
	mu        sync.Mutex
	busy      time.Time     // since when somebody tries; zero: nobody does
	changed   chan struct{} // closed when those who wait should ask again; nil: nobody waits
	refusals  int           // since a connection has lasted
	times     []time.Time   // of the last refusals
	next      time.Time     // no login before
	why       error         // the last refusal
	uncertain time.Time     // since when there is a doubtful refusal; zero: there is none
	online    int           // connections
	told      Class         // what the user was told
}

// turn is the answer to whether a login may be tried.
type turn struct {
	until   time.Time       // ask again then, or
	changed <-chan struct{} // when this is closed; nil: try now, and call done
	why     error           // the refusal that is the reason; nil: it is somebody else's turn
}

// ask answers whether a login may be tried now.
func (l *logins) ask() turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	t := turn{until: l.next}
	if len(l.times) == mostRefusals {
		t.until = later(t.until, l.times[0].Add(refusalSpan))
	}
	if t.until.After(now) {
		t.why = l.why
	}
	if !l.busy.IsZero() {
		t.until = later(t.until, l.busy.Add(l.patience()))
	}
	if !t.until.After(now) {
		l.busy = now
		return turn{}
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	t.changed = l.changed
	return t
}

// patience is how long to wait for whoever tries to log in: he may hang on
// something that others would not meet, unless it is the credentials that matter.
func (l *logins) patience() time.Duration {
	if l.refusals > 0 {
		return longestDial
	}
	return turnWait
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// done lets the others try.
func (l *logins) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = time.Time{}
	l.wake()
}

func (l *logins) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// up counts a connection that is online, whose login was accepted.
func (l *logins) up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.online++
	l.uncertain, l.next = time.Time{}, time.Time{}
	l.wake()
}

func (l *logins) down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.online--
}

// forget forgets the refusals, but not when they were.
func (l *logins) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusals, l.told = 0, ""
	l.wake()
}

// refused counts a refused login, of so many tries, and returns the pause after
// it.
func (l *logins) refused(err error, tries int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.refusals++
	l.why = err
	for range tries {
		l.times = append(l.times, now)
	}
	l.times = slices.Delete(l.times, 0, max(0, len(l.times)-mostRefusals))
	wait := time.Hour
	switch l.refusals {
	case 1:
		wait = 5 * time.Minute
	case 2:
		wait = 30 * time.Minute
	}
	if len(l.times) == mostRefusals {
		wait = max(wait, refusalSpan-now.Sub(l.times[0]))
	}
	l.next = now.Add(wait)
	return wait
}

func (l *logins) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusals
}

// doubt returns what a refusal is that may be one of the credentials: that, if
// there was nothing else for an hour and no other connection is online.
func (l *logins) doubt(class Class) Class {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	switch {
	case l.online > 0:
		l.uncertain = time.Time{}
	case l.uncertain.IsZero():
		l.uncertain = now
	case now.Sub(l.uncertain) >= doubtSpan:
		return ClassCredential
	}
	return class
}

// alarm says whether the user is to be told: once, and of a refusal only when it
// was no slip.
func (l *logins) alarm(class Class) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told == class || class == ClassCredential && l.refusals < 2 {
		return false
	}
	l.told = class
	return true
}
