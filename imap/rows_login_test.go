package imap_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// beforeLogin plays a transcript in which nobody is logged in yet.
func beforeLogin(t *testing.T, caps, transcript string, opts *imap.Options) *imap.Client {
	t.Helper()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security = imap.Plaintext
	conn := imaptest.Script(t, "S: * OK [CAPABILITY IMAP4rev1 "+caps+"] hello\n"+transcript)
	c, err := imap.NewClient(t.Context(), conn, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const loggedIn = "S: $1 OK [CAPABILITY IMAP4rev1 IDLE] welcome\n"

// succeed fails the test unless a login worked.
func succeed(t *testing.T, c *imap.Client, err error) {
	t.Helper()
	if err != nil || !c.Authenticated() || !c.Has("IDLE") {
		t.Errorf("%v, authenticated: %v, %q", err, c.Authenticated(), c.Capabilities())
	}
}

func TestR025_Login(t *testing.T) {
	c := beforeLogin(t, "", `
		C: $1 LOGIN "al ice*%()" "p\"a\\s{3}"
	`+loggedIn, nil)
	succeed(t, c, c.Login(t.Context(), "al ice*%()", `p"a\s{3}`))
	if got := c.Mechanism(); got != "LOGIN" {
		t.Error(got)
	}
	// What no quoted string can hold goes as a literal, which the server asks for.
	c = beforeLogin(t, "", `
		C: $1 LOGIN {7}
		S: + go on
		C!: jürgen "a b"\r\n
	`+loggedIn, nil)
	succeed(t, c, c.Login(t.Context(), "jürgen", "a b"))
	for _, bad := range []string{"a\x00b"} {
		c = beforeLogin(t, "", "", nil)
		if err := c.Login(t.Context(), bad, "p"); err == nil || strings.Contains(err.Error(), bad) {
			t.Error(err)
		}
		if err := c.Login(t.Context(), "u", bad); err == nil || strings.Contains(err.Error(), bad) {
			t.Error(err)
		}
	}
}

func TestR026_Plain(t *testing.T) {
	c := beforeLogin(t, "AUTH=PLAIN", `
		C: $1 AUTHENTICATE PLAIN
		S: +
		C: VXJzZWwAS3VydAB4aXBqM3BsbXE=
	`+loggedIn, nil)
	succeed(t, c, c.Authenticate(t.Context(), sasl.Plain("Ursel", "Kurt", "xipj3plmq"))) // RFC 4616 §4
	if got := c.Mechanism(); got != "PLAIN" {
		t.Error(got)
	}
	// Some servers chat in their challenge, or leave the space out.
	for _, prompt := range []string{"+ go ahead", "+", "+ ", "+ PDE+"} {
		c := beforeLogin(t, "AUTH=PLAIN", "C: $1 AUTHENTICATE PLAIN\nS: "+prompt+"\nC: AHRlc3QAdGVzdA==\n"+loggedIn, nil)
		succeed(t, c, c.Authenticate(t.Context(), sasl.Plain("", "test", "test")))
	}
	c = beforeLogin(t, "AUTH=PLAIN SASL-IR", `
		C: $1 AUTHENTICATE PLAIN VXJzZWwAS3VydAB4aXBqM3BsbXE=
	`+loggedIn, nil)
	succeed(t, c, c.LoginWith(t.Context(), sasl.Password("Kurt", "xipj3plmq").As("Ursel")))
}

func TestR027_AnyMechanism(t *testing.T) {
	var asked []string
	mech := func() sasl.Client {
		return sasl.Func("X-MINE", func(challenge []byte) ([]byte, error) {
			asked = append(asked, string(challenge))
			if string(challenge) == "stop" {
				return nil, sasl.ErrAbort
			}
			return []byte("so what"), nil
		})
	}
	c := beforeLogin(t, "AUTH=X-MINE", `
		C: $1 AUTHENTICATE X-MINE
		S: + aGVsbG8=
		C: c28gd2hhdA==
		S: + aGVsbG8
		C: c28gd2hhdA==
	`+loggedIn, nil)
	succeed(t, c, c.Authenticate(t.Context(), mech()))
	if !slices.Equal(asked, []string{"hello", "hello"}) {
		t.Errorf("%q", asked)
	}
	c = beforeLogin(t, "AUTH=X-MINE", `
		C: $1 AUTHENTICATE X-MINE
		S: + c3RvcA==
		C: *
		S: $1 BAD aborted
		C: $2 NOOP
		S: $2 OK done
	`, nil)
	var failed *imap.LoginError
	if err := c.Authenticate(t.Context(), mech()); !errors.Is(err, sasl.ErrAbort) || !errors.As(err, &failed) || failed.Mechanism != "X-MINE" {
		t.Error(err)
	}
	noop(t, c)
	if err := c.Authenticate(t.Context(), sasl.Func("BAD NAME", func([]byte) ([]byte, error) { return nil, nil })); err == nil {
		t.Error("a mechanism's name is an atom")
	}
}

func TestR028_CramMD5(t *testing.T) {
	// RFC 2195 §2
	c := beforeLogin(t, "AUTH=CRAM-MD5 SASL-IR", `
		C: $1 AUTHENTICATE CRAM-MD5
		S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
		C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
	`+loggedIn, nil)
	succeed(t, c, c.Authenticate(t.Context(), sasl.CramMD5("tim", "tanstaaftanstaaf")))
}

func TestR029_XOAuth2(t *testing.T) {
	const google = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
	c := beforeLogin(t, "AUTH=XOAUTH2 SASL-IR", "C: $1 AUTHENTICATE XOAUTH2 "+google+"\n"+loggedIn, nil)
	cred := sasl.Token("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
	succeed(t, c, c.LoginWith(t.Context(), cred))
	// Yahoo's form; IMAPClient sends the same.
	c = beforeLogin(t, "AUTH=XOAUTH2", `
		C: $1 AUTHENTICATE XOAUTH2
		S: +
		C: dXNlcj11AWF1dGg9QmVhcmVyIHQBdmVuZG9yPXYBAQ==
	`+loggedIn, nil)
	succeed(t, c, c.Authenticate(t.Context(), sasl.XOAuth2Vendor("u", "t", "v")))
}

func TestR030_OAuthBearer(t *testing.T) {
	// RFC 7628 §4.1, without host and port: the connection was given.
	c := beforeLogin(t, "AUTH=OAUTHBEARER AUTH=XOAUTH2 SASL-IR", `
		C: $1 AUTHENTICATE OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWF1dGg9QmVhcmVyIHQBAQ==
	`+loggedIn, nil)
	succeed(t, c, c.LoginWith(t.Context(), sasl.Token("user@example.com", "t")))
	if got := c.Mechanism(); got != "OAUTHBEARER" {
		t.Error(got)
	}
	// §4.3: the reasons are answered with one byte, and kept.
	c = beforeLogin(t, "AUTH=OAUTHBEARER SASL-IR", `
		C: $1 AUTHENTICATE OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB
		S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=
		C: AQ==
		S: $1 NO SASL authentication failed
	`, nil)
	err := c.Authenticate(t.Context(), sasl.OAuthBearer("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143))
	var no *imap.ResponseError
	var why *sasl.Refusal
	if !errors.As(err, &no) || !errors.As(err, &why) || why.Status != "invalid_token" || why.Scope != "example_scope" {
		t.Errorf("%v", err)
	}
}

// Which mechanism is chosen, by what is offered.
func TestR031_Chooser(t *testing.T) {
	password, token := sasl.Password("alice", "secret"), sasl.Token("alice", "tok")
	const none = "nothing"
	for _, tt := range []struct {
		caps    string
		cred    sasl.Credentials
		allowed []string
		want    string // how the client's command begins
	}{
		{"AUTH=PLAIN AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=LOGIN", password, nil, "AUTHENTICATE SCRAM-SHA-256"},
		{"AUTH=PLAIN AUTH=SCRAM-SHA-1 AUTH=scram-sha-512 AUTH=CRAM-MD5", password, nil, "AUTHENTICATE SCRAM-SHA-512"},
		{"AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1", password, nil, "AUTHENTICATE SCRAM-SHA-1"}, // no TLS here to bind to
		{"AUTH=LOGIN AUTH=PLAIN AUTH=CRAM-MD5", password, nil, "AUTHENTICATE PLAIN"},
		{"AUTH=LOGIN AUTH=CRAM-MD5", password, nil, "LOGIN"},
		{"AUTH=LOGIN AUTH=CRAM-MD5 LOGINDISABLED", password, nil, "AUTHENTICATE LOGIN"},
		{"AUTH=CRAM-MD5 LOGINDISABLED", password, nil, "AUTHENTICATE CRAM-MD5"},
		{"", password, nil, "LOGIN"},
		{"LOGINDISABLED", password, nil, none},
		{"AUTH=XOAUTH2 LOGINDISABLED", password, nil, none},
		{"AUTH=PLAIN AUTH=LOGIN", sasl.Password(`DOM\alice/shared`, "p"), nil, "LOGIN"},
		{"AUTH=PLAIN AUTH=LOGIN LOGINDISABLED", sasl.Password(`DOM\alice`, "p"), nil, "AUTHENTICATE PLAIN"},
		{"AUTH=SCRAM-SHA-1 AUTH=PLAIN", sasl.Password(`DOM\alice`, "p"), nil, "AUTHENTICATE SCRAM-SHA-1"},
		{"AUTH=LOGIN", password.As("bob"), nil, none},
		{"AUTH=LOGIN AUTH=PLAIN", password.As("bob"), nil, "AUTHENTICATE PLAIN"},
		{"AUTH=PLAIN AUTH=XOAUTH2", token, nil, "AUTHENTICATE XOAUTH2"},
		{"AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER", token, nil, "AUTHENTICATE OAUTHBEARER"},
		{"AUTH=PLAIN", token, nil, none},
		{"AUTH=EXTERNAL AUTH=PLAIN", sasl.Certificate(), nil, "AUTHENTICATE EXTERNAL"},
		{"AUTH=PLAIN", sasl.Certificate(), nil, none},
		{"AUTH=ANONYMOUS", sasl.Guest("me"), nil, "AUTHENTICATE ANONYMOUS"},
		{"AUTH=ANONYMOUS AUTH=PLAIN", sasl.Credentials{}, nil, none},
		// Options.Mechanisms
		{"AUTH=PLAIN AUTH=SCRAM-SHA-256", password, []string{"plain"}, "AUTHENTICATE PLAIN"},
		{"AUTH=PLAIN AUTH=SCRAM-SHA-256", password, []string{"LOGIN"}, "LOGIN"},
		{"AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-512", password, sasl.AtLeast("SCRAM-SHA-256"), "AUTHENTICATE SCRAM-SHA-512"},
		{"AUTH=PLAIN AUTH=SCRAM-SHA-1 AUTH=CRAM-MD5", password, sasl.AtLeast("SCRAM-SHA-256"), none},
		{"AUTH=PLAIN", password, []string{}, none},
	} {
		script := ""
		if tt.want != none {
			script = "any $1\nS: $1 NO [AUTHENTICATIONFAILED] no\n" // one attempt, whatever comes of it
		}
		var trace lockedBuffer
		c := beforeLogin(t, tt.caps, script, &imap.Options{Mechanisms: tt.allowed, Trace: &trace})
		err := c.LoginWith(t.Context(), tt.cred)
		c.Close()
		said := ""
		for line := range strings.Lines(trace.String()) {
			if _, command, ok := strings.Cut(line, " C: "); ok {
				_, said, _ = strings.Cut(command, " ")
			}
		}
		var failed *imap.LoginError
		if !errors.As(err, &failed) || (tt.want == none) != (said == "") || !strings.HasPrefix(said, strings.TrimPrefix(tt.want, none)) {
			t.Errorf("%s, %v, allowed %q: said %q, %v; want %s", tt.caps, tt.cred, tt.allowed, said, err, tt.want)
		}
		if refused := errors.Is(err, imap.CodeAuthenticationFailed); refused != (tt.want != none) {
			t.Errorf("%s: %v", tt.caps, err)
		}
	}
}

func TestR032_InitialResponse(t *testing.T) {
	c := beforeLogin(t, "AUTH=PLAIN SASL-IR", `
		C: $1 AUTHENTICATE PLAIN AHRlc3QAdGVzdA==
	`+loggedIn, nil) // RFC 4959 §5
	succeed(t, c, c.Authenticate(t.Context(), sasl.Plain("", "test", "test")))
	c = beforeLogin(t, "AUTH=EXTERNAL SASL-IR", `
		C: $1 AUTHENTICATE EXTERNAL =
	`+loggedIn, nil)
	succeed(t, c, c.Authenticate(t.Context(), sasl.External("")))
	c = beforeLogin(t, "AUTH=EXTERNAL", `
		C: $1 AUTHENTICATE EXTERNAL
		S: +
		C!: \r\n
	`+loggedIn, nil)
	succeed(t, c, c.LoginWith(t.Context(), sasl.Certificate()))
	c = beforeLogin(t, "AUTH=EXTERNAL IMAP4rev2", `
		C: $1 AUTHENTICATE EXTERNAL ZnJlZA==
	`+loggedIn, nil) // IMAP4rev2 has SASL-IR in it
	succeed(t, c, c.Authenticate(t.Context(), sasl.External("fred")))
}

func TestR034_ProxyAuth(t *testing.T) {
	c := talkTo(t, "", `
		C: $1 PROXYAUTH bob
		S: $1 OK proxied
		C: $2 PROXYAUTH "al ice"
		S: $2 NO not you
	`, nil)
	if err := c.ProxyAuth(t.Context(), "bob"); err != nil {
		t.Error(err)
	}
	var no *imap.ResponseError
	if err := c.ProxyAuth(t.Context(), "al ice"); !errors.As(err, &no) {
		t.Error(err)
	}
	if err := c.ProxyAuth(t.Context(), "a\x00b"); err == nil || errors.As(err, &no) {
		t.Error(err)
	}
}

func TestR035_LoginDisabled(t *testing.T) {
	c := beforeLogin(t, "LOGINDISABLED AUTH=PLAIN", `
		C: $1 AUTHENTICATE PLAIN
		S: +
		C: AHRlc3QAdGVzdA==
	`+loggedIn, nil)
	err := c.Login(t.Context(), "test", "test")
	var failed *imap.LoginError
	if !errors.Is(err, imap.ErrUnsupported) || !errors.As(err, &failed) || !slices.Equal(failed.Offered, []string{"PLAIN"}) {
		t.Error(err)
	}
	if !strings.Contains(err.Error(), "LOGINDISABLED") || !strings.Contains(err.Error(), "offers PLAIN") {
		t.Error(err)
	}
	succeed(t, c, c.LoginWith(t.Context(), sasl.Password("test", "test")))
}

func TestR036_LoginError(t *testing.T) {
	c := beforeLogin(t, "AUTH=PLAIN AUTH=SCRAM-SHA-256 SASL-IR", `
		C: $1 AUTHENTICATE PLAIN AHRlc3QAdGVzdA==
		S: $1 NO [AUTHENTICATIONFAILED] wrong password
		C: $2 LOGIN "test" "test"
		S: $2 BAD I would rather not
		C: $3 NOOP
		S: $3 OK done
	`, nil)
	var failed *imap.LoginError
	err := c.Authenticate(t.Context(), sasl.Plain("", "test", "test"))
	if !errors.As(err, &failed) || failed.Mechanism != "PLAIN" || !errors.Is(err, imap.CodeAuthenticationFailed) ||
		!slices.Equal(failed.Offered, []string{"PLAIN", "SCRAM-SHA-256", "LOGIN"}) {
		t.Errorf("%+v", err)
	}
	if want := "imap: AUTHENTICATE: NO [AUTHENTICATIONFAILED] wrong password; tried PLAIN; the server offers PLAIN, SCRAM-SHA-256, LOGIN"; err.Error() != want {
		t.Errorf("%s\nwant %s", err, want)
	}
	err = c.Login(t.Context(), "test", "test")
	if !errors.As(err, &failed) || failed.Mechanism != "LOGIN" || c.Authenticated() {
		t.Errorf("%+v", err)
	}
	noop(t, c)
	// What is not about the login is none.
	synctest.Test(t, func(t *testing.T) {
		c := beforeLogin(t, "", "C: $1 LOGIN \"u\" \"p\"\nstall 2s\ncut\n", nil)
		if err := c.Login(soon(t), "u", "p"); errors.As(err, &failed) || !errors.Is(err, errCause) {
			t.Error(err)
		}
		<-c.Done()
		if err := c.Login(context.Background(), "u", "p"); errors.As(err, &failed) || !errors.Is(err, imap.ErrClosed) {
			t.Error(err)
		}
	})
}

// Neither the trace, nor the log, nor an error has a secret, whichever way it is
// sent, and whatever comes of it.
func TestR037_SecretsKeptOut(t *testing.T) {
	for _, outcome := range []string{"S: $1 OK in\n", "S: $1 NO no\n", "S: + Zm9v\nany\nS: $1 BAD no\n", "cut\n"} {
		for name, login := range map[string]func(ctx context.Context, c *imap.Client, canary string) error{
			"LOGIN":   func(ctx context.Context, c *imap.Client, s string) error { return c.Login(ctx, "alice", s) },
			"literal": func(ctx context.Context, c *imap.Client, s string) error { return c.Login(ctx, "é", s+"é") },
			"PLAIN": func(ctx context.Context, c *imap.Client, s string) error {
				return c.Authenticate(ctx, sasl.Plain("", "alice", s))
			},
			"SASL LOGIN": func(ctx context.Context, c *imap.Client, s string) error {
				return c.Authenticate(ctx, sasl.Login("alice", s))
			},
			"XOAUTH2": func(ctx context.Context, c *imap.Client, s string) error {
				return c.Authenticate(ctx, sasl.XOAuth2("alice", s))
			},
			"OAUTHBEARER": func(ctx context.Context, c *imap.Client, s string) error {
				return c.LoginWith(ctx, sasl.Token("alice", s))
			},
			"chosen": func(ctx context.Context, c *imap.Client, s string) error {
				return c.LoginWith(ctx, sasl.Password("alice", s))
			},
		} {
			synctest.Test(t, func(t *testing.T) { leaks(t, name, outcome, login) })
		}
	}
}

// leaks plays one login and looks for the password wherever it could be.
func leaks(t *testing.T, name, outcome string, login func(ctx context.Context, c *imap.Client, canary string) error) {
	t.Helper()
	const canary = "c4nary-of-the-c0al-m1ne"
	conn, server := imaptest.Pipe()
	f := newFake(server)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		f.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=PLAIN] hi\r\n")
		tag, _, err := f.command()
		for line := range strings.Lines(outcome) {
			line = strings.TrimSpace(line)
			switch {
			case err != nil || line == "cut":
				return
			case line == "any":
				_, err = f.line()
			default:
				f.say(strings.ReplaceAll(strings.TrimPrefix(line, "S: "), "$1", tag) + "\r\n")
			}
		}
		f.serve(nil)
	}()
	var trace, logged lockedBuffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext, Trace: &trace, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	if err := login(t.Context(), c, canary); err != nil {
		text = err.Error()
	}
	c.Close()
	<-done
	if err := c.Err(); err != nil {
		text += err.Error()
	}
	if !strings.Contains(trace.String(), "***") {
		t.Errorf("%s: the trace has no login: %s", name, trace.String())
	}
	for _, secret := range secretForms(canary) {
		if strings.Contains(text+trace.String()+logged.String(), secret) {
			t.Errorf("%s, %q: %s is in\n%s\n%s\n%s", name, outcome, secret, text, trace.String(), logged.String())
		}
	}
}
