package imap_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// The code of a BYE is not lost with the connection.
func TestByeCode(t *testing.T) {
	s := imaptest.NewServer(nil)
	defer s.Close()
	s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
		if c.Name == "NOOP" {
			return &imaptest.Action{Bye: "[UNAVAILABLE] Back in an hour"}
		}
		return nil
	}})
	c, err := imap.Dial(t.Context(), "imap.example.org", &imap.Options{Security: imap.Plaintext, Dial: s.Dial})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.Noop(t.Context())
	if text, ok := imap.ByeText(err); !ok || text != "Back in an hour" {
		t.Errorf("%q, %v", text, ok)
	}
	if !errors.Is(err, imap.CodeUnavailable) || errors.Is(err, imap.CodeLimit) || errors.Is(err, imap.Code("")) {
		t.Error(err)
	}
}

func TestRecognized(t *testing.T) {
	for host, want := range map[string][]string{
		"imap.yandex.ru":        {"Yandex"},
		"imap.example.org":      nil,
		"outlook.office365.com": {"Exchange"},
	} {
		s := imaptest.NewServer(nil)
		c, err := imap.Dial(t.Context(), host, &imap.Options{Security: imap.Plaintext, Dial: s.Dial})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Recognized(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
		c.Close()
		s.Close()
	}
}
