package watch

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	mostRefusals = 3         // of logins, in
	refusalSpan  = time.Hour // this long: providers lock accounts out that try more often
	doubtSpan    = time.Hour // a refusal that may be an outage is believed after it
)

// logins is what the connections of an account share: credentials that are
// refused to one of them are not tried by the others, and as long as they are
// not known to be good, one tries at a time. The zero value is ready, and any
// goroutine may use it.
type logins struct {
	mu        sync.Mutex
	proven    bool          // the credentials were accepted once
	busy      bool          // somebody tries them
	changed   chan struct{} // closed when busy or next is no longer so; nil: nobody waits
	refusals  int           // since a connection has lasted
	times     []time.Time   // of the last refusals
	next      time.Time     // no login before
	uncertain time.Time     // since when there is a doubtful refusal; zero: there is none
	online    int           // connections
	told      Class         // what the user was told
}

// wait returns when a login may be tried. alone: nobody else may until done is
// called.
func (l *logins) wait(ctx context.Context) (alone bool, err error) {
	for {
		rest, changed, alone := l.ask()
		if changed == nil {
			return alone, nil
		}
		var due <-chan time.Time
		if rest > 0 {
			timer := time.NewTimer(rest)
			defer timer.Stop()
			due = timer.C
		}
		select {
		case <-due:
		case <-changed:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// ask returns a nil changed if a login may be tried now; else when to ask again.
func (l *logins) ask() (rest time.Duration, changed <-chan struct{}, alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	until := l.next
	if len(l.times) == mostRefusals {
		until = later(until, l.times[0].Add(refusalSpan))
	}
	alone = !l.proven || l.refusals > 0
	rest = until.Sub(now)
	if rest <= 0 && (!alone || !l.busy) {
		l.busy = l.busy || alone
		return 0, nil, alone
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return rest, l.changed, false
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
	l.busy = false
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
	l.proven = true
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
func (l *logins) refused(tries int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.refusals++
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
