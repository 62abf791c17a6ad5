package imap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// served is a server on a port of this machine, with or without TLS from the
// start.
func served(t *testing.T, opts *imaptest.Options, secure bool) (s *imaptest.Server, addr string) {
	t.Helper()
	s = imaptest.NewServer(opts)
	s.AddUser("alice", "pass")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve := s.Serve
	if secure {
		serve = s.ServeTLS
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := serve(l); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		s.Close()
		wg.Wait()
	})
	return s, l.Addr().String()
}

// worksFor logs in, sees the mailbox and logs out.
func worksFor(t *testing.T, c *imap.Client) {
	t.Helper()
	defer c.Close()
	if !c.Authenticated() {
		if err := c.Login(t.Context(), "alice", "pass"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestR001_PlainTCP(t *testing.T) {
	_, addr := served(t, nil, false)
	c, err := imap.Dial(t.Context(), addr, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.TLS(); ok {
		t.Error("TLS")
	}
	worksFor(t, c)
}

func TestR002_ImplicitTLS(t *testing.T) {
	ca := newCA(t)
	_, addr := served(t, &imaptest.Options{TLSConfig: ca.ServerConfig()}, true)
	c, err := imap.Dial(t.Context(), addr, &imap.Options{TLSConfig: ca.ClientConfig("localhost")})
	if err != nil {
		t.Fatal(err)
	}
	if state, ok := c.TLS(); !ok || state.Version < tls.VersionTLS12 {
		t.Error(ok, state.Version)
	}
	worksFor(t, c)
}

// An unknown authority, another name and a certificate that has run out are
// refused before anything is said.
func TestR003_Verified(t *testing.T) {
	ca := newCA(t)
	for name, tt := range map[string]struct{ server, client *tls.Config }{
		"authority": {ca.ServerConfig(), &tls.Config{ServerName: "localhost"}},
		"name":      {ca.ServerConfig(), ca.ClientConfig("imap.example.org")},
		"expired":   {ca.ExpiredConfig(), ca.ClientConfig("localhost")},
	} {
		_, addr := served(t, &imaptest.Options{TLSConfig: tt.server}, true)
		c, err := imap.Dial(t.Context(), addr, &imap.Options{TLSConfig: tt.client})
		if err == nil {
			c.Close()
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestR004_OwnVerification(t *testing.T) {
	ca := newCA(t)
	config := ca.ServerConfig()
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	_, addr := served(t, &imaptest.Options{TLSConfig: config}, true)
	certified := ca.ClientConfig("localhost")
	certified.Certificates = []tls.Certificate{ca.ClientCertificate("alice")}
	for name, client := range map[string]*tls.Config{
		"own authority, client certificate": certified,
		"not verified":                      {InsecureSkipVerify: true, Certificates: certified.Certificates},
	} {
		c, err := imap.Dial(t.Context(), addr, &imap.Options{TLSConfig: client})
		if err != nil {
			t.Fatal(name, err)
		}
		worksFor(t, c)
	}
	if c, err := imap.Dial(t.Context(), addr, &imap.Options{TLSConfig: ca.ClientConfig("localhost")}); err == nil {
		// In TLS 1.3 the server looks after the client is done.
		if err := c.Login(t.Context(), "alice", "pass"); err == nil {
			t.Error("logged in without the certificate")
		}
		c.Close()
	}
}

func TestR005_StartTLS(t *testing.T) {
	ca := newCA(t)
	_, addr := served(t, &imaptest.Options{TLSConfig: ca.ServerConfig()}, false)
	opts := &imap.Options{Security: imap.StartTLS, TLSConfig: ca.ClientConfig("localhost")}
	c, err := imap.Dial(t.Context(), addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.TLS(); !ok || c.Has("STARTTLS") || c.Has("LOGINDISABLED") || !c.Has("AUTH=PLAIN") {
		t.Error("the capabilities are those from before TLS:", c.Capabilities())
	}
	if _, err := c.Do(t.Context(), wire.NewCommand("STARTTLS")); err == nil {
		t.Error("TLS in TLS")
	}
	worksFor(t, c)
	_, addr = served(t, nil, false) // without STARTTLS
	if c, err := imap.Dial(t.Context(), addr, opts); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(c, err)
	}
}

func TestR006_ChildProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildServer$")
	cmd.Env = append(os.Environ(), "IDLEWILD_TEST_CHILD=1")
	c, err := imap.DialCommand(t.Context(), cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	worksFor(t, c)
}

func TestR008_ConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		_, err := imap.Dial(t.Context(), "imap.example.org", &imap.Options{Dial: never, Timeouts: imap.Timeouts{Connect: 7 * time.Second}})
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 7*time.Second {
			t.Error(err, time.Since(start))
		}
	})
}

// Waiting to read and waiting to write have limits of their own.
func TestR009_ReadAndWriteTimeout(t *testing.T) {
	for name, tt := range map[string]struct {
		timeouts imap.Timeouts
		do       func(ctx context.Context, c *imap.Client) error
	}{
		"read": {imap.Timeouts{Command: 3 * time.Second, Stall: time.Hour}, func(ctx context.Context, c *imap.Client) error { return c.Noop(ctx) }},
		"write": {imap.Timeouts{Stall: 3 * time.Second, Command: time.Hour}, func(ctx context.Context, c *imap.Client) error {
			return c.Create(ctx, strings.Repeat("long ", 1<<20))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := net.Pipe() // without a buffer: a write waits for a read
				var wg sync.WaitGroup
				wg.Go(func() {
					fmt.Fprint(server, "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n")
					if name == "read" {
						_, _ = io.Copy(io.Discard, server)
					}
				})
				defer wg.Wait()
				defer server.Close()
				c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext, Timeouts: tt.timeouts})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				start := time.Now()
				if err := tt.do(t.Context(), c); !errors.Is(err, imap.ErrTimeout) || time.Since(start) < 3*time.Second || time.Since(start) > 10*time.Second {
					t.Error(err, time.Since(start))
				}
			})
		})
	}
}

// What comes for a command puts its limit off, however long the whole takes.
func TestR010_InactivityNotDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 NOOP
			pause 100s
			S: * OK still at it
			pause 100s
			S: * OK still at it
			pause 100s
			S: $1 OK done
			C: $2 NOOP
			stall`, nil)
		if err := c.Noop(t.Context()); err != nil {
			t.Error(err)
		}
		start := time.Now()
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 120*time.Second {
			t.Error(err, time.Since(start))
		}
		c.Close()
	})
}

// No timeout is a zero that would mean "at once" or "never": it means the
// default.
func TestR011_ZeroTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := imaptest.Pipe()
		defer server.Close()
		start := time.Now()
		_, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext, Timeouts: imap.Timeouts{}})
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) != time.Minute {
			t.Error(err, time.Since(start))
		}
	})
}

func TestR012_Greeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := imaptest.Script(t, "S: * OK [CAPABILITY IMAP4rev1 IDLE] Dovecot (Debian) ready.")
		c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if s := c.Greeting(); s != "Dovecot (Debian) ready." || !c.Has("idle") {
			t.Error(s)
		}
	})
}

func TestR013_Preauth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{Preauth: "alice"})
		defer s.Close()
		s.AddUser("alice", "pass")
		c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext})
		if err != nil || !c.Authenticated() {
			t.Fatal(err)
		}
		worksFor(t, c)
	})
}

func TestR014_Logout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 LOGOUT
			S: * BYE see you
			S: $1 OK bye
			expect-close`, nil)
		if err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestR015_CloseWithoutLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", "expect-close", nil)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// That the connection is lost is told at once, to whoever waits for it, with
// the cause.
func TestR016_ConnectionLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", "pause 10s\nS: * BYE shutting down\ncut", nil)
		var kinds []imap.NoticeKind
		for n, err := range c.Notices(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, n.Kind)
		}
		if !slices.Equal(kinds, []imap.NoticeKind{imap.NoticeBye, imap.NoticeClosed}) {
			t.Error(kinds)
		}
		<-c.Done()
		if text, ok := imap.ByeText(c.Err()); !ok || text != "shutting down" || !errors.Is(c.Err(), imap.ErrClosed) {
			t.Error(c.Err())
		}
	})
}

// The connection is the caller's to make and to look at, but not to read from:
// what a poller would wait for is a channel or a loop.
func TestR018_OwnConnection(t *testing.T) {
	s, addr := served(t, nil, false)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := conn.(*net.TCPConn); !ok {
		t.Fatal("no socket")
	}
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(t.Context(), "alice", "pass"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Done():
		t.Fatal("gone")
	default:
	}
	s.Disconnect("alice", "")
	<-c.Done()
}

// A line that is too long costs its response, not the connection.
func TestR019_LineLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 NOOP
			S: * X-LONG `+strings.Repeat("x", 2000)+`
			S: $1 OK done`, &imap.Options{Limits: wire.Limits{Line: 1000}})
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestR021_NothingInjected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "LITERAL+", `
			C: $1 CREATE "a&AA0ACg-A9 NOOP"
			S: $1 NO no such name`, nil)
		var arg *wire.ArgumentError
		if err := c.Create(t.Context(), "a\x00b"); !errors.As(err, &arg) {
			t.Error(err)
		}
		if _, err := c.Do(t.Context(), wire.NewCommand("X").Atom("a\r\nA9 NOOP")); !errors.As(err, &arg) {
			t.Error(err)
		}
		// What is a name is data: encoded, or a literal.
		if err := c.Create(t.Context(), "a\r\nA9 NOOP"); err == nil {
			t.Error("created")
		}
	})
}

// What a command needs is a handle that only the right state gives.
func TestR022_States(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "pass")
		c, box := login(t, s, nil)
		if err := c.Login(t.Context(), "alice", "pass"); err == nil {
			t.Error("logged in twice")
		}
		if err := box.Unselect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := box.Search(t.Context(), nil); !errors.Is(err, imap.ErrDeselected) {
			t.Error(err)
		}
		readOnly, err := c.Examine(t.Context(), "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		if err := readOnly.AddFlags(t.Context(), imap.UID(1), imap.FlagSeen); !errors.Is(err, imap.ErrReadOnly) {
			t.Error(err)
		}
		var arg *wire.ArgumentError
		if _, err := c.Do(t.Context(), wire.NewCommand("SELECT").AString("INBOX")); !errors.As(err, &arg) {
			t.Error(err)
		}
	})
}

func TestR023_SeveralInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 STATUS a (MESSAGES)
			C: $2 STATUS b (MESSAGES)
			S: * STATUS b (MESSAGES 2)
			S: $2 OK done
			S: * STATUS a (MESSAGES 1)
			S: $1 OK done`, nil)
		var wg sync.WaitGroup
		for i, name := range []string{"a", "b"} {
			wg.Go(func() {
				if st, err := c.Status(t.Context(), name, imap.StatusMessages); err != nil || *st.Messages != uint32(i+1) {
					t.Error(name, st, err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// Whatever is a net.Conn is a transport, a script for instance.
func TestR024_OwnTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialed := ""
		c, err := imap.Dial(t.Context(), "imap.example.org:1143", &imap.Options{
			Security: imap.Plaintext, InsecureLogin: true,
			Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
				dialed = addr
				return imaptest.Script(t, `
					S: * OK [CAPABILITY IMAP4rev1] hello
					C: $1 NOOP
					S: $1 OK done`), nil
			},
		})
		if err != nil || dialed != "imap.example.org:1143" {
			t.Fatal(dialed, err)
		}
		defer c.Close()
		if err := c.Noop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
