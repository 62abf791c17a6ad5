package watch

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// An outage between two refusals is no reason to forget the first.
func TestB53_OutageBetweenRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{max: time.Minute, rand: func() float64 { return 1 }}
		refused := &imap.ResponseError{Command: "LOGIN", Status: imap.StatusNo, Code: imap.CodeAuthenticationFailed}
		for i, want := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour} {
			if off := p.next(refused); off.Retry != want {
				t.Errorf("refusal %d: the next try is in %v, not %v", i+1, off.Retry, want)
			}
			<-time.After(want)
			if off := p.next(io.EOF); off.Class != ClassOutage || off.Retry > time.Minute {
				t.Errorf("outage: %+v", off)
			}
		}
	})
}

// Three refusals an hour: also if connections that lasted come in between, and
// for those who were not refused themselves.
func TestB53_RefusalsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logins
		ready := func() time.Duration {
			t := l.ask()
			if t.changed == nil {
				l.done()
				return 0
			}
			return time.Until(t.until)
		}
		if l.refused(io.EOF, 1) != 5*time.Minute || ready() != 5*time.Minute {
			t.Error("the first refusal")
		}
		for range 2 {
			<-time.After(6 * time.Minute)
			if ready() != 0 {
				t.Error("not ready")
			}
			l.up()
			l.down()
			l.forget()
			if wait := l.refused(io.EOF, 1); wait != ready() {
				t.Error(wait, ready())
			}
		}
		l.up() // somebody else's
		if rest := ready(); rest != 48*time.Minute {
			t.Errorf("after the third: %v", rest)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var l logins
		l.refused(io.EOF, 1)
		if wait := l.refused(io.EOF, 2); wait != time.Hour {
			t.Errorf("three at once: %v", wait)
		}
		l.forget()
		if wait := l.refused(io.EOF, 1); wait != time.Hour {
			t.Errorf("a fourth: %v", wait)
		}
	})
}

// One logs in at a time, though one that hangs does not hold up the others for
// long unless the credentials are in doubt.
func TestLoginsOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logins
		rand := func() float64 { return 0 }
		first := pace{logins: &l, max: time.Minute, rand: rand}
		second := pace{logins: &l, max: time.Minute, rand: rand}
		ready := func(p *pace) bool { return p.ready().changed == nil }
		if !ready(&first) || ready(&second) {
			t.Error("both at once")
		}
		turn := second.ready()
		first.next(io.EOF)
		select {
		case <-turn.changed:
		default:
			t.Error("the second is not told")
		}
		if !ready(&second) || ready(&first) {
			t.Error("it is not the second's turn")
		}
		<-time.After(10 * time.Second)
		if !ready(&first) {
			t.Error("held up for long")
		}
		first.up(nil)
		second.up(nil)
		first.next(&imap.ResponseError{Command: "LOGIN", Status: imap.StatusNo, Code: imap.CodeAuthenticationFailed})
		if turn := second.ready(); turn.why == nil || second.held(turn).Retry != 5*time.Minute {
			t.Errorf("%+v", turn)
		}
		<-time.After(5 * time.Minute)
		if !ready(&second) || ready(&first) {
			t.Error("both at once")
		}
		<-time.After(time.Minute)
		if ready(&first) {
			t.Error("both at once, later")
		}
	})
}

// What is said of a token that is no longer the present one is no news.
func TestTokensReject(t *testing.T) {
	tokens := &Tokens{token: Token{Value: "2"}, second: true}
	if !tokens.reject("1") || tokens.refused {
		t.Error("an old one")
	}
	if tokens.reject("2") || tokens.refused {
		t.Error("the second")
	}
	if tokens.accept("1"); !tokens.second {
		t.Error("an old one was accepted")
	}
	if tokens.accept("2"); tokens.second || !tokens.reject("2") || !tokens.refused {
		t.Error("the first")
	}
}

func TestExpectedCloses(t *testing.T) {
	bye := func(text string) error { return &imap.ResponseError{Status: imap.StatusBye, Text: text} }
	lost := fmt.Errorf("x: %w", imap.ErrClosed)
	for _, tt := range []struct {
		server string
		err    error
		online time.Duration
		want   bool
	}{
		{"Gmail", bye("Session expired, please login again."), time.Hour, true},
		{"Gmail", bye("Session expired, please login again."), time.Minute, false},
		{"Gmail", lost, time.Hour, true},
		{"Gmail", lost, 10 * time.Minute, false},
		{"Gmail", bye("Temporary System Error"), time.Hour, false},
		{"Exchange", bye("Session invalidated - AccessTokenExpired"), 55 * time.Minute, true},
		{"Exchange", bye("Connection is closed. 13"), 30 * time.Minute, true},
		{"Exchange", bye("Connection closed. 14"), 30 * time.Minute, true},
		{"Exchange", bye("Connection closed. 14"), 3 * time.Minute, false},
		{"Exchange", lost, 31 * time.Minute, true},
		{"Yandex", lost, 3 * time.Minute, true},
		{"Yandex", bye("Autologout; idle for too long"), 3 * time.Minute, true},
		{"Yahoo", bye("IMAP4rev1 Server logging out"), time.Hour, true},
		{"Dovecot", bye("Disconnected for inactivity."), time.Hour, true},
		{"Dovecot", bye("Server shutting down."), time.Hour, false},
		{"Dovecot", lost, 24 * time.Hour, false},
		{"", bye("Autologout"), time.Hour, true},
		{"", bye("Too many connections: session expired"), time.Hour, false},
		{"Gmail", imap.ErrTimeout, time.Hour, false},
		{"Gmail", errors.New("the user's own"), time.Hour, false},
	} {
		if got := expected([]string{tt.server}, tt.err, tt.online); (got != nil) != tt.want {
			t.Errorf("%s: %v after %v: %v", tt.server, tt.err, tt.online, got)
		}
	}
	for _, e := range expectedCloses {
		if e.words != strings.ToLower(e.words) || e.after < shortLife || e.rest < soon || e.server == "" && e.words == "" {
			t.Errorf("%+v", e)
		}
	}
}

func TestTokenErrorClasses(t *testing.T) {
	for _, tt := range []struct {
		e    TokenError
		want Class
	}{
		{TokenError{Code: "invalid_grant", Status: 400}, ClassReauthorize},
		{TokenError{Code: "INVALID_GRANT"}, ClassReauthorize},
		{TokenError{Code: "invalid_client", Status: 401}, ClassReauthorize},
		{TokenError{Code: "unauthorized_client", Status: 400}, ClassReauthorize},
		{TokenError{Code: "interaction_required", Status: 400}, ClassReauthorize},
		{TokenError{Status: 401}, ClassReauthorize},
		{TokenError{Status: 429}, ClassLimit},
		{TokenError{Code: "slow_down", Status: 400}, ClassLimit},
		{TokenError{Code: "temporarily_unavailable", Status: 400}, ClassOutage},
		{TokenError{Status: 500}, ClassOutage},
		{TokenError{Status: 503, Code: "whatever"}, ClassOutage},
		{TokenError{Status: 408}, ClassOutage},
		{TokenError{}, ClassOutage},
		{TokenError{Err: io.ErrUnexpectedEOF}, ClassOutage},
		{TokenError{Code: "invalid_scope", Status: 400}, ClassPermanent},
		{TokenError{Code: "invalid_request", Status: 400}, ClassPermanent},
		{TokenError{Status: 404}, ClassPermanent},
	} {
		err := fmt.Errorf("x: %w", &tt.e)
		if got := ClassOf(err); got != tt.want || ReasonOf(err) != ReasonToken {
			t.Errorf("%v: %s, want %s", err, got, tt.want)
		}
		if errors.Is(err, ErrReauthorize) != (tt.want == ClassReauthorize) {
			t.Errorf("%v: ErrReauthorize", err)
		}
	}
	if err := fmt.Errorf("mine: %w", ErrReauthorize); ClassOf(err) != ClassReauthorize {
		t.Error(err)
	}
}
