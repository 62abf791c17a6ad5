package watch_test

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

var uidNext = regexp.MustCompile(`\* OK \[UIDNEXT \d+\][^\r]*\r\n`)

// rewritten is a connection on which UIDNEXT is n, or missing if that is "".
func rewritten(ctx context.Context, srv *imaptest.Server, n string) (*imap.Client, error) {
	c, err := imap.Dial(ctx, "test:143", &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.Dial(ctx, network, addr)
			return &rewriter{Conn: conn, next: n}, err
		},
	})
	if err != nil {
		return nil, err
	}
	return c, c.Login(ctx, "alice", "secret")
}

// rewriter changes what the server says. One Read has one write of the server.
type rewriter struct {
	net.Conn
	next string
	left bytes.Buffer
}

func (r *rewriter) Read(p []byte) (int, error) {
	if r.left.Len() == 0 {
		b := make([]byte, 1<<20)
		n, err := r.Conn.Read(b)
		if err != nil {
			return n, err
		}
		to := ""
		if r.next != "" {
			to = "* OK [UIDNEXT " + r.next + "] odd\r\n"
		}
		r.left.Write(uidNext.ReplaceAll(b[:n], []byte(to)))
		if r.left.Len() == 0 {
			return 0, nil
		}
	}
	return r.left.Read(p)
}

func contains(s, part string) bool { return strings.Contains(s, part) }

var uidValidity = regexp.MustCompile(`UIDVALIDITY \d+`)

// oneValidity is a connection on which UIDVALIDITY never changes.
func oneValidity(ctx context.Context, srv *imaptest.Server) (*imap.Client, error) {
	c, err := imap.Dial(ctx, "test:143", &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.Dial(ctx, network, addr)
			return &constant{Conn: conn}, err
		},
	})
	if err != nil {
		return nil, err
	}
	return c, c.Login(ctx, "alice", "secret")
}

// constant says one UIDVALIDITY. One Read has one write of the server.
type constant struct {
	net.Conn
	left bytes.Buffer
}

func (c *constant) Read(p []byte) (int, error) {
	if c.left.Len() == 0 {
		b := make([]byte, 1<<16)
		n, err := c.Conn.Read(b)
		if err != nil {
			return n, err
		}
		c.left.Write(uidValidity.ReplaceAll(b[:n], []byte("UIDVALIDITY 7")))
	}
	return c.left.Read(p)
}
