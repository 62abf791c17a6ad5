package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// tokenLife is how long an access token is good.
const tokenLife = time.Hour

// provider hands out access tokens. The server takes the last one only, which may
// lapse before its time.
type provider struct {
	mu     sync.Mutex
	n      int
	lapsed bool
	fails  string // how asking for one fails
	until  time.Time
}

// newToken is watch.Tokens' Refresh.
func (w *world) newToken(ctx context.Context) (watch.Token, error) {
	p := &w.provider
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) {
		switch p.fails {
		case "reauthorize":
			return watch.Token{}, &watch.TokenError{Code: "invalid_grant", Status: 400}
		case "hang":
			p.mu.Unlock()
			<-ctx.Done()
			p.mu.Lock()
			return watch.Token{}, context.Cause(ctx)
		}
		return watch.Token{}, &watch.TokenError{Status: 503}
	}
	p.lapsed = false
	return watch.Token{Value: w.issue(), Expiry: time.Now().Add(tokenLife)}, nil
}

// issue makes the server take another token, and no other. The provider is locked.
func (w *world) issue() string {
	w.provider.n++
	token := fmt.Sprintf("%s-%d", password, w.provider.n)
	w.srv.AddUser(user, token)
	return token
}

// spoil is what may happen to tokens, as Text says.
func (w *world) spoil(s Step) error {
	if !w.plan.World.Tokens {
		return errors.New("there are no tokens")
	}
	p := &w.provider
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Text == "lapse" {
		w.issue() // which nobody is told
		p.lapsed = true
		return nil
	}
	p.fails, p.until = s.Text, time.Now().Add(s.For.d())
	return nil
}

// tokenTroubles are what may happen to tokens.
var tokenTroubles = []string{"lapse", "lapse", "busy", "hang", "reauthorize"}

// end lets tokens be had again.
func (p *provider) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
}

// refuses says whether the server refuses the token that was handed out.
func (p *provider) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lapsed
}

// dialWithToken connects and logs in with a token.
func (l *life) dialWithToken(ctx context.Context, opts *imap.Options) (*imap.Client, error) {
	c, err := watch.LoginWith(address, l.tokens.Credentials, opts)(ctx)
	w := l.world
	w.mu.Lock()
	defer w.mu.Unlock()
	lapses := w.lapses
	w.lapses = nil
	if err == nil {
		return c, nil
	}
	w.denied = append(w.denied, lapses...)
	switch watch.ClassOf(err) {
	case watch.ClassCredential, watch.ClassReauthorize:
		w.trouble(0, afterRefusal(w.plan.World))
	default:
		w.trouble(0, 5*time.Minute+afterOutage(w.plan.World)) // that of Tokens, and that of the Watcher
	}
	return nil, err
}
