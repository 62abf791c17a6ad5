package imap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// TestPersonalities: the client takes the test servers for what they play, by
// what they say and, where they say nothing, by their names; and it can work with
// each.
func TestPersonalities(t *testing.T) {
	want := map[string]struct {
		server string // "": the client knows none
		byHost bool
		quirks string
	}{
		"Gmail":    {"Gmail", false, "trailing-delimiter"},
		"Yahoo":    {"Yahoo", false, "bisect-fetch no-charset expunge-numbers"},
		"Exchange": {"Exchange", false, "fake-login"},
		"iCloud":   {"iCloud", false, "silent-enable early-capability search-numbers"},
		"NetEase":  {"Coremail", false, "id-before-select"},
		"QQ":       {"QQ", false, ""},
		"Yandex":   {"", false, ""},
		"Naver":    {"", false, ""},
		"Rambler":  {"rambler", true, ""},
		"Dovecot":  {"Dovecot", false, "notify-utf8"},
		"Courier":  {"Courier", false, ""},
		"Cyrus":    {"Cyrus", false, "delete-selected no-plus-tls13"},
	}
	for _, p := range imaptest.Personalities() {
		t.Run(p.Name, func(t *testing.T) {
			row, known := want[p.Name]
			if !known {
				t.Fatal("no row for it")
			}
			synctest.Test(t, func(t *testing.T) {
				srv := imaptest.NewServer(p.Options())
				defer srv.Close()
				srv.AddUser("alice", "secret")
				srv.Deliver("alice", "INBOX", imaptest.CRLF("Subject: Hi\n\nHello\n"), nil)
				host := "test"
				if row.byHost {
					host = p.Host
				}
				c := dialPersonality(t, srv, host)
				defer c.Close()
				if err := c.Login(t.Context(), "alice", "secret"); err != nil {
					t.Fatal(err)
				}
				if c.Has("ID") {
					if _, err := c.ID(t.Context(), nil); err != nil {
						t.Error(err)
					}
				}
				var quirks []string
				for _, q := range c.Quirks() {
					if quirks = append(quirks, string(q.Quirk)); q.Server != row.server {
						t.Errorf("taken for %s (%s), want %s", q.Server, q.Why, row.server)
					}
				}
				if got := strings.Join(quirks, " "); got != row.quirks {
					t.Errorf("quirks %q, want %q", got, row.quirks)
				}
				readOne(t, c)
			})
		})
	}
}

func dialPersonality(t *testing.T, srv *imaptest.Server, host string) *imap.Client {
	t.Helper()
	c, err := imap.Dial(t.Context(), host+":143", &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Dial: srv.Dial})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// readOne reads the one message of INBOX.
func readOne(t *testing.T, c *imap.Client) {
	t.Helper()
	inbox, err := c.Examine(t.Context(), "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for m, err := range inbox.Fetch(t.Context(), imap.UIDSetOf(1), &imap.FetchOptions{Envelope: true}) {
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, m.Envelope.Subject)
	}
	if !slices.Equal(subjects, []string{"Hi"}) {
		t.Errorf("subjects %q", subjects)
	}
}

// TestPersonalityRefusals: the client knows what the providers' refusals are about.
func TestPersonalityRefusals(t *testing.T) {
	for _, row := range []struct {
		opts   *imaptest.Options
		logins int // those before the one that is refused
		keep   bool
		want   error
	}{
		{imaptest.Gmail(), 15, true, imap.ErrTooManyConnections},
		{imaptest.Dovecot(), 10, true, imap.ErrTooManyConnections},
		{imaptest.Exchange(), 20, true, imap.ErrNotConnected},
		{imaptest.Yahoo(), 10, false, imap.ErrThrottled},
	} {
		t.Run(row.want.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := imaptest.NewServer(row.opts)
				defer srv.Close()
				srv.AddUser("alice", "secret")
				for range row.logins {
					c := dialPersonality(t, srv, "test")
					defer c.Close()
					if err := c.Login(t.Context(), "alice", "secret"); err != nil {
						t.Fatal(err)
					}
					if !row.keep {
						c.Logout(t.Context())
					}
				}
				c := dialPersonality(t, srv, "test")
				defer c.Close()
				if err := c.Login(t.Context(), "alice", "secret"); !errors.Is(err, row.want) {
					t.Errorf("%v, want %v", err, row.want)
				}
				<-time.After(time.Hour)
			})
		})
	}
}
