package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// Tokens keeps an account supplied with access tokens, for [LoginWith]:
//
//	tokens := &watch.Tokens{User: "alice@example.org", Refresh: refresh}
//	w := &watch.Watcher{Dial: watch.LoginWith("imap.example.org", tokens.Credentials, nil)}
//
// One Tokens serves any number of connections and Watchers of an account: those
// that ask at the same time share one Refresh. It is asked for when a connection
// is made and the token is about to run out; a connection that is there is left
// alone, since most servers let it go on. A server that refuses a token before
// its time is tried once more with a new one.
//
// If Refresh fails for a while, the old token is used until it has run out. If
// its error is [ErrReauthorize] the Watcher tells so (Reauthorize), and Refresh
// is tried every hour, or when Set is called.
//
// The fields must not be changed once it is used, nor may it be copied. Any
// goroutine may call the methods at any time.
type Tokens struct {
	// User is the user name, mostly the mail address.
	User string

	// Refresh gets a new token from the provider; its error should be a
	// *TokenError. One call at a time is made, on a goroutine of its own, with a
	// context that ends after Timeout, but not with that of whoever asked first.
	// It has to store what else is new, such as the next refresh token, itself.
	Refresh func(ctx context.Context) (Token, error)

	// Ahead is how long before a token runs out a new one is got, and up to twice
	// that, at random; 0: 5 minutes. It is at most a quarter of the token's life.
	Ahead time.Duration

	// Timeout is how long Refresh may take; 0: a minute.
	Timeout time.Duration

	// Rand returns random numbers in [0, 1); nil: those of math/rand/v2.
	Rand func() float64

	mu       sync.Mutex
	token    Token
	due      time.Time // when to get another; zero: never
	refused  bool      // the server does not want this one
	second   bool      // the one before was refused, and none was accepted since
	flight   *flight   // the Refresh under way
	err      error     // of the last Refresh, if it failed
	failures int
	retry    time.Time     // no Refresh before
	news     chan struct{} // closed by Set
}

const (
	defaultAhead   = 5 * time.Minute
	defaultTimeout = time.Minute
)

// Credentials returns what to log in with. It is for [LoginWith].
func (t *Tokens) Credentials(ctx context.Context) (sasl.Credentials, error) {
	token, err := t.Token(ctx)
	if err != nil {
		return sasl.Credentials{}, err
	}
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		a.refused = func() bool { return t.reject(token.Value) }
		a.accepted = func() { t.accept(token.Value) }
	}
	return sasl.Token(t.User, token.Value), nil
}

// Token returns a token that has not run out, and gets a new one if need be. Its
// error is that of Refresh, or of ctx.
func (t *Tokens) Token(ctx context.Context) (Token, error) {
	for {
		t.mu.Lock()
		token, f, err := t.look()
		t.mu.Unlock()
		if f == nil {
			return token, err
		}
		select {
		case <-f.done:
			switch {
			case f.token.Value != "": // as good as it gets, whatever its Expiry
				return f.token, nil
			case f.err != nil && !t.usable():
				return Token{}, t.wrap(f.err)
			}
		case <-ctx.Done():
			return Token{}, fmt.Errorf("watch: no access token yet: %w", context.Cause(ctx))
		}
	}
}

// look returns a token, or an error, or what to wait for.
func (t *Tokens) look() (Token, *flight, error) {
	now := time.Now()
	good := t.good(now)
	fresh := good && (t.due.IsZero() || now.Before(t.due))
	early := now.Before(t.retry)
	switch {
	case fresh, good && early:
		return t.token, nil, nil
	case t.flight != nil:
		return Token{}, t.flight, nil
	case early && t.err != nil:
		return Token{}, nil, t.wrapLocked(t.err)
	case t.Refresh == nil:
		return Token{}, nil, &TokenError{Code: "invalid_request", Err: errors.New("Tokens.Refresh is not set")}
	}
	f := &flight{done: make(chan struct{}), second: t.refused}
	t.flight = f
	go t.refresh(f)
	return Token{}, f, nil
}

// good says whether the token may be used, if only for a while.
func (t *Tokens) good(now time.Time) bool {
	return t.token.Value != "" && !t.refused && (t.token.Expiry.IsZero() || now.Before(t.token.Expiry))
}

func (t *Tokens) usable() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.good(time.Now())
}

// Set gives it a token that was got elsewhere, as when the user has permitted
// access again; with a zero one, Refresh is asked for it. What went wrong before
// is forgotten, and a Watcher that waits because of it tries at once.
func (t *Tokens) Set(token Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.flight; f != nil {
		t.flight = nil // what it brings is too old
	}
	t.take(token, false)
	if t.news != nil {
		close(t.news)
		t.news = nil
	}
}

// reject takes note that the server refuses a token, and says whether another
// one is worth a try.
func (t *Tokens) reject(value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case value != t.token.Value:
		return true // there is a newer one already
	case t.second:
		return false
	}
	t.refused = true
	return true
}

// accept takes note that the server accepts a token.
func (t *Tokens) accept(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if value == t.token.Value {
		t.second = false
	}
}

// wrap adds to an error of Refresh how to know that Set was called.
func (t *Tokens) wrap(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wrapLocked(err)
}

func (t *Tokens) wrapLocked(err error) error {
	if t.news == nil {
		t.news = make(chan struct{})
	}
	return &noToken{err, t.news}
}
