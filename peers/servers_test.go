package peers

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"testing"
	"time"

	theirs "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const (
	user     = "alice"
	password = "secret"
	patience = time.Minute // a test that waits so long is stuck
)

// ourServer is imaptest's server, reachable in every way it knows.
type ourServer struct {
	*imaptest.Server
	ca *imaptest.CA
}

func newOurServer(t testing.TB, opts imaptest.Options) *ourServer {
	t.Helper()
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	opts.TLSConfig = ca.ServerConfig()
	s := &ourServer{imaptest.NewServer(&opts), ca}
	t.Cleanup(func() { s.Close() })
	s.AddUser(user, password)
	return s
}

// listen serves on a socket and returns its address.
func (s *ourServer) listen(t testing.TB, serve func(net.Listener) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	return l.Addr().String()
}

// ways are the ways of go-imap's client to a server of ours.
var ways = []struct {
	name  string
	plain bool // passwords in clear are fine
	dial  func(t testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error)
}{
	{"socket", true, func(t testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		return imapclient.DialInsecure(s.listen(t, s.Serve), o)
	}},
	{"pipe", true, func(_ testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		return imapclient.New(s.Pipe(), o), nil
	}},
	{"TLS", false, func(t testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		o.TLSConfig = s.ca.ClientConfig("localhost")
		return imapclient.DialTLS(s.listen(t, s.ServeTLS), o)
	}},
	{"STARTTLS", false, func(t testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		o.TLSConfig = s.ca.ClientConfig("localhost")
		return imapclient.DialStartTLS(s.listen(t, s.Serve), o)
	}},
	{"pipe with STARTTLS", false, func(_ testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		o.TLSConfig = s.ca.ClientConfig("localhost")
		return imapclient.NewStartTLS(s.Pipe(), o)
	}},
	{"pipe with TLS", false, func(_ testing.TB, s *ourServer, o *imapclient.Options) (*imapclient.Client, error) {
		return imapclient.New(tls.Client(s.PipeTLS(), s.ca.ClientConfig("localhost")), o), nil
	}},
}

// their server, in memory, with a fresh user, and more capabilities than the
// least.
func newTheirServer(t testing.TB, more ...theirs.Cap) (dial func() net.Conn) {
	t.Helper()
	caps := theirs.CapSet{theirs.CapIMAP4rev1: {}, theirs.CapUIDPlus: {}}
	for _, c := range more {
		caps[c] = struct{}{}
	}
	mem := imapmemserver.New()
	u := imapmemserver.NewUser(user, password)
	if err := u.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem.AddUser(u)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps:         caps,
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-ended
	})
	return func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// theirClient is logged in on conn.
func theirClient(t testing.TB, conn net.Conn) *imapclient.Client {
	t.Helper()
	c := imapclient.New(conn, nil)
	t.Cleanup(func() { c.Close() })
	if err := c.Login(user, password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// put appends a message with their client.
func put(t testing.TB, c *imapclient.Client, box string, text []byte, o *theirs.AppendOptions) theirs.UID {
	t.Helper()
	cmd := c.Append(box, int64(len(text)), o)
	if _, err := io.Copy(cmd, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := cmd.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return data.UID
}
