package imap_test

import (
	"context"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// A server that repeats what it did not understand does not bring the password
// into an error.
func TestLoginErrorWithoutSecret(t *testing.T) {
	const password = `se"cr\et`
	for name, login := range map[string]func(context.Context, *imap.Client) error{
		"LOGIN": func(ctx context.Context, c *imap.Client) error { return c.Login(ctx, "alice", password) },
		"AUTHENTICATE": func(ctx context.Context, c *imap.Client) error {
			return c.Authenticate(ctx, sasl.Plain("", "alice", password))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := imaptest.NewServer(nil)
			defer srv.Close()
			said := ""
			srv.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name != name {
					return nil
				}
				said = c.Args
				return &imaptest.Action{Reply: "BAD not understood: " + c.Args}
			}})
			ctx := context.Background()
			c, err := imap.Dial(ctx, "test:143", &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Dial: srv.Dial})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = login(ctx, c)
			if err == nil || !strings.Contains(err.Error(), "not understood") || !strings.Contains(err.Error(), "***") {
				t.Fatalf("%v, said %q", err, said)
			}
			_, secret, _ := strings.Cut(said, " ")
			for _, s := range []string{password, strings.Trim(secret, `"`)} {
				if strings.Contains(err.Error(), s) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
