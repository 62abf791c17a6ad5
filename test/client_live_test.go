package test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/test/live"
)

// within bounds a test that talks to a real server.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestLiveLogin(t *testing.T) {
	d := live.StartDovecot(t, nil)
	ctx := within(t)
	for _, tc := range []struct {
		name string
		addr string
		opts imap.Options
	}{
		{"TLS", d.TLSAddr(), imap.Options{TLSConfig: d.TLSConfig()}},
		{"STARTTLS", d.Addr(), imap.Options{Security: imap.StartTLS, TLSConfig: d.TLSConfig()}},
		{"plaintext", d.Addr(), imap.Options{Security: imap.Plaintext}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := imap.Dial(ctx, tc.addr, &tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var refused *imap.ResponseError
			if err := c.Login(ctx, "alice", "wrong"); !errors.As(err, &refused) || !errors.Is(err, imap.CodeAuthenticationFailed) {
				t.Errorf("wrong password: %v", err)
			}
			if tc.name == "TLS" {
				err = c.Authenticate(ctx, sasl.Plain("", "alice", "pass"))
			} else {
				err = c.Login(ctx, "alice", "pass")
			}
			if err != nil {
				t.Fatal(err)
			}
			if !c.Has("IDLE") {
				t.Error("no IDLE after login: capabilities were not asked for again")
			}
			if _, err := c.Select(ctx, "Nowhere", nil); !errors.Is(err, imap.CodeNonExistent) {
				t.Errorf("unknown mailbox: %v", err)
			}
			if err := c.Logout(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("wrong CA", func(t *testing.T) {
		_, err := imap.Dial(ctx, d.TLSAddr(), nil)
		var verify *tls.CertificateVerificationError
		if !errors.As(err, &verify) {
			t.Errorf("%v", err)
		}
	})
	t.Run("TLS on the clear port", func(t *testing.T) {
		_, err := imap.Dial(ctx, d.Addr(), &imap.Options{TLSConfig: d.TLSConfig()})
		if err == nil || !strings.Contains(err.Error(), "STARTTLS") {
			t.Errorf("%v", err)
		}
	})
}

func dialDovecot(t *testing.T, d *live.Dovecot, user string) *imap.Client {
	t.Helper()
	c, err := imap.Dial(within(t), d.TLSAddr(), &imap.Options{TLSConfig: d.TLSConfig()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(within(t), user, "pass"); err != nil {
		t.Fatal(err)
	}
	return c
}

func message(n, size int) string {
	return fmt.Sprintf("From: A <a@b.example>\r\nSubject: m%d\r\nMessage-ID: <%d@b.example>\r\n\r\n%s\r\n", n, n, strings.Repeat("0123456789\r\n", size/12))
}

func TestLiveMessages(t *testing.T) {
	d := live.StartDovecot(t, nil)
	c, ctx := dialDovecot(t, d, "bob"), within(t)
	if err := c.Create(ctx, "Größe & mehr"); err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		size := 100
		if n%10 == 5 {
			size = 2 << 20
		}
		m := message(n, size)
		if _, err := c.Append(ctx, "INBOX", strings.NewReader(m), int64(len(m)), &imap.AppendOptions{Flags: []imap.Flag{"$Odd", imap.FlagFlagged}}); err != nil {
			t.Fatal(n, err)
		}
	}
	box, err := c.Select(ctx, "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := box.State(); s.Exists != 30 || s.UIDNext != 31 {
		t.Fatalf("%+v", s)
	}
	found, err := box.Search(ctx, search.And(search.Flagged, search.Larger(1<<20)))
	if err != nil || found.Len() != 3 {
		t.Fatal(found, err)
	}
	n := 0
	for m, err := range box.Fetch(ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Envelope: true, BodyStructure: true, Flags: true, Size: true, Sections: []imap.Section{{}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if n%7 == 0 {
			if _, err := box.Move(ctx, m.UID, "Größe & mehr"); err != nil {
				t.Fatal(err)
			}
		}
		b, err := io.ReadAll(m.Body(imap.Section{}))
		if err != nil || int64(len(b)) != m.Size || string(b[:len(message(n, 0))-2]) != message(n, 0)[:len(message(n, 0))-2] {
			t.Fatalf("message %d: %d bytes of %d, %v", n, len(b), m.Size, err)
		}
		n++
	}
	if st, err := c.Status(ctx, "Größe & mehr"); err != nil || *st.Messages != 5 || n != 30 {
		t.Fatal(st, err, n)
	}
	names := 0
	for e, err := range c.List(ctx, "*", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Mailbox == "Größe & mehr" {
			names++
		}
	}
	if names != 1 {
		t.Error("the mailbox is not listed")
	}
	if err := box.AddFlags(ctx, imap.UIDRange(1, imap.MaxUID), imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := box.ExpungeUIDs(ctx, imap.UIDRange(1, 10)); err != nil {
		t.Fatal(err)
	}
	if err := box.Unselect(ctx); err != nil {
		t.Fatal(err)
	}
	if st, err := c.Status(ctx, "INBOX"); err != nil || *st.Messages != 17 {
		t.Fatal(*st.Messages, err)
	}
}

func TestLiveIdle(t *testing.T) {
	d := live.StartDovecot(t, nil)
	c, ctx := dialDovecot(t, d, "carol"), within(t)
	box, err := c.Select(ctx, "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	go d.Append("carol", "INBOX", message(1, 10))
	for u, err := range box.Idle(ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := u.(imap.Exists); ok && e.Count == 1 {
			break
		}
	}
	for m, err := range box.Fetch(ctx, imap.UID(1), &imap.FetchOptions{Envelope: true}) {
		if err != nil || m.Envelope.Subject != "m1" {
			t.Fatal(m, err)
		}
	}
}
