package test

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// mechanisms are those that the test server offers.
var mechanisms = []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "EXTERNAL", "ANONYMOUS",
	sasl.ScramSHA1, sasl.ScramSHA256, sasl.ScramSHA512, sasl.ScramSHA1Plus, sasl.ScramSHA256Plus, sasl.ScramSHA512Plus}

// loginProofs are of the mechanisms, each with a wrong password and the right
// one.
func loginProofs() (all []proof) {
	for mech, of := range map[string]func(user, password string) sasl.Client{
		"PLAIN":       func(user, password string) sasl.Client { return sasl.Plain("", user, password) },
		"LOGIN":       sasl.Login,
		"CRAM-MD5":    sasl.CramMD5,
		"XOAUTH2":     sasl.XOAuth2,
		"OAUTHBEARER": func(user, token string) sasl.Client { return sasl.OAuthBearer(user, token, "", 0) },
	} {
		all = append(all, proof{ext: "AUTH=" + mech, needs: []string{"AUTH=" + mech}, run: proveLogin(of)})
	}
	for _, mech := range []string{sasl.ScramSHA1, sasl.ScramSHA256, sasl.ScramSHA512, sasl.ScramSHA1Plus, sasl.ScramSHA256Plus, sasl.ScramSHA512Plus} {
		all = append(all, proof{ext: "AUTH=" + mech, needs: []string{"AUTH=" + mech}, run: proveLoginWith(mech)})
	}
	all = append(all, proof{ext: "IMAP4rev1", run: proveChooser},
		proof{ext: "STARTTLS", run: proveStartTLS},
		proof{ext: "AUTH=EXTERNAL", needs: []string{"AUTH=EXTERNAL"}, run: proveExternal},
		proof{ext: "AUTH=ANONYMOUS", needs: []string{"AUTH=ANONYMOUS"}, run: proveAnonymous})
	return append(all, proof{ext: "SASL-IR", needs: []string{"SASL-IR|IMAP4rev2", "AUTH=PLAIN"},
		run: proveLogin(func(user, password string) sasl.Client { return sasl.Plain("", user, password) })})
}

func proveLogin(of func(user, password string) sasl.Client) func(*testing.T, *env) {
	return func(t *testing.T, e *env) {
		if e.s.lasting {
			e.unproved = true // nobody likes wrong passwords
			return
		}
		c, err := e.s.connect(e.ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var refused *imap.ResponseError
		if err := c.Authenticate(e.ctx, of(e.s.user, "wrong")); !errors.As(err, &refused) || c.Authenticated() {
			t.Errorf("wrong password: %v", err)
		}
		if err := c.Authenticate(e.ctx, of(e.s.user, e.s.password)); err != nil || !c.Authenticated() {
			t.Error(err)
		}
	}
}

func proveLoginWith(mech string) func(*testing.T, *env) {
	return func(t *testing.T, e *env) {
		if e.s.lasting {
			e.unproved = true
			return
		}
		s := *e.s
		if s.name == "Cyrus" {
			s.opts.TLSConfig = s.opts.TLSConfig.Clone()
			s.opts.TLSConfig.MaxVersion = tls.VersionTLS12 // see imap.QuirkNoPlusTLS13
		}
		for _, password := range []string{"wrong", s.password} {
			c, err := s.connect(e.ctx, mech)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.LoginWith(e.ctx, sasl.Password(s.user, password))
			if (err == nil) != (password != "wrong") || err == nil && c.Mechanism() != mech {
				t.Errorf("%q: %v, by %s", password, err, c.Mechanism())
			}
		}
	}
}

// proveChooser logs in as LoginWith chooses, over whatever TLS there is.
func proveChooser(t *testing.T, e *env) {
	c, err := e.s.connect(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.LoginWith(e.ctx, sasl.Password(e.s.user, e.s.password)); err != nil {
		t.Fatal(err)
	}
	t.Log(c.Mechanism())
}

// proveStartTLS goes in by the other door.
func proveStartTLS(t *testing.T, e *env) {
	if e.s.plain == "" {
		e.unproved = true
		return
	}
	opts := e.s.opts
	opts.Security = imap.StartTLS
	c, err := imap.Dial(e.ctx, e.s.plain, &opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.TLS(); !ok || c.Has("STARTTLS") {
		t.Error("no TLS, or what was said before it is believed")
	}
	if err := c.Login(e.ctx, e.s.user, e.s.password); err != nil {
		t.Error(err)
	}
}

// proveExternal logs in by the certificate that the suite shows, and as nobody
// else.
func proveExternal(t *testing.T, e *env) {
	c, err := e.s.connect(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refused *imap.ResponseError
	if err := c.Authenticate(e.ctx, sasl.External(e.s.other)); !errors.As(err, &refused) {
		t.Errorf("as %s: %v", e.s.other, err)
	}
	if err := c.Authenticate(e.ctx, sasl.External("")); err != nil || !c.Authenticated() {
		t.Error(err)
	}
}

func proveAnonymous(t *testing.T, e *env) {
	c, err := e.s.connect(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Authenticate(e.ctx, sasl.Anonymous("suite@example.org")); err != nil || !c.Authenticated() {
		t.Fatal(err)
	}
	if _, err := c.Select(e.ctx, "INBOX", nil); err != nil {
		t.Error(err)
	}
}
