package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// tokenServer is a token endpoint.
type tokenServer struct {
	calls atomic.Int64
	takes time.Duration // a call
	life  time.Duration // of a token
	mu    sync.Mutex
	err   error
	at    []time.Time
}

func (s *tokenServer) refresh(ctx context.Context) (watch.Token, error) {
	n := s.calls.Add(1)
	select {
	case <-time.After(max(s.takes, 1)):
	case <-ctx.Done():
		return watch.Token{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
	if s.err != nil {
		return watch.Token{}, s.err
	}
	t := watch.Token{Value: fmt.Sprint("token", n)}
	if s.life > 0 {
		t.Expiry = time.Now().Add(s.life)
	}
	return t, nil
}

func (s *tokenServer) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *tokenServer) tokens() *watch.Tokens {
	return &watch.Tokens{User: "alice", Refresh: s.refresh, Rand: func() float64 { return 0.5 }}
}

// want asks for a token.
func want(t *testing.T, tokens *watch.Tokens, value string) {
	t.Helper()
	if got, err := tokens.Token(t.Context()); err != nil || got.Value != value {
		t.Errorf("token %q, %v; want %q", got.Value, err, value)
	}
}

// A hundred sessions share one refresh, and one that goes away does not take it
// with it.
func TestB51_OneRefreshForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{takes: 10 * time.Second, life: time.Hour}
		tokens := s.tokens()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := tokens.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
		for range 100 {
			wg.Go(func() { want(t, tokens, "token1") })
		}
		wg.Wait()
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d refreshes", n)
		}
	})
}

// A token is renewed ahead of time, and only when somebody asks.
func TestB51_AheadOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{life: time.Hour}
		tokens := s.tokens()
		want(t, tokens, "token1")
		<-time.After(52 * time.Minute)
		want(t, tokens, "token1")
		<-time.After(time.Minute) // 7.5 minutes ahead, here
		want(t, tokens, "token2")
		<-time.After(24 * time.Hour)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("%d refreshes", n)
		}
		want(t, tokens, "token3")
	})
	synctest.Test(t, func(t *testing.T) { // a short-lived one is used nevertheless
		s := &tokenServer{life: 20 * time.Second}
		tokens := s.tokens()
		want(t, tokens, "token1")
		<-time.After(9 * time.Second)
		want(t, tokens, "token1")
		<-time.After(9 * time.Second)
		want(t, tokens, "token2")
	})
	synctest.Test(t, func(t *testing.T) { // one without an end lasts
		s := &tokenServer{}
		tokens := s.tokens()
		want(t, tokens, "token1")
		<-time.After(1000 * time.Hour)
		want(t, tokens, "token1")
	})
}

// An endpoint that does not work for a while costs nothing as long as the old
// token is good; then it is an outage, and is not hammered.
func TestB51_EndpointOutage(t *testing.T) {
	for _, tt := range []struct {
		err   error
		class watch.Class
	}{
		{&watch.TokenError{Status: 503}, watch.ClassOutage},
		{&watch.TokenError{Status: 500, Code: "server_error"}, watch.ClassOutage},
		{&watch.TokenError{Status: 429, RetryAfter: 2 * time.Minute}, watch.ClassLimit},
		{&watch.TokenError{Err: context.DeadlineExceeded}, watch.ClassOutage},
		{errors.New("connection refused"), watch.ClassOutage},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &tokenServer{life: time.Hour}
			tokens := s.tokens()
			want(t, tokens, "token1")
			s.fail(tt.err)
			<-time.After(50 * time.Minute) // it is due soon
			for range 900 {
				<-time.After(time.Second)
				if time.Since(s.at[0]) < time.Hour {
					want(t, tokens, "token1")
				} else if _, err := tokens.Token(t.Context()); watch.ClassOf(err) != tt.class || !errors.Is(err, tt.err) {
					t.Errorf("%v: %v (%s)", tt.err, err, watch.ClassOf(err))
				}
			}
			if n := s.calls.Load(); n > 15 {
				t.Errorf("%v: %d refreshes", tt.err, n)
			}
			if e, ok := tt.err.(*watch.TokenError); ok {
				for i := 2; i < len(s.at); i++ {
					if rest := s.at[i].Sub(s.at[i-1]); rest < e.RetryAfter {
						t.Errorf("%v: asked again after %v", tt.err, rest)
					}
				}
			}
			s.fail(nil)
			<-time.After(5 * time.Minute)
			if got, err := tokens.Token(t.Context()); err != nil || got.Value == "token1" {
				t.Error(got.Value, err)
			}
		})
	}
}

// A permission that was withdrawn is asked for once an hour, until there is
// something new.
func TestB51_Reauthorize(t *testing.T) {
	for _, code := range []string{"invalid_grant", "invalid_client", "unauthorized_client", "interaction_required"} {
		synctest.Test(t, func(t *testing.T) {
			s := &tokenServer{life: time.Hour}
			tokens := s.tokens()
			s.fail(&watch.TokenError{Code: code, Status: 400})
			for range 3 * 60 {
				for range 10 {
					if _, err := tokens.Token(t.Context()); !errors.Is(err, watch.ErrReauthorize) || watch.ClassOf(err) != watch.ClassReauthorize {
						t.Error(err)
					}
				}
				<-time.After(time.Minute)
			}
			if n := s.calls.Load(); n != 3 {
				t.Errorf("%s: %d refreshes in three hours", code, n)
			}
			tokens.Set(watch.Token{Value: "new", Expiry: time.Now().Add(time.Hour)})
			want(t, tokens, "new")
			s.fail(nil)
			tokens.Set(watch.Token{})
			want(t, tokens, "token4")
		})
	}
}

func TestB51_BadRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := &watch.Tokens{}
		if _, err := none.Token(t.Context()); watch.ClassOf(err) != watch.ClassPermanent {
			t.Error(err)
		}
		empty := &watch.Tokens{Refresh: func(context.Context) (watch.Token, error) { return watch.Token{}, nil }}
		if _, err := empty.Token(t.Context()); err == nil {
			t.Error("an empty token")
		}
		mad := &watch.Tokens{Refresh: func(context.Context) (watch.Token, error) { panic("oh") }}
		if _, err := mad.Token(t.Context()); watch.ClassOf(err) != watch.ClassDefect {
			t.Error(err)
		}
		old := 0
		stale := &watch.Tokens{Refresh: func(context.Context) (watch.Token, error) {
			old++
			return watch.Token{Value: fmt.Sprint(old), Expiry: time.Now().Add(-time.Hour)}, nil
		}}
		want(t, stale, "1")
		want(t, stale, "2")
		slow := &watch.Tokens{Refresh: func(ctx context.Context) (watch.Token, error) {
			<-ctx.Done()
			return watch.Token{}, context.Cause(ctx)
		}}
		began := time.Now()
		if _, err := slow.Token(t.Context()); err == nil || time.Since(began) != time.Minute {
			t.Error(err, time.Since(began))
		}
	})
}

// Set during a refresh counts; what the refresh brings is too old.
func TestB51_SetWhileRefreshing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{takes: 10 * time.Second, life: time.Hour}
		tokens := s.tokens()
		var wg sync.WaitGroup
		wg.Go(func() { want(t, tokens, "set") })
		<-time.After(time.Second)
		tokens.Set(watch.Token{Value: "set"})
		wg.Wait()
		want(t, tokens, "set")
	})
}

// No secret shows, however it is printed.
func TestB51_NoSecrets(t *testing.T) {
	token := watch.Token{Value: "s3cret", Expiry: time.Unix(0, 0)}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", token, "pointer", &token)
	said := fmt.Sprintf("%v %+v %#v %s %q %v %x", token, token, token, token, token, &token, token) + log.String()
	lasting := watch.Token{Value: "s3cret"}
	said += fmt.Sprintf("%v %+v %#v %s %q", lasting, lasting, lasting, lasting, &lasting)
	said += (&watch.TokenError{Code: "invalid_grant\x1b[31m", Status: 400}).Error()
	if strings.Contains(said, "s3cret") || strings.Contains(said, fmt.Sprintf("%x", "s3cret")) || strings.Contains(said, "\x1b") {
		t.Error(said)
	}
}

// withTokens makes the Watcher log in by tokens that the server accepts if
// accepts says so.
func (w *world) withTokens(tokens *watch.Tokens) {
	dial := watch.LoginWith("test", tokens.Credentials, &imap.Options{Security: imap.Plaintext, Dial: w.srv.Dial})
	w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
		w.dials.Add(1)
		return dial(ctx)
	}
}

func inTokens(t *testing.T, f func(w *world)) {
	inWith(t, &imaptest.Options{Mechanisms: []string{"XOAUTH2"}}, f)
}

// A token that the server does not want any more, before its time, is exchanged
// and that is all.
func TestB51_RefusedToken(t *testing.T) {
	inTokens(t, func(w *world) {
		s := &tokenServer{life: time.Hour}
		w.withTokens(s.tokens())
		w.srv.AddUser("alice", "token1")
		w.start()
		w.after(time.Minute)
		for i := range 3 {
			w.srv.AddUser("alice", fmt.Sprint("token", i+2)) // the last one is revoked
			w.srv.Blackhole()
			w.deliver(1)
			w.after(10 * time.Minute)
			w.exact(i + 1)
			offs := all[watch.Offline](w)
			if len(offs) != i+1 || offs[i].Class != watch.ClassOutage || s.calls.Load() != int64(i+2) {
				t.Errorf("%d refreshes, %+v", s.calls.Load(), offs)
			}
		}
	})
}

// Connections whose token is refused at the same time share one new one.
func TestB51_RefusedTogether(t *testing.T) {
	inTokens(t, func(w *world) {
		s := &tokenServer{life: time.Hour, takes: 3 * time.Second}
		dial := watch.LoginWith("test", s.tokens().Credentials, &imap.Options{Security: imap.Plaintext, Dial: w.srv.Dial})
		w.srv.AddUser("alice", "token2")
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				<-time.After(time.Duration(i) * 100 * time.Millisecond)
				c, err := dial(w.t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				c.Close()
			})
		}
		wg.Wait()
		if n := s.calls.Load(); n != 2 {
			t.Errorf("%d refreshes", n)
		}
	})
}

// If the new token is refused too it is the account; that is not tried often,
// nor is the endpoint.
func TestB51_AllTokensRefused(t *testing.T) {
	inTokens(t, func(w *world) {
		s := &tokenServer{life: time.Hour}
		w.w.Patient = true
		w.withTokens(s.tokens())
		w.srv.AddUser("alice", "none of these")
		var logins attempts
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "AUTHENTICATE" {
				logins.add()
			}
			return nil
		}})
		w.start()
		w.after(24 * time.Hour)
		if n := s.calls.Load(); n > 25 {
			t.Errorf("%d refreshes in a day", n)
		}
		logins.most(t, 3)
		if n := len(all[watch.AuthFailed](w)); n != 1 {
			t.Errorf("told %d times", n)
		}
		for _, off := range all[watch.Offline](w) {
			if off.Class != watch.ClassCredential {
				t.Errorf("%+v", off)
			}
		}
	})
}

// A session is not cut because its token has run out.
func TestB51_SessionOutlivesToken(t *testing.T) {
	inTokens(t, func(w *world) {
		s := &tokenServer{life: time.Hour}
		w.withTokens(s.tokens())
		w.srv.AddUser("alice", "token1")
		w.start()
		w.after(24 * time.Hour)
		w.deliver(1)
		w.after(time.Second)
		w.exact(1)
		if w.dials.Load() != 1 || s.calls.Load() != 1 {
			t.Errorf("%d dials, %d refreshes", w.dials.Load(), s.calls.Load())
		}
	})
}

// The Watcher tells that the user has to do something, and goes on at once when
// that has been done.
func TestB51_WatcherReauthorizes(t *testing.T) {
	inTokens(t, func(w *world) {
		s := &tokenServer{life: time.Hour}
		s.fail(&watch.TokenError{Code: "invalid_grant", Status: 400})
		tokens := s.tokens()
		w.w.Patient = true
		w.withTokens(tokens)
		w.srv.AddUser("alice", "new")
		w.deliver(1)
		w.start()
		w.after(10*time.Hour + 30*time.Minute)
		if told := all[watch.Reauthorize](w); len(told) != 1 || !errors.Is(told[0].Err, watch.ErrReauthorize) {
			t.Errorf("%+v", told)
		}
		if n := s.calls.Load(); n > 11 {
			t.Errorf("%d refreshes", n)
		}
		if n := len(all[watch.AuthFailed](w)); n != 0 {
			t.Errorf("the password is blamed: %d times", n)
		}
		tokens.Set(watch.Token{Value: "new", Expiry: time.Now().Add(time.Hour)})
		w.after(time.Second)
		w.exact(1)
	})
}
