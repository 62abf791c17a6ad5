package peers

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"testing"

	gosasl "github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

var scramHashes = []struct {
	name string
	hash scram.HashGeneratorFcn
}{{"SCRAM-SHA-1", scram.SHA1}, {"SCRAM-SHA-256", scram.SHA256}, {"SCRAM-SHA-512", scram.SHA512}}

// Names and passwords that escaping and SASLprep have to do with.
var scramUsers = []struct{ name, password string }{
	{"user", "pencil"},
	{"a=b,c=2C", "=,=2C"},
	{"jürgen", "Ju\u0308rgen \u2168 I\u00adX"},
	{"\u00aa", "pass\u00a0word"},
	{"пользователь", "\u0627\u0628"},
}

// theirScram is a server that knows one user.
func theirScram(t *testing.T, hash scram.HashGeneratorFcn, name, password string) *scram.Server {
	t.Helper()
	c, err := hash.NewClient(name, password, "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt\x00\xff", Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	s, err := hash.NewServer(func(who string) (scram.StoredCredentials, error) {
		if other, err := hash.NewClient(who, password, ""); err != nil || who == "" || other == nil {
			return scram.StoredCredentials{}, fmt.Errorf("no such user")
		}
		return stored, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Our client against their server, for every hash and every kind of binding.
func TestScramOurClient(t *testing.T) {
	data := []byte("what both ends know\x00,")
	for _, h := range scramHashes {
		for _, u := range scramUsers {
			server := theirScram(t, h.hash, u.name, u.password)
			for _, tt := range []struct {
				name  string
				conv  *scram.ServerConversation
				plus  string
				o     sasl.ScramOptions
				right string
				fails bool
			}{
				{"plain", server.NewConversation(), "", sasl.ScramOptions{}, u.password, false},
				{"authzid", server.NewConversation(), "", sasl.ScramOptions{Authzid: "other=,one"}, u.password, false},
				{"could bind", server.NewConversation(), "", sasl.ScramOptions{NotOffered: true}, u.password, false},
				{"wrong password", server.NewConversation(), "", sasl.ScramOptions{}, "wrong", true},
				{"exporter", server.NewConversationWithChannelBindingRequired(scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: data}),
					"-PLUS", sasl.ScramOptions{Binding: &sasl.ChannelBinding{Type: "tls-exporter", Data: data}}, u.password, false},
				{"end point", server.NewConversationWithChannelBinding(scram.ChannelBinding{Type: scram.ChannelBindingTLSServerEndpoint, Data: data}),
					"-PLUS", sasl.ScramOptions{Binding: &sasl.ChannelBinding{Type: "tls-server-end-point", Data: data}}, u.password, false},
				{"other data", server.NewConversationWithChannelBinding(scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: []byte("x")}),
					"-PLUS", sasl.ScramOptions{Binding: &sasl.ChannelBinding{Type: "tls-exporter", Data: data}}, u.password, true},
				{"list edited", server.NewConversationWithChannelBinding(scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: data}),
					"", sasl.ScramOptions{NotOffered: true}, u.password, true},
			} {
				client := sasl.Scram(h.name+tt.plus, u.name, tt.right, &tt.o)
				err := playScram(client, tt.conv)
				if ok := err == nil && tt.conv.Valid() && client.(sasl.Verifier).Verify() == nil; ok == tt.fails {
					t.Errorf("%s, %q, %s: %v, valid: %v", h.name, u.name, tt.name, err, tt.conv.Valid())
				}
				if tt.name == "authzid" && tt.conv.AuthzID() != "other=,one" {
					t.Errorf("authzid %q", tt.conv.AuthzID())
				}
			}
		}
	}
}

// playScram plays both ends.
func playScram(client sasl.Client, server *scram.ServerConversation) error {
	_, said, err := client.Start()
	for err == nil && !server.Done() {
		var answer string
		answer, err = server.Step(string(said))
		if err != nil {
			return err
		}
		said, err = client.Next([]byte(answer))
	}
	return err
}

// Their client against our server, over IMAP, bound to the TLS connection and
// not.
func TestScramTheirClient(t *testing.T) {
	s := newOurServer(t, imaptest.Options{AllowPlainLogin: true, Mechanisms: []string{
		"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS",
	}})
	s.AddUser("a=b,c", "pen,cil")
	for _, h := range scramHashes {
		for _, tt := range []struct {
			name, password string
			plus           bool
			bind           func(*tls.ConnectionState) (scram.ChannelBinding, error)
			fails          bool
		}{
			{user, password, false, nil, false},
			{"a=b,c", "pen,cil", false, nil, false},
			{user, "wrong", false, nil, true},
			{user, password, true, scram.NewTLSExporterBinding, false},
			{user, password, true, scram.NewTLSServerEndpointBinding, false},
			{user, "wrong", true, scram.NewTLSExporterBinding, true},
			{user, password, true, func(*tls.ConnectionState) (scram.ChannelBinding, error) {
				return scram.NewTLSUniqueBinding([]byte("x")), nil
			}, true},
		} {
			c, err := h.hash.NewClientUnprepped(tt.name, tt.password, "")
			if err != nil {
				t.Fatal(err)
			}
			m := &theirScramClient{name: h.name, conv: c.NewConversation()}
			conn := s.Pipe()
			if tt.plus {
				conn = tlsTo(t, s)
				state := conn.(*tls.Conn).ConnectionState()
				binding, err := tt.bind(&state)
				if err != nil {
					t.Fatal(err)
				}
				m.name += "-PLUS"
				m.conv = c.NewConversationWithChannelBinding(binding)
			}
			client, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			err = client.Authenticate(t.Context(), m)
			if (err != nil) != tt.fails || client.Authenticated() == tt.fails || m.conv.Valid() == tt.fails {
				t.Errorf("%s, %q, plus %v: %v, valid: %v", m.name, tt.name, tt.plus, err, m.conv.Valid())
			}
			client.Close()
		}
	}
}

func tlsTo(t *testing.T, s *ourServer) net.Conn {
	t.Helper()
	conn := tls.Client(s.PipeTLS(), s.ca.ClientConfig("localhost"))
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn
}

// theirScramClient gives their conversation the methods of sasl.Client.
type theirScramClient struct {
	name string
	conv *scram.ClientConversation
}

func (c *theirScramClient) Start() (string, []byte, error) {
	first, err := c.conv.Step("")
	return c.name, []byte(first), err
}

func (c *theirScramClient) Next(challenge []byte) ([]byte, error) {
	answer, err := c.conv.Step(string(challenge))
	return []byte(answer), err
}

// A client of go-sasl logs in as it is.
func TestGoSASLFits(t *testing.T) {
	s := newOurServer(t, imaptest.Options{AllowPlainLogin: true, Mechanisms: []string{"PLAIN", "LOGIN", "OAUTHBEARER", "ANONYMOUS"}})
	s.AddUser("anonymous", "")
	for _, m := range []gosasl.Client{
		gosasl.NewPlainClient("", user, password),
		gosasl.NewLoginClient(user, password),
		gosasl.NewAnonymousClient("trace"),
		gosasl.NewOAuthBearerClient(&gosasl.OAuthBearerOptions{Username: user, Token: password, Host: "localhost", Port: 143}),
	} {
		client, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Authenticate(t.Context(), m); err != nil || !client.Authenticated() {
			t.Errorf("%T: %v", m, err)
		}
		client.Close()
	}
	// Both say the same.
	for ours, theirs := range map[sasl.Client]gosasl.Client{
		sasl.Plain("z", "u", "p"): gosasl.NewPlainClient("z", "u", "p"),
		sasl.External("z"):        gosasl.NewExternalClient("z"),
		sasl.Anonymous("z"):       gosasl.NewAnonymousClient("z"),
		sasl.OAuthBearer("u", "t", "h", 1): gosasl.NewOAuthBearerClient(
			&gosasl.OAuthBearerOptions{Username: "u", Token: "t", Host: "h", Port: 1}),
	} {
		mech, ir, err := ours.Start()
		theirMech, theirIR, theirErr := theirs.Start()
		if mech != theirMech || string(ir) != string(theirIR) || err != nil || theirErr != nil {
			t.Errorf("%s %s, %v; theirs %s %s, %v", mech, base64.StdEncoding.EncodeToString(ir), err,
				theirMech, base64.StdEncoding.EncodeToString(theirIR), theirErr)
		}
	}
}
