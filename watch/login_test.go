package watch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/watch"
)

// A token is asked for before every connection; one that was good once is not
// kept.
func TestLoginWithFreshToken(t *testing.T) {
	s := imaptest.NewServer(&imaptest.Options{Mechanisms: []string{"XOAUTH2"}})
	defer s.Close()
	asked := 0
	dial := watch.LoginWith("mail.example.org", func(context.Context) (sasl.Credentials, error) {
		asked++
		if asked == 3 {
			return sasl.Credentials{}, errors.New("no token today")
		}
		return sasl.Token("alice", fmt.Sprint("token", asked)), nil
	}, &imap.Options{Security: imap.Plaintext, Dial: s.Dial})
	for _, token := range []string{"token1", "token2"} {
		s.AddUser("alice", token)
		c, err := dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Mechanism() != "XOAUTH2" {
			t.Error(c.Mechanism())
		}
		c.Close()
	}
	if _, err := dial(t.Context()); err == nil || err.Error() != "no token today" {
		t.Error(err)
	}
	s.AddUser("alice", "another")
	if _, err := dial(t.Context()); watch.ReasonOf(err) != watch.ReasonLogin {
		t.Error(err)
	}
	if _, err := watch.Login("mail.example.org", "alice", "pass", &imap.Options{
		Security: imap.Plaintext, Dial: s.Dial, Mechanisms: sasl.AtLeast(sasl.ScramSHA256),
	})(t.Context()); !errors.Is(err, imap.ErrMechanismDowngrade) || watch.ReasonOf(err) != watch.ReasonLogin {
		t.Error(err)
	}
}
