package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// flight is one call of Refresh.
type flight struct {
	done   chan struct{} // closed when it is over
	token  Token         // empty: there is none, or Set was called meanwhile
	err    error
	second bool // because of a refusal
}

// refresh is the goroutine of a flight.
func (t *Tokens) refresh(f *flight) {
	timeout := t.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), timeout, errors.New("Tokens.Refresh took too long"))
	defer cancel()
	token, err := t.call(ctx)
	if err == nil && token.Value == "" {
		err = &TokenError{Err: errors.New("Tokens.Refresh returned an empty one")}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.flight == f { // else Set was called meanwhile
		t.flight = nil
		if f.err = err; err != nil {
			t.fail(err)
		} else {
			f.token = token
			t.take(token, f.second || t.second)
		}
	}
	close(f.done)
}

// call calls Refresh; a panic in it is an error.
func (t *Tokens) call(ctx context.Context) (token Token, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return t.Refresh(ctx)
}

// fail takes note that there is no new token, and when to ask for one again.
func (t *Tokens) fail(err error) {
	t.err = err
	t.failures++
	wait := min(time.Second<<min(t.failures-1, 20), defaultMaxWait)
	switch ClassOf(err) {
	case ClassReauthorize:
		wait = longestWait
	case ClassPermanent:
		wait = permanentWait
	}
	t.retry = time.Now().Add(max(wait, suggested(err)))
}

// take puts a new token in place.
func (t *Tokens) take(token Token, second bool) {
	token.Expiry = token.Expiry.Round(0) // by the wall clock, which goes on while the computer sleeps
	t.token, t.refused, t.second = token, false, second
	t.err, t.failures, t.retry, t.due = nil, 0, time.Time{}, time.Time{}
	if token.Expiry.IsZero() {
		return
	}
	ahead := t.Ahead
	if ahead <= 0 {
		ahead = defaultAhead
	}
	ahead = max(0, min(ahead, time.Until(token.Expiry)/4))
	random := rand.Float64
	if t.Rand != nil {
		random = t.Rand
	}
	t.due = token.Expiry.Add(-ahead - time.Duration(random()*float64(ahead)))
}
