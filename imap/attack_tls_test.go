package imap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// newCA makes an authority; not in a bubble, as keys take real time.
func newCA(t testing.TB) *imaptest.CA {
	t.Helper()
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// startTLS dials a fake that plays what happens before TLS; then it begins TLS,
// if it is asked to, and serves.
func startTLS(t testing.TB, ca *imaptest.CA, opts *imap.Options, before func(f *fake) (upgrade bool)) (*imap.Client, *fake, error) {
	t.Helper()
	client, server := imaptest.Pipe()
	f := newFake(server)
	go func() {
		if !before(f) {
			for { // whatever the client still says
				if _, _, err := f.command(); err != nil {
					server.Close()
					return
				}
			}
		}
		s := tls.Server(server, ca.ServerConfig())
		if s.Handshake() != nil {
			server.Close()
			return
		}
		f.conn = s
		f.r.Reset(s)
		f.serve(nil)
	}()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security, o.TLSConfig = imap.StartTLS, ca.ClientConfig("localhost")
	start := time.Now()
	c, err := imap.NewClient(t.Context(), client, &o)
	if d := time.Since(start); d > 3*time.Minute {
		t.Errorf("it took %v", d)
	}
	if err == nil {
		t.Cleanup(func() { c.Close() })
	} else if _, werr := client.Write([]byte("x")); werr == nil {
		t.Error("the connection was left open")
	}
	return c, f, err
}

const greetStartTLS = "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"

func TestA01_InjectionBehindStartTLS(t *testing.T) {
	ca := newCA(t)
	_, behind, _ := strings.Cut(string(attack(t, "starttls/response injected behind OK").Input), "\r\n")
	run := func(split int, gap time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			c, f, err := startTLS(t, ca, nil, func(f *fake) bool {
				f.say(greetStartTLS)
				tag, _, _ := f.command()
				text := retag([]byte(behind), tag)
				at := split
				if split < 0 {
					at = len(text)
				}
				f.say(text[:min(at, len(text))])
				<-time.After(gap)
				f.say(text[min(at, len(text)):])
				return true
			})
			<-time.After(gap)
			if err == nil {
				t.Errorf("split at %d, %v apart: it went on, with %q", split, gap, c.Capabilities())
				return
			}
			if !errors.Is(err, imap.ErrSTARTTLSInjection) {
				t.Errorf("split at %d, %v apart: %v", split, gap, err)
			}
			if s := f.secrets(); s != nil {
				t.Errorf("split at %d: sent %q", split, s)
			}
		})
	}
	run(-1, 0)
	for split := 1; split < len(behind)+6; split += 3 {
		run(split, 0)
	}
	for _, gap := range []time.Duration{1, time.Millisecond, 50 * time.Millisecond} {
		for _, split := range []int{10, 30, 31, 32, 33, 34, 35, 40} {
			run(split, gap)
		}
	}
}

func TestA02_ReplyBeforeCommand(t *testing.T) {
	ca := newCA(t)
	in := attack(t, "starttls/OK sent before command").Input
	t.Run("StartTLS", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, f, err := startTLS(t, ca, nil, func(f *fake) bool {
				f.say(string(in) + "A2 OK begin\r\n1 OK begin\r\n")
				f.command() // STARTTLS, which gets no answer
				return false
			})
			if err == nil {
				_, on := c.TLS()
				t.Fatalf("connected, TLS %v", on)
			}
			if s := f.commands(); len(s) != 1 || strings.HasPrefix(s[0], "A1 ") {
				t.Errorf("said %q", s)
			}
		})
	})
	t.Run("tags differ", func(t *testing.T) {
		seen := map[string]bool{}
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				_, f, err := startTLS(t, ca, nil, func(f *fake) bool {
					f.say(greetStartTLS)
					tag, _, _ := f.command()
					f.say(tag + " OK begin\r\n")
					return true
				})
				if err != nil {
					t.Fatal(err)
				}
				seen[strings.Fields(f.commands()[0])[0]] = true
			})
		}
		if len(seen) != 20 {
			t.Errorf("%d tags in 20 connections", len(seen))
		}
	})
	t.Run("no command yet", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _, f := connect(t, nil, nil)
			f.say("A4 OK done\r\n") // LOGIN and SELECT were 1 and 2
			<-c.Done()
			if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
				t.Error(err)
			}
		})
	})
}

func TestA03_StartTLSRefused(t *testing.T) {
	ca := newCA(t)
	replies := map[string]string{
		"garbage": "A1 hello\r\n", "lower case and more": "A1 okay\r\n", "untagged": "* OK begin TLS\r\n", "continuation": "+ begin TLS\r\n",
		"other tag": "B1 OK begin TLS\r\n", "BYE": "* BYE no\r\n", "tagged BYE": "A1 BYE no\r\n", "PREAUTH": "* PREAUTH in\r\n",
		"no text": "A1\r\n", "silence": "", "empty line": "\r\n", "TLS at once": "\x16\x03\x03\x00\x05hello", "no status": "A1  \r\n",
	}
	for _, name := range []string{"starttls/NO", "starttls/BAD", "starttls/unknown tagged status"} {
		_, reply, _ := strings.Cut(string(attack(t, name).Input), "\r\n")
		replies[name] = reply
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, f, err := startTLS(t, ca, nil, func(f *fake) bool {
					f.say(greetStartTLS)
					tag, _, _ := f.command()
					f.say(retag([]byte(reply), tag))
					return false
				})
				if err == nil {
					t.Error("connected")
				}
				for _, s := range f.commands() {
					if !strings.HasSuffix(s, " STARTTLS") {
						t.Errorf("sent %q in clear", s)
					}
				}
			})
		})
	}
}

func TestA04_Preauth(t *testing.T) {
	ca := newCA(t)
	for _, greeting := range []string{string(attack(t, "starttls/PREAUTH greeting").Input), "* PREAUTH hi\r\n", "* preauth [ALERT] x\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			_, f, err := startTLS(t, ca, nil, func(f *fake) bool { f.say(greeting); return false })
			if err == nil || !errors.Is(err, imap.ErrClosed) {
				t.Errorf("%q: %v", greeting, err)
			}
			if s := f.commands(); len(s) != 0 {
				t.Errorf("%q: sent %q", greeting, s)
			}
		})
	}
	t.Run("later", func(t *testing.T) { // PREAUTH is a greeting and nothing else
		synctest.Test(t, func(t *testing.T) {
			c, _, err := startTLS(t, ca, nil, func(f *fake) bool {
				f.say(greetStartTLS)
				tag, _, _ := f.command()
				f.say("* PREAUTH in\r\n" + tag + " OK begin\r\n")
				return true
			})
			if err != nil || c.Authenticated() {
				t.Errorf("authenticated, %v", err)
			}
		})
	})
	t.Run("inside TLS", func(t *testing.T) { // no password is sent for it
		synctest.Test(t, func(t *testing.T) {
			c, f, err := implicitTLS(t, ca.ServerConfig(), ca.ClientConfig("localhost"), "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Login(t.Context(), "alice", "pass"); err == nil || !c.Authenticated() {
				t.Error(err)
			}
			if s := f.commands(); len(s) != 0 {
				t.Errorf("sent %q", s)
			}
		})
	})
}

// implicitTLS connects to a fake behind TLS.
func implicitTLS(t testing.TB, server, client *tls.Config, greeting string) (*imap.Client, *fake, error) {
	t.Helper()
	cc, sc := imaptest.Pipe()
	f := newFake(sc)
	go func() {
		s := tls.Server(sc, server)
		if s.Handshake() != nil {
			sc.Close()
			return
		}
		f.conn = s
		f.r.Reset(s)
		f.say(greeting)
		f.serve(nil)
	}()
	c, err := imap.NewClient(t.Context(), cc, &imap.Options{TLSConfig: client})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, f, err
}

func TestA05_CapabilityStripped(t *testing.T) {
	ca := newCA(t)
	t.Run("stripped", func(t *testing.T) {
		for _, greeting := range []string{string(attack(t, "starttls/capability stripped").Input), "* OK hi\r\n"} {
			synctest.Test(t, func(t *testing.T) {
				_, f, err := startTLS(t, ca, nil, func(f *fake) bool {
					f.say(greeting)
					if !strings.Contains(greeting, "[") {
						tag, _, _ := f.command()
						f.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + " OK done\r\n")
					}
					return false
				})
				if !errors.Is(err, imap.ErrUnsupported) {
					t.Error(err)
				}
				if s := f.secrets(); s != nil {
					t.Errorf("sent %q", s)
				}
			})
		}
	})
	t.Run("case", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _, err := startTLS(t, ca, nil, func(f *fake) bool {
				f.say("* OK [CAPABILITY imap4rev1 sTaRtTlS] hi\r\n")
				tag, _, _ := f.command()
				f.say(tag + " OK begin\r\n")
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, on := c.TLS(); !on {
				t.Error("no TLS")
			}
		})
	})
	t.Run("LOGINDISABLED", func(t *testing.T) {
		for _, greeting := range []string{string(attack(t, "logindisabled").Input), "* OK [CAPABILITY IMAP4rev1 LoginDisabled] hi\r\n"} {
			synctest.Test(t, func(t *testing.T) {
				client, server := imaptest.Pipe()
				f := newFake(server)
				go func() { f.say(greeting); f.serve(nil) }()
				c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := c.Login(t.Context(), "alice", "pass"); !errors.Is(err, imap.ErrUnsupported) {
					t.Error(err)
				}
				if s := f.secrets(); s != nil {
					t.Errorf("sent %q", s)
				}
			})
		}
	})
	t.Run("no password in clear", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.Pipe()
			f := newFake(server)
			go func() { f.say("* OK [CAPABILITY IMAP4rev1] hi\r\n"); f.serve(nil) }()
			c, err := imap.NewClient(t.Context(), farConn{client}, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Login(t.Context(), "alice", "pass"); err == nil {
				t.Error("logged in")
			}
			if s := f.secrets(); s != nil {
				t.Errorf("sent %q", s)
			}
		})
	})
}

// farConn is a connection to another machine.
type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }

func TestA06_StateBeforeTLS(t *testing.T) {
	ca := newCA(t)
	for _, extra := range []string{
		"", "* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n", "* OK [CAPABILITY IMAP4rev1 AUTH=EVIL] x\r\n", "* FLAGS (\\Evil)\r\n",
		"* OK [UIDVALIDITY 666] x\r\n", "* 1 FETCH (UID 1 FLAGS ())\r\n", "* ESEARCH (TAG \"A1\") UID ALL 1\r\n",
	} {
		for _, ok := range []string{"OK begin TLS", "OK [CAPABILITY IMAP4rev1 AUTH=EVIL] begin TLS"} {
			synctest.Test(t, func(t *testing.T) {
				_, behind, _ := strings.Cut(string(attack(t, "starttls/untagged data before OK").Input), "\r\n")
				c, f, err := startTLS(t, ca, nil, func(f *fake) bool {
					f.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=EVIL] hi\r\n")
					tag, _, _ := f.command()
					f.say(extra + strings.Replace(retag([]byte(behind), tag), "OK begin TLS", ok, 1))
					return true
				})
				if err != nil {
					t.Fatalf("%q: %v", extra, err)
				}
				if got := strings.Join(c.Capabilities(), " "); got != fakeCaps || c.Has("AUTH=EVIL") {
					t.Errorf("%q: capabilities %q", extra, got)
				}
				if c.Selected() != nil || c.Authenticated() {
					t.Errorf("%q: something is selected, or authenticated", extra)
				}
				if err := c.Login(t.Context(), "alice", "pass"); err != nil {
					t.Fatal(err)
				}
				box, err := c.Select(t.Context(), "INBOX", nil)
				if err != nil {
					t.Fatal(err)
				}
				if s := box.State(); s.Exists != 50 || s.UIDValidity != 7 || len(s.Flags) != 1 || s.Flags[0] != imap.FlagSeen {
					t.Errorf("%q: %+v", extra, s)
				}
				if s := f.commands(); !strings.HasSuffix(s[1], " CAPABILITY") {
					t.Errorf("said %q", s)
				}
			})
		}
	}
}

func TestA07_Certificates(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	old := ca.ServerConfig()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	self := other.ServerConfig()
	for _, test := range []struct {
		name   string
		server *tls.Config
		client *tls.Config
		good   bool
	}{
		{"good", ca.ServerConfig(), ca.ClientConfig("localhost"), true},
		{"wrong host", ca.ServerConfig("other.example"), ca.ClientConfig("localhost"), false},
		{"expired", ca.ExpiredConfig(), ca.ClientConfig("localhost"), false},
		{"wrong CA", other.ServerConfig(), ca.ClientConfig("localhost"), false},
		{"system's roots", self, &tls.Config{ServerName: "localhost"}, false},
		{"TLS 1.1", old, ca.ClientConfig("localhost"), false},
		{"TLS 1.1 allowed", old, &tls.Config{ServerName: "localhost", RootCAs: ca.Pool(), MinVersion: tls.VersionTLS10}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sni := ""
				server := test.server.Clone()
				server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
					sni = h.ServerName
					return nil, nil
				}
				_, f, err := implicitTLS(t, server, test.client, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
				if (err == nil) != test.good {
					t.Errorf("TLS: %v", err)
				}
				if sni != "localhost" && !strings.Contains(test.name, "1.1") {
					t.Errorf("SNI %q", sni)
				}
				cc, sc := imaptest.Pipe()
				g := newFake(sc)
				go func() {
					defer sc.Close()
					g.say(greetStartTLS)
					tag, _, _ := g.command()
					g.say(tag + " OK begin\r\n")
					s := tls.Server(sc, test.server)
					if s.Handshake() == nil {
						g.conn = s
						g.r.Reset(s)
						g.serve(nil)
					}
				}()
				c, err := imap.NewClient(t.Context(), cc, &imap.Options{Security: imap.StartTLS, TLSConfig: test.client})
				if (err == nil) != test.good {
					t.Errorf("STARTTLS: %v", err)
				}
				if err == nil {
					c.Close()
				}
				if s := append(f.secrets(), g.secrets()...); s != nil {
					t.Errorf("sent %q", s)
				}
			})
		})
	}
	t.Run("no name", func(t *testing.T) {
		for _, s := range []imap.Security{imap.TLS, imap.StartTLS} {
			cc, _ := imaptest.Pipe()
			if _, err := imap.NewClient(t.Context(), cc, &imap.Options{Security: s, TLSConfig: &tls.Config{RootCAs: ca.Pool()}}); err == nil {
				t.Error("connected to a server without a name")
			}
		}
	})
	t.Run("no switch to skip it", func(t *testing.T) {
		for f := range reflect.TypeFor[imap.Options]().Fields() {
			if n := strings.ToLower(f.Name); strings.Contains(n, "skip") || strings.Contains(n, "verify") || strings.Contains(n, "insecuretls") {
				t.Errorf("Options.%s", f.Name)
			}
		}
	})
}

// levels keeps what was logged, by level.
type levels struct {
	mu  sync.Mutex
	all map[slog.Level][]string
}

func (*levels) Enabled(context.Context, slog.Level) bool { return true }
func (l *levels) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l *levels) WithGroup(string) slog.Handler          { return l }
func (l *levels) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	if l.all == nil {
		l.all = map[slog.Level][]string{}
	}
	l.all[r.Level] = append(l.all[r.Level], text)
	return nil
}

// texts returns the lines of a level and above.
func (l *levels) texts(min slog.Level) (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for level, lines := range l.all {
		if level >= min {
			all = append(all, lines...)
		}
	}
	return all
}

func TestA08_TextBeforeTLS(t *testing.T) {
	ca := newCA(t)
	synctest.Test(t, func(t *testing.T) {
		log := new(levels)
		c, _, err := startTLS(t, ca, &imap.Options{Logger: slog.New(log)}, func(f *fake) bool {
			f.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] call 555 at once\r\n")
			tag, _, _ := f.command()
			f.say("* OK [ALERT] call 555 at once\x1b[2J\r\n* NO call 555 at once\r\n" + tag + " OK [ALERT] call 555 at once\r\n")
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range log.texts(slog.LevelInfo) {
			if strings.Contains(s, "555") {
				t.Errorf("logged above debug: %q", s)
			}
		}
		seen := false
		for _, s := range log.texts(slog.LevelDebug) {
			seen = seen || strings.Contains(s, "555")
			if strings.ContainsRune(s, '\x1b') {
				t.Errorf("logged raw: %q", s)
			}
		}
		if !seen {
			t.Error("not logged at all")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for n, err := range c.Notices(ctx) {
			if err == nil {
				t.Errorf("notice %+v", n)
			}
		}
	})
}

func TestA09_Truncation(t *testing.T) {
	const body = "Subject: x\r\n\r\nA1 OK this is a body of some length\r\n"
	answer := fmt.Sprintf("* 1 FETCH (UID 9 FLAGS (\\Seen) BODY[] {%d}\r\n%s)\r\nTAG OK done\r\n", len(body), body)
	for _, inline := range []int{0, 8} {
		for cut := range len(answer) {
			synctest.Test(t, func(t *testing.T) {
				c, box, _ := connect(t, &imap.Options{Limits: wire.Limits{Inline: inline}}, func(f *fake, tag, command string) bool {
					if !strings.HasPrefix(command, "UID FETCH") {
						return false
					}
					text := strings.Replace(answer, "TAG", tag, 1)
					f.say(text[:min(cut, len(text)-1)])
					f.conn.Close()
					return true
				})
				var last error
				for m, err := range box.Fetch(t.Context(), imap.UID(9), &imap.FetchOptions{Flags: true, Sections: []imap.Section{{}}}) {
					if last = err; err != nil {
						break
					}
					switch got, err := io.ReadAll(m.Body(imap.Section{})); {
					case err != nil:
						if !errors.Is(err, imap.ErrClosed) && !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && !errors.Is(err, imap.ErrClosed) {
							t.Errorf("cut at %d: body: %v", cut, err)
						}
					case string(got) != body:
						t.Errorf("cut at %d: body %q", cut, got)
					}
				}
				if !errors.Is(last, imap.ErrClosed) {
					t.Errorf("cut at %d of %d: Fetch: %v", cut, len(answer), last)
				}
				if err := c.Err(); !errors.Is(err, imap.ErrClosed) {
					t.Errorf("cut at %d: %v", cut, err)
				}
			})
		}
	}
	t.Run("TLS without close_notify", func(t *testing.T) {
		ca := newCA(t)
		synctest.Test(t, func(t *testing.T) {
			cc, sc := imaptest.Pipe()
			go func() {
				defer sc.Close() // and not the TLS connection
				s := tls.Server(sc, ca.ServerConfig())
				if s.Handshake() != nil {
					return
				}
				f := newFake(s)
				f.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
				_, _, _ = f.command()
				f.say("* LIST () \"/\" a\r\n")
			}()
			c, err := imap.NewClient(t.Context(), cc, &imap.Options{TLSConfig: ca.ClientConfig("localhost")})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var last error
			for _, err := range c.List(t.Context(), "*", nil) {
				last = err
			}
			if !errors.Is(last, imap.ErrClosed) {
				t.Errorf("List: %v", last)
			}
		})
	})
}

func TestA10_OtherProtocols(t *testing.T) {
	says := map[string]string{"protocol/http": "HTTP", "protocol/smtp": "SMTP", "protocol/pop3": "POP3", "protocol/ssh": "SSH", "protocol/tls record": "TLS"}
	for _, a := range attacks(t, "cross-protocol") {
		for _, open := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				client, server := imaptest.Pipe()
				f := newFake(server)
				go func() {
					f.say(string(a.Input))
					if !open {
						server.Close()
					}
					f.serve(nil)
				}()
				_, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
				if !errors.Is(err, imap.ErrNotIMAP) && a.Name != "protocol/tls record" || err == nil {
					t.Errorf("%s: %v", a.Name, err)
				}
				if err != nil && a.Name != "protocol/tls record" && !strings.Contains(err.Error(), says[a.Name]) {
					t.Errorf("%s: %v", a.Name, err)
				}
				if s := f.commands(); len(s) > 0 {
					t.Errorf("%s: sent %q", a.Name, s)
				}
			})
		}
	}
	t.Run("ALPN", func(t *testing.T) {
		ca := newCA(t)
		synctest.Test(t, func(t *testing.T) {
			var offered []string
			server := ca.ServerConfig()
			server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				offered = h.SupportedProtos
				return nil, nil
			}
			if _, _, err := implicitTLS(t, server, ca.ClientConfig("localhost"), "* OK [CAPABILITY IMAP4rev1] hi\r\n"); err != nil {
				t.Fatal(err)
			}
			if len(offered) != 1 || offered[0] != "imap" {
				t.Errorf("offered %q", offered)
			}
			// A server of another protocol says so.
			server = ca.ServerConfig()
			server.NextProtos = []string{"http/1.1"}
			if _, _, err := implicitTLS(t, server, ca.ClientConfig("localhost"), "* OK [CAPABILITY IMAP4rev1] hi\r\n"); err == nil {
				t.Error("connected to a server that speaks http/1.1 alone")
			}
		})
	})
}

func TestA11_TLSConfig(t *testing.T) {
	given := &tls.Config{Renegotiation: tls.RenegotiateFreelyAsClient, MinVersion: tls.VersionTLS10}
	got, err := imap.TLSConfigOf(imap.Options{TLSConfig: given}, "mail.example")
	if err != nil {
		t.Fatal(err)
	}
	if got.Renegotiation != tls.RenegotiateNever || got.MinVersion != tls.VersionTLS12 || got.ServerName != "mail.example" {
		t.Errorf("%+v", got)
	}
	if got.ClientSessionCache != nil || got.InsecureSkipVerify {
		t.Error("sessions are shared between hosts, or nothing is verified")
	}
	if given.ServerName != "" || given.MinVersion != tls.VersionTLS10 || given.Renegotiation != tls.RenegotiateFreelyAsClient {
		t.Error("the caller's configuration was changed")
	}
	if got, _ := imap.TLSConfigOf(imap.Options{}, "b.example"); got.ServerName != "b.example" || got.ClientSessionCache != nil {
		t.Errorf("%+v", got)
	}
}
