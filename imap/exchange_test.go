package imap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// login returns a client of an in-memory server with user alice, and its INBOX.
func login(t *testing.T, s *imaptest.Server, opts *imap.Options) (*imap.Client, *imap.Mailbox) {
	t.Helper()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security = imap.Plaintext
	c, err := imap.NewClient(t.Context(), s.Pipe(), &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(t.Context(), "alice", "pass"); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, box
}

func server(t *testing.T) *imaptest.Server {
	s := imaptest.NewServer(&imaptest.Options{AllowPlainLogin: true})
	s.AddUser("alice", "pass")
	t.Cleanup(func() { s.Close() })
	return s
}

func deliver(t *testing.T, s *imaptest.Server, n int, size int) {
	t.Helper()
	for i := range n {
		body := strings.Repeat("x", size)
		if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF(fmt.Sprintf("Subject: message %d\nFrom: a@b.example\n\n%s\n", i, body)), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFetchLoopRunsCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 1200, 10)
		c, box := login(t, s, nil)
		if err := c.Create(t.Context(), "Done"); err != nil {
			t.Fatal(err)
		}
		n := 0
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Envelope: true, Flags: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("message %d", n); m.Envelope.Subject != want {
				t.Fatalf("subject %q, want %q", m.Envelope.Subject, want)
			}
			n++
			if n%100 == 0 {
				if _, err := box.Move(t.Context(), m.UID, "Done"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n != 1200 {
			t.Fatalf("%d messages", n)
		}
		if got := len(s.Messages("alice", "Done")); got != 12 {
			t.Fatalf("%d moved", got)
		}
	})
}

func TestBodiesStreamAndSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 5, 3<<20)
		c, box := login(t, s, &imap.Options{Budget: 1 << 20, SpoolDir: t.TempDir()})
		n := 0
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Sections: []imap.Section{{}}}) {
			if err != nil {
				t.Fatal(err)
			}
			b := m.Body(imap.Section{})
			if n%2 == 0 {
				if err := c.Noop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n == 3 { // unread: skipped
				n++
				continue
			}
			got, err := io.ReadAll(b)
			if err != nil || int64(len(got)) != b.Size || len(got) < 3<<20 {
				t.Fatalf("message %d: %d bytes of %d, %v", n, len(got), b.Size, err)
			}
			n++
		}
		if n != 5 {
			t.Fatal(n)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestIdleYieldsAndCommandsInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		go func() {
			<-time.After(time.Hour)
			deliver(t, s, 1, 1)
		}()
		n := 0
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := u.(imap.Exists); ok {
				n++
				if err := c.Noop(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n == 2 {
					break
				}
				deliver(t, s, 1, 1)
			}
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, err := range box.Idle(t.Context(), &imap.IdleOptions{Duration: 61 * time.Minute}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d != 61*time.Minute {
			t.Fatal(d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, err := range box.Idle(ctx, nil) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		}
		if err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
