package test

import (
	"errors"
	"slices"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/test/live"
)

// Every mechanism that Dovecot has for passwords, chosen and by name; the right
// password and a wrong one.
func TestLiveScram(t *testing.T) {
	d := live.StartDovecot(t, nil)
	ctx := within(t)
	dial := func(o imap.Options) *imap.Client {
		t.Helper()
		o.TLSConfig = d.TLSConfig()
		c, err := imap.Dial(ctx, d.TLSAddr(), &o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	for _, mech := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"} {
		c := dial(imap.Options{Mechanisms: []string{mech}})
		if !c.Has("AUTH=" + mech) {
			t.Errorf("%q: no %s", c.Capabilities(), mech)
			continue
		}
		if mech == sasl.ScramSHA256 { // one alone: Dovecot is slower after each
			var failed *imap.LoginError
			err := c.LoginWith(ctx, sasl.Password("alice", "wrong"))
			if !errors.As(err, &failed) || !errors.Is(err, imap.CodeAuthenticationFailed) || failed.Mechanism != mech {
				t.Errorf("%s with a wrong password: %v", mech, err)
			}
		}
		if err := c.LoginWith(ctx, sasl.Password("alice", live.Password)); err != nil || c.Mechanism() != mech || !c.Has("IDLE") {
			t.Errorf("%s: %v", mech, err)
		}
	}
	// The strongest, with y: we could bind, and the server offers no -PLUS.
	c := dial(imap.Options{})
	if err := c.LoginWith(ctx, sasl.Password("alice", live.Password)); err != nil || c.Mechanism() != "SCRAM-SHA-256" {
		t.Errorf("%v, %q", err, c.Mechanism())
	}
	if len(c.ChannelBindings()) == 0 || slices.Contains(c.Capabilities(), "AUTH=SCRAM-SHA-256-PLUS") {
		t.Errorf("%q", c.ChannelBindings())
	}
	// A pin that the server cannot meet.
	c = dial(imap.Options{Mechanisms: sasl.AtLeast(sasl.ScramSHA512)})
	if err := c.LoginWith(ctx, sasl.Password("alice", live.Password)); !errors.Is(err, imap.ErrMechanismDowngrade) {
		t.Error(err)
	}
}
