package imap_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

var allMechanisms = []string{
	"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS", "XOAUTH2", "OAUTHBEARER", "EXTERNAL", "ANONYMOUS",
}

// bastion is imaptest's server with some mechanisms, behind TLS or not.
type bastion struct {
	*imaptest.Server
	ca *imaptest.CA
}

func newBastion(t *testing.T, mechanisms []string, version uint16) *bastion {
	t.Helper()
	ca := newCA(t)
	config := ca.ServerConfig()
	config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, ca.Pool()
	if version != 0 {
		config.MaxVersion = version
	}
	s := imaptest.NewServer(&imaptest.Options{TLSConfig: config, Mechanisms: mechanisms, AllowPlainLogin: true})
	t.Cleanup(func() { s.Close() })
	s.AddUser("alice", "p,a=ss")
	s.AddUser("a=b,c", "p,a=ss")
	s.AddUser("anonymous", "")
	return &bastion{s, ca}
}

func (s *bastion) client(t *testing.T, o *imap.Options, secure bool) *imap.Client {
	t.Helper()
	var opts imap.Options
	if o != nil {
		opts = *o
	}
	conn := s.Pipe()
	opts.Security = imap.Plaintext
	if secure {
		conn = s.PipeTLS()
		opts.Security = imap.TLS
		config := s.ca.ClientConfig("localhost")
		config.Certificates = []tls.Certificate{s.ca.ClientCertificate("alice")}
		opts.TLSConfig = config
	}
	c, err := imap.NewClient(t.Context(), conn, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Every mechanism, with and without TLS, against a server that is not ours in
// any line.
func TestLoginWithEveryMechanism(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13, 0} {
		s := newBastion(t, allMechanisms, version)
		for _, mech := range allMechanisms {
			if version == 0 && (strings.HasSuffix(mech, "-PLUS") || mech == "EXTERNAL") {
				continue
			}
			cred := sasl.Password("alice", "p,a=ss")
			switch mech {
			case "XOAUTH2", "OAUTHBEARER":
				s.AddUser("alice", "tok")
				cred = sasl.Token("alice", "tok")
			case "EXTERNAL":
				cred = sasl.Certificate()
			case "ANONYMOUS":
				cred = sasl.Guest("me")
			default:
				s.AddUser("alice", "p,a=ss")
			}
			c := s.client(t, &imap.Options{Mechanisms: []string{mech}}, version != 0)
			if err := c.LoginWith(t.Context(), cred); err != nil || !c.Authenticated() || c.Mechanism() != mech {
				t.Errorf("%s, TLS %x: %v, %q", mech, version, err, c.Mechanism())
			}
			if mech == "EXTERNAL" || mech == "ANONYMOUS" {
				continue
			}
			wrong := sasl.Password("alice", "wrong")
			if strings.Contains(mech, "AUTH") {
				wrong = sasl.Token("alice", "wrong")
			}
			c = s.client(t, &imap.Options{Mechanisms: []string{mech}}, version != 0)
			var failed *imap.LoginError
			if err := c.LoginWith(t.Context(), wrong); !errors.As(err, &failed) || !errors.Is(err, imap.CodeAuthenticationFailed) || c.Authenticated() || c.Err() != nil {
				t.Errorf("%s, TLS %x: %v, %v", mech, version, err, c.Err())
			}
			if failed != nil && failed.Mechanism != mech {
				t.Errorf("%s: %+v", mech, failed)
			}
		}
	}
}

// With everything offered, the strongest is taken; names may hold anything.
func TestLoginWithStrongest(t *testing.T) {
	s := newBastion(t, allMechanisms, 0)
	for secure, want := range map[bool]string{true: "SCRAM-SHA-512-PLUS", false: "SCRAM-SHA-512"} {
		for _, cred := range []sasl.Credentials{
			sasl.Password("alice", "p,a=ss"), sasl.Password("a=b,c", "p,a=ss"), sasl.Password("a=b,c", "p,a=ss").As("a=b,c"),
		} {
			c := s.client(t, nil, secure)
			if err := c.LoginWith(t.Context(), cred); err != nil || c.Mechanism() != want {
				t.Errorf("%v, %q", err, c.Mechanism())
			}
		}
	}
}

// Somebody takes the -PLUS mechanisms from the list. The server hears that we
// could have done them, and refuses.
func TestA22_PlusTakenFromTheList(t *testing.T) {
	s := newBastion(t, allMechanisms, 0)
	c := s.client(t, nil, true)
	err := c.Authenticate(t.Context(), sasl.Scram(sasl.ScramSHA256, "alice", "p,a=ss", &sasl.ScramOptions{NotOffered: true}))
	var why *sasl.Refusal
	if !errors.As(err, &why) || why.Status != "server-does-support-channel-binding" || c.Authenticated() {
		t.Errorf("%v", err)
	}
	// A server that truly has none is fine with that, and it is what is sent.
	s = newBastion(t, []string{"SCRAM-SHA-256"}, 0)
	c = s.client(t, nil, true)
	if err := c.LoginWith(t.Context(), sasl.Password("alice", "p,a=ss")); err != nil || c.Mechanism() != "SCRAM-SHA-256" {
		t.Error(err)
	}
	// A login that is bound to another connection is worth nothing.
	s = newBastion(t, allMechanisms, 0)
	c = s.client(t, nil, true)
	other := s.client(t, nil, true).ChannelBindings()[0]
	err = c.Authenticate(t.Context(), sasl.Scram(sasl.ScramSHA256Plus, "alice", "p,a=ss", &sasl.ScramOptions{Binding: &other}))
	if !errors.As(err, &why) || why.Status != "channel-bindings-dont-match" {
		t.Error(err)
	}
}

func TestChannelBindings(t *testing.T) {
	for version, want := range map[uint16][]string{
		tls.VersionTLS13: {"tls-exporter", "tls-server-end-point"},
		tls.VersionTLS12: {"tls-unique", "tls-exporter", "tls-server-end-point"},
	} {
		s := newBastion(t, nil, version)
		c := s.client(t, nil, true)
		state, ok := c.TLS()
		if !ok || state.Version != version {
			t.Fatalf("%x", state.Version)
		}
		var kinds []string
		for _, b := range c.ChannelBindings() {
			kinds = append(kinds, b.Type)
			switch b.Type {
			case "tls-exporter":
				if data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err != nil || string(data) != string(b.Data) {
					t.Errorf("%x, %v", b.Data, err)
				}
			case "tls-server-end-point":
				if sum := sha256.Sum256(state.PeerCertificates[0].Raw); string(sum[:]) != string(b.Data) {
					t.Errorf("%x", b.Data)
				}
			}
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("%x: %q", version, kinds)
		}
	}
	s := newBastion(t, nil, 0)
	if got := s.client(t, nil, false).ChannelBindings(); len(got) != 0 {
		t.Error(got)
	}
}

// OAUTHBEARER says which host and port were dialed.
func TestOAuthBearerHost(t *testing.T) {
	want := base64.StdEncoding.EncodeToString([]byte("n,a=u,\x01host=mail.example.org\x01port=143\x01auth=Bearer t\x01\x01"))
	conn := imaptest.Script(t, `
		S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] hi
		C: $1 AUTHENTICATE OAUTHBEARER `+want+`
	`+loggedIn)
	c, err := imap.Dial(t.Context(), "mail.example.org", &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true, Dial: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	succeed(t, c, c.LoginWith(t.Context(), sasl.Token("u", "t")))
}
