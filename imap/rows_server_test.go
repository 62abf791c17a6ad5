package imap_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Capabilities are taken from the greeting, from the reply to login, and asked
// for where the server does not tell.
func TestR038_Capabilities(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ca := newCA(t)
			s := imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig(), QuietCapabilities: quiet})
			defer s.Close()
			s.AddUser("alice", "pass")
			c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.StartTLS, TLSConfig: ca.ClientConfig("localhost")})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if !c.Has("AUTH=PLAIN") || c.Has("STARTTLS") || c.Has("MOVE") {
				t.Error("behind STARTTLS:", c.Capabilities())
			}
			if err := c.Login(t.Context(), "alice", "pass"); err != nil {
				t.Fatal(err)
			}
			if !c.Has("MOVE") || c.Has("AUTH=PLAIN") {
				t.Error("behind login:", c.Capabilities())
			}
		})
	}
}

func TestR039_CapabilityInAnyCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "Idle X-Gm-Ext-1", "", nil)
		if !c.Has("idle") || !c.Has("IDLE") || !c.Has("x-gm-EXT-1") || c.Has("X-GM") {
			t.Error(c.Capabilities())
		}
	})
}

// What a call needs and the server lacks is named, and nothing is sent.
func TestR040_CapabilityNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", "", nil)
		for want, call := range map[string]func() error{
			"ENABLE":           func() error { _, err := c.Enable(t.Context(), "QRESYNC"); return err },
			"ID":               func() error { _, err := c.ID(t.Context(), nil); return err },
			"NAMESPACE":        func() error { _, err := c.Namespace(t.Context()); return err },
			"COMPRESS=DEFLATE": func() error { return c.Compress(t.Context()) },
			"LANGUAGE":         func() error { _, err := c.Languages(t.Context()); return err },
			"UNAUTHENTICATE":   func() error { return c.Unauthenticate(t.Context()) },
			"JMAPACCESS":       func() error { _, err := c.JMAPAccess(t.Context()); return err },
		} {
			lacks, ok := errors.AsType[*imap.UnsupportedError](call())
			if !ok || lacks.Capability != want || !errors.Is(lacks, imap.ErrUnsupported) {
				t.Errorf("%s: %v", want, lacks)
			}
		}
	})
}

func TestR041_Enable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ENABLE CONDSTORE", `
			C: $1 ENABLE CONDSTORE X-GOOD-IDEA
			S: * ENABLED X-GOOD-IDEA
			S: $1 OK done`, nil)
		got, err := c.Enable(t.Context(), "CONDSTORE", "X-GOOD-IDEA")
		if err != nil || !slices.Equal(got, []string{"X-GOOD-IDEA"}) || !c.Enabled("x-good-idea") || c.Enabled("CONDSTORE") {
			t.Error(got, err)
		}
	})
}

// With UTF8=ACCEPT names and searches are UTF-8 both ways, and so may headers
// be.
func TestR042_UTF8Accept(t *testing.T) {
	for _, enable := range []string{"UTF8=ACCEPT", "IMAP4rev2"} {
		synctest.Test(t, func(t *testing.T) {
			s := imaptest.NewServer(nil)
			defer s.Close()
			s.AddUser("alice", "pass")
			c, _ := login(t, s, nil)
			if got, err := c.Enable(t.Context(), enable); err != nil || !slices.Equal(got, []string{enable}) {
				t.Fatal(got, err)
			}
			if err := c.Create(t.Context(), "Entwürfe & mehr/日本"); err != nil {
				t.Fatal(err)
			}
			var names []string
			for e, err := range c.List(t.Context(), "Entwürfe*", nil) {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, e.Mailbox)
			}
			if !slices.Equal(names, []string{"Entwürfe & mehr", "Entwürfe & mehr/日本"}) {
				t.Errorf("%q", names)
			}
			box, err := c.Select(t.Context(), "Entwürfe & mehr/日本", nil)
			if err != nil {
				t.Fatal(err)
			}
			message := "From: \"Jürgen\" <jürgen@example.org>\r\nSubject: Grüße\r\n\r\nHallo\r\n"
			if _, err := c.Append(t.Context(), "Entwürfe & mehr/日本", strings.NewReader(message), int64(len(message)), nil); err != nil {
				t.Fatal(err)
			}
			found, err := box.Search(t.Context(), search.Subject("grüße"))
			if err != nil || found.Len() != 1 {
				t.Fatal(found, err)
			}
			for m, err := range box.Fetch(t.Context(), found, &imap.FetchOptions{Envelope: true}) {
				if err != nil || m.Envelope.Subject != "Grüße" || m.Envelope.From[0].Name != "Jürgen" {
					t.Error(m, err)
				}
			}
			// The same mailbox under its old name, seen by another client.
			old, _ := login(t, s, nil)
			if st, err := old.Status(t.Context(), "Entwürfe & mehr/日本", imap.StatusMessages); err != nil || *st.Messages != 1 {
				t.Error(st, err)
			}
		})
	}
}

// ID works before login and after.
func TestR043_ID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "pass")
		c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 2 {
			got, err := c.ID(t.Context(), imap.ID{{Name: "name", Value: "test"}, {Name: "os", Nil: true}})
			if err != nil || got.Get("name") != "imaptest" || c.ServerID().Get("name") != "imaptest" {
				t.Fatal(got, err)
			}
			if !c.Authenticated() {
				if err := c.Login(t.Context(), "alice", "pass"); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestR044_Namespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "pass")
		c, _ := login(t, s, nil)
		got, err := c.Namespace(t.Context())
		if err != nil || len(got.Personal) != 1 || got.Personal[0].Prefix != "" || got.Personal[0].Delimiter != "/" || got.Shared != nil {
			t.Error(got, err)
		}
	})
}

// Any command can be sent, what it brings comes back as it is: RFC 1730's
// PARTIAL and an experiment.
func TestR045_AnyCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 PARTIAL 1 RFC822.HEADER 1 10
			S: * X-NEWS for nobody
			S: $1 BAD what
			C: $2 X-MY-COMMAND ("a b" 3) {4}
			S: + go
			C!: \xc3\xa4\xc3\xb6
			C: 
			S: * X-ANSWER one
			S: * X-ANSWER {3}
			S!: two\r\n
			S: $2 OK [X-CODE data] done`, nil)
		r, err := c.Do(t.Context(), wire.NewCommand("PARTIAL").Number(1).Atom("RFC822.HEADER").Number(1).Number(10))
		if refused, ok := errors.AsType[*imap.ResponseError](err); !ok || refused.Status != imap.StatusBad || len(r.Lines) != 1 {
			t.Error(r, err)
		}
		cmd := wire.NewCommand("X-MY-COMMAND")
		cmd.List(func() { cmd.String("a b").Number(3) }).String("äö")
		r, err = c.Do(t.Context(), cmd)
		if err != nil || len(r.Lines) != 2 || r.Code.Code != "X-CODE" || r.Code.Data != "data" || !bytes.HasSuffix(r.Lines[1].Raw, []byte("two")) {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// The protocol can be watched as it goes, and its last lines be looked at
// afterwards; no password is in either.
func TestR116_Trace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "pass")
		var trace bytes.Buffer
		c, _ := login(t, s, &imap.Options{Trace: &trace, RecentLines: 100})
		s.Disconnect("alice", "go away")
		<-c.Done()
		c.Close()
		recent := strings.Join(c.RecentLines(), "\n") + "\n"
		for _, said := range []string{trace.String(), recent} {
			if strings.Contains(said, `"pass"`) || !strings.Contains(said, "C: A1 LOGIN ***\n") || !strings.HasSuffix(said, "S: * BYE go away\n") {
				t.Error(said)
			}
		}
	})
}
