package imap_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// lockedBuffer is a buffer for many goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// secretForms are the shapes in which a secret could leak.
func secretForms(s string) (forms []string) {
	forms = []string{s, url.QueryEscape(s), fmt.Sprintf("%x", s)}
	for skip := range 3 { // base64 depends on where the secret begins
		enc := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + s))
		forms = append(forms, enc[4:len(enc)-4])
	}
	return forms
}

// scramFake greets, and plays a SCRAM server that does it as reply says: for
// every line of the client's, decoded, what to say. $1 is the tag of the
// command, and the text behind "+ " is encoded.
func scramFake(t *testing.T, reply func(step int, said string) []string) (*imap.Client, *fake) {
	t.Helper()
	conn, server := imaptest.Pipe()
	f := newFake(server)
	go func() {
		defer server.Close()
		f.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi\r\n")
		tag, command, err := f.command()
		said, _ := base64.StdEncoding.DecodeString(command[strings.LastIndexByte(command, ' ')+1:])
		for step := 0; err == nil; step++ {
			lines := reply(step, string(said))
			for _, l := range lines {
				if text, ok := strings.CutPrefix(l, "+ "); ok {
					l = "+ " + base64.StdEncoding.EncodeToString([]byte(text))
				}
				f.say(strings.ReplaceAll(l, "$1", tag) + "\r\n")
			}
			if lines == nil {
				break
			}
			var line string
			line, err = f.line()
			f.mu.Lock()
			f.said = append(f.said, line)
			f.mu.Unlock()
			said, _ = base64.StdEncoding.DecodeString(line)
		}
		f.serve(nil)
	}()
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, f
}

// nonceOf takes the client's nonce out of its first message.
func nonceOf(said string) string {
	_, nonce, _ := strings.Cut(said, ",r=")
	return nonce
}

func TestA20_IterationCount(t *testing.T) {
	for _, count := range []string{"2147483647", "99999999999", "600001", "1", "4095", "0"} {
		c, f := scramFake(t, func(step int, said string) []string {
			if step == 0 {
				return []string{"+ r=" + nonceOf(said) + "xyz,s=YWJj,i=" + count}
			}
			return []string{"$1 BAD as you like"}
		})
		start := time.Now()
		err := c.LoginWith(t.Context(), sasl.Password("alice", "secret"))
		var why *sasl.Error
		var failed *imap.LoginError
		if !errors.As(err, &why) || !errors.As(err, &failed) || c.Authenticated() {
			t.Errorf("i=%s: %v", count, err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("i=%s: it took %v", count, d)
		}
		if said := f.commands(); !slices.Contains(said, "*") || c.Err() == nil {
			t.Errorf("i=%s: said %q, then %v", count, said, c.Err())
		}
	}
}

// A server that does not prove itself is not believed, whatever it says.
func TestA21_ServerMustProveItself(t *testing.T) {
	first := func(said string) string { return "+ r=" + nonceOf(said) + "xyz,s=YWJj,i=4096" }
	for name, reply := range map[string]func(step int, said string) []string{
		"OK at once": func(int, string) []string { return []string{"$1 OK in"} },
		"OK for the proof": func(step int, said string) []string {
			return [][]string{{first(said)}, {"$1 OK in"}}[step]
		},
		"OK before the proof": func(step int, said string) []string {
			return []string{first(said), "$1 OK in"}
		},
		"a nonce not ours": func(step int, _ string) []string {
			return [][]string{{"+ r=abcdefghijklmnopqrstuvwxyz,s=YWJj,i=4096"}, {"$1 OK in"}}[step]
		},
		"our nonce and no more": func(step int, said string) []string {
			return [][]string{{"+ r=" + nonceOf(said) + ",s=YWJj,i=4096"}, {"$1 OK in"}}[step]
		},
		"no signature": func(step int, said string) []string {
			return [][]string{{first(said)}, {"+ "}, {"$1 OK in"}}[step]
		},
		"a wrong signature": func(step int, said string) []string {
			return [][]string{{first(said)}, {"+ v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}, {"$1 OK in"}}[step]
		},
		"a wrong signature, then NO": func(step int, said string) []string {
			return [][]string{{first(said)}, {"+ v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}, {"$1 NO no"}}[step]
		},
		"an error, then OK": func(step int, said string) []string {
			return [][]string{{first(said)}, {"+ e=invalid-proof"}, {"$1 OK in"}}[step]
		},
		"a signature in the OK": func(step int, said string) []string {
			return [][]string{{first(said)}, {"$1 OK v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}}[step]
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := scramFake(t, reply)
				err := c.LoginWith(t.Context(), sasl.Password("alice", "secret"))
				var failed *imap.LoginError
				if !errors.As(err, &failed) || failed.Mechanism != "SCRAM-SHA-256" || c.Authenticated() || c.Mechanism() != "" {
					t.Errorf("authenticated: %v, %v", c.Authenticated(), err)
				}
				if !errors.Is(c.Err(), imap.ErrClosed) {
					t.Error("the connection is still open")
				}
				for _, line := range f.commands() {
					if strings.Contains(line, "PLAIN") || strings.Contains(line, "LOGIN") {
						t.Errorf("it fell to %q", line)
					}
				}
			})
		})
	}
	// Nor is any server that lets somebody in of whom it has not heard yet.
	for name, script := range map[string]string{
		"PLAIN":  "C: $1 AUTHENTICATE PLAIN\nS: $1 OK in\nexpect-close\n",
		"cancel": "C: $1 AUTHENTICATE PLAIN\nS: + Zm9v\nC: AGEAYg==\nS: + Zm9v\nC: *\nS: $1 OK in\nexpect-close\n",
	} {
		c := beforeLogin(t, "AUTH=PLAIN", script, nil)
		if err := c.Authenticate(t.Context(), sasl.Plain("", "a", "b")); err == nil || c.Authenticated() || c.Err() == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A refusal is the server's right: no more is tried, and the connection stays.
func TestA21_RefusalIsFinal(t *testing.T) {
	c, f := scramFake(t, func(step int, said string) []string {
		return [][]string{{"+ r=" + nonceOf(said) + "xyz,s=YWJj,i=4096"}, {"+ e=invalid-proof"}, {"$1 NO [AUTHENTICATIONFAILED] no"}, nil}[step]
	})
	err := c.LoginWith(t.Context(), sasl.Password("alice", "secret"))
	var why *sasl.Refusal
	if !errors.Is(err, imap.CodeAuthenticationFailed) || !errors.As(err, &why) || why.Status != "invalid-proof" {
		t.Error(err)
	}
	if c.Err() != nil || len(f.secrets()) != 1 {
		t.Errorf("%v, sent %q", c.Err(), f.secrets())
	}
}

// The list of mechanisms is not protected by the mechanisms in it. Somebody who
// edits it, so that a run sees less than the one before, gets nothing.
func TestA22_MechanismDowngrade(t *testing.T) {
	for _, caps := range []string{"AUTH=PLAIN AUTH=LOGIN", "AUTH=SCRAM-SHA-1 AUTH=PLAIN", "AUTH=CRAM-MD5", ""} {
		c := beforeLogin(t, caps, "", &imap.Options{Mechanisms: sasl.AtLeast("SCRAM-SHA-256")})
		err := c.LoginWith(t.Context(), sasl.Password("alice", "secret"))
		var failed *imap.LoginError
		if !errors.Is(err, imap.ErrMechanismDowngrade) || !errors.As(err, &failed) || failed.Mechanism != "" {
			t.Errorf("%s: %v", caps, err)
		}
		// Nor by the other ways to log in.
		if err := c.Login(t.Context(), "alice", "secret"); err == nil || errors.Is(err, imap.ErrClosed) {
			t.Errorf("%s: %v", caps, err)
		}
		if err := c.Authenticate(t.Context(), sasl.Plain("", "alice", "secret")); err == nil || errors.Is(err, imap.ErrClosed) {
			t.Errorf("%s: %v", caps, err)
		}
	}
	// Without TLS nothing is sent at all, unless it is asked for.
	c := remoteClear(t, imap.Options{})
	for _, err := range []error{
		c.LoginWith(t.Context(), sasl.Password("alice", "secret")),
		c.Authenticate(t.Context(), sasl.Scram(sasl.ScramSHA256, "alice", "secret", nil)),
		c.Authenticate(t.Context(), sasl.Plain("", "alice", "secret")),
		c.Login(t.Context(), "alice", "secret"),
	} {
		if err == nil || !strings.Contains(err.Error(), "InsecureLogin") {
			t.Error(err)
		}
	}
}

// remoteClear is a client on a connection without TLS to somewhere else, on
// which it must not say anything.
func remoteClear(t *testing.T, o imap.Options) *imap.Client {
	t.Helper()
	o.Security = imap.Plaintext
	conn := imaptest.Script(t, "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256] hi\n")
	c, err := imap.NewClient(t.Context(), &elsewhere{conn}, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (*elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }

// A server that sends us elsewhere is not followed: not another host gets the
// password.
func TestA23_ReferralsAreNotFollowed(t *testing.T) {
	for _, answer := range []string{
		"$1 NO [REFERRAL imap://alice;AUTH=*@evil.example.net/] elsewhere",
		"$1 OK [REFERRAL imap://evil.example.net/] better elsewhere",
		"* OK [REFERRAL imap://evil.example.net/] elsewhere\r\n$1 NO gone",
		"* BYE [REFERRAL imap://evil.example.net/] elsewhere",
	} {
		var dials atomic.Int32
		c, err := imap.Dial(t.Context(), "mail.example.org:143", &imap.Options{
			Security: imap.Plaintext, InsecureLogin: true,
			Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
				dials.Add(1)
				if addr != "mail.example.org:143" {
					t.Errorf("dialed %s", addr)
				}
				conn, server := imaptest.Pipe()
				f := newFake(server)
				go func() {
					f.say("* OK [CAPABILITY IMAP4rev1] hi\r\n")
					f.serve(func(tag, command string) bool {
						if !strings.HasPrefix(command, "LOGIN") {
							return false
						}
						f.say(strings.ReplaceAll(answer, "$1", tag) + "\r\n")
						if strings.HasPrefix(answer, "* BYE") {
							server.Close()
						}
						return true
					})
				}()
				return conn, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Login(t.Context(), "alice", "secret")
		if ok := strings.HasPrefix(answer, "$1 OK"); ok != (err == nil) {
			t.Errorf("%s: %v", answer, err)
		}
		c.Close()
		if n := dials.Load(); n != 1 {
			t.Errorf("%s: %d connections", answer, n)
		}
	}
}

// Continuation requests that nobody waits for get nothing, and each that is
// waited for gets one answer.
func TestA25_UnsolicitedContinuations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := imaptest.Pipe()
		f := newFake(server)
		go func() {
			f.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n+ \r\n+ dXNlcg==\r\n")
			f.serve(func(tag, command string) bool {
				switch {
				case strings.Contains(command, "AUTHENTICATE"): // the token was sent; ask for it again and again
					f.say("+ \r\n+ \r\n+ \r\n")
					if line, err := f.line(); line != "*" || err != nil {
						t.Errorf("said %q, %v", line, err)
					}
					f.say(tag + " BAD cancelled\r\n+ \r\n")
				case strings.Contains(command, "LOGIN"):
					f.say("+ \r\n+ \r\n" + tag + " NO no\r\n+ \r\n")
				default:
					f.say(tag + " OK done\r\n")
				}
				return true
			})
		}()
		c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		synctest.Wait()
		if s := f.commands(); len(s) != 0 {
			t.Errorf("said %q", s)
		}
		if err := c.Authenticate(t.Context(), sasl.Plain("", "alice", "secret")); err == nil {
			t.Error("no error")
		}
		if err := c.Login(t.Context(), "alice", "é"); err == nil { // a literal: one "+" lets it out
			t.Error("no error")
		}
		noop(t, c)
		if s := f.commands(); len(s) != 3 || len(f.secrets()) != 2 {
			t.Errorf("said %q", s)
		}
	})
	// LOGIN's mechanism answers twice and no more.
	c := beforeLogin(t, "AUTH=LOGIN", `
		C: $1 AUTHENTICATE LOGIN
		S: + VXNlciBOYW1lAA==
		C: dQ==
		S: + UGFzc3dvcmQA
		C: cA==
		S: + UGFzc3dvcmQA
		C: *
		S: $1 BAD no
	`, nil)
	if err := c.Authenticate(t.Context(), sasl.Login("u", "p")); err == nil {
		t.Error("no error")
	}
}

// The reasons for a refusal come as a challenge. It is answered, or the login
// hangs until the server loses patience.
func TestA26_OAuthRefusalIsAnswered(t *testing.T) {
	c := beforeLogin(t, "AUTH=XOAUTH2 SASL-IR", `
		C: $1 AUTHENTICATE XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==
		S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
		C!: \r\n
		S: $1 NO SASL authentication failed
		C: $2 NOOP
		S: $2 OK done
	`, nil)
	err := c.Authenticate(t.Context(), sasl.XOAuth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"))
	var why *sasl.Refusal
	var no *imap.ResponseError
	if !errors.As(err, &no) || !errors.As(err, &why) || why.Status != "400" || why.Schemes != "Bearer" || why.Scope != "https://mail.google.com/" {
		t.Error(err)
	}
	if strings.Contains(err.Error(), "ya29") || !strings.Contains(err.Error(), "400") {
		t.Error(err)
	}
	noop(t, c)
}
