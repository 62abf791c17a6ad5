package imap_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// What somebody does wrong on the first day is answered with what to do.
func TestFirstMistakes(t *testing.T) {
	s := imaptest.NewServer(nil)
	defer s.Close()
	s.AddUser("alice", "secret")
	c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	says := func(err error, words string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want %q", err, words)
		}
	}
	_, err = c.Select(t.Context(), "INBOX", nil)
	says(err, "call LoginWith first")
	var refused *imap.ResponseError
	if !errors.As(err, &refused) {
		t.Errorf("%T", err)
	}
	var bad *wire.ArgumentError
	err = c.LoginWith(t.Context(), sasl.Credentials{})
	says(err, "sasl.Password")
	if !errors.As(err, &bad) {
		t.Errorf("%T", err)
	}
	if err := c.LoginWith(t.Context(), sasl.Password("alice", "secret")); err != nil {
		t.Fatal(err)
	}
	says(c.LoginWith(t.Context(), sasl.Password("alice", "secret")), "Unauthenticate")
	for _, set := range []string{"", "0", "1:x", "yesterday"} {
		_, err = imap.ParseUIDSet(set)
		says(err, "1,5:7,10:*")
		if !errors.As(err, &bad) {
			t.Errorf("%T", err)
		}
	}
}
