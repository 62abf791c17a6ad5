package test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/test/live"
)

// server is one that the suite runs against.
type server struct {
	name     string
	addr     string
	plain    string // without TLS from the start; "": not known
	opts     imap.Options
	user     string
	other    string // a second user, for sharing; "": there is none
	password string // of both
	lasting  bool   // it is somebody's: only the throw-away mailbox may be touched
	boxes    int    // made so far
}

// connect returns a connection on which nobody is logged in, and which takes
// these mechanisms; none: all.
func (s *server) connect(ctx context.Context, mechanisms ...string) (*imap.Client, error) {
	opts := s.opts
	opts.Mechanisms = mechanisms
	return imap.Dial(ctx, s.addr, &opts)
}

// dial returns a connection on which the user is logged in.
func (s *server) dial(ctx context.Context) (*imap.Client, error) { return s.dialAs(ctx, s.user) }

func (s *server) dialAs(ctx context.Context, user string) (*imap.Client, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.Login(ctx, user, s.password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// servers starts, or names, what the suite runs against. Each is asked for
// inside a test of its own, which what is missing skips.
var servers = []struct {
	name string
	get  func(t *testing.T) *server
}{
	{"Dovecot", dovecot},
	{"Cyrus", cyrus},
	{"imaptest", func(t *testing.T) *server { return imaptestServer(t, 3) }},
	{"LIVE_INI", iniServer},
}

// dovecotConf turns on what Dovecot has and does not do by default.
const dovecotConf = `
plugin {
  acl = vfile
  quota = count:User quota
  quota_rule = *:storage=100M
  quota_vsizes = yes
}
imap_metadata = yes
imap_urlauth_host = localhost
mail_attribute_dict = file:%h/dovecot-attributes
protocol imap {
  mail_plugins = zlib imap_zlib acl imap_acl quota imap_quota
}
`

func dovecot(t *testing.T) *server {
	d := live.StartDovecot(t, &live.Options{ExtraConf: dovecotConf})
	return overTLS(&d.Server, "user1", "user2")
}

func cyrus(t *testing.T) *server {
	d := live.StartCyrus(t, "")
	return overTLS(&d.Server, "user1", "user2")
}

func overTLS(d *live.Server, user, other string) *server {
	return &server{addr: d.TLSAddr(), plain: d.Addr(), opts: imap.Options{TLSConfig: d.TLSConfig()},
		user: user, other: other, password: live.Password}
}

// imaptestServer is our own, with all that it has, and a limit of messages a
// command; 0: none.
func imaptestServer(t *testing.T, limit int) *server {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	config := ca.ServerConfig("localhost")
	config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, ca.Pool()
	s := imaptest.NewServer(&imaptest.Options{TLSConfig: config, Mechanisms: mechanisms, Gmail: true,
		AppendLimit: 40 << 20, MessageLimit: limit, JMAP: "https://localhost/.well-known/jmap"})
	t.Cleanup(func() { s.Close() })
	for _, name := range []string{"user1", "user2", "anonymous"} {
		s.AddUser(name, live.Password)
	}
	sv := &server{opts: imap.Options{TLSConfig: ca.ClientConfig("localhost")},
		user: "user1", other: "user2", password: live.Password}
	sv.opts.TLSConfig.Certificates = []tls.Certificate{ca.ClientCertificate("user1")}
	sv.addr = listening(t, s, s.ServeTLS)
	sv.plain = listening(t, s, s.Serve)
	return sv
}

// listening serves on a port of this machine.
func listening(t *testing.T, s *imaptest.Server, serve func(net.Listener) error) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
