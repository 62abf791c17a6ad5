package watch_test

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"sync/atomic"

	"github.com/idlewild-mail/idlewild/imap"
)

// edit lets f change what the server says from now on, one write at a time.
func (w *world) edit(f *atomic.Pointer[func([]byte) []byte]) {
	w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
		c, err := imap.Dial(ctx, "test:143", &imap.Options{
			Security: imap.Plaintext, InsecureLogin: true,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := w.srv.Dial(ctx, network, addr)
				return &editor{Conn: conn, f: f}, err
			},
		})
		if err != nil {
			return nil, err
		}
		return c, c.Login(ctx, "alice", "secret")
	}
}

// replacing returns such an f.
func replacing(pattern, with string) *func([]byte) []byte {
	re := regexp.MustCompile(pattern)
	f := func(b []byte) []byte { return re.ReplaceAll(b, []byte(with)) }
	return &f
}

type editor struct {
	net.Conn
	f    *atomic.Pointer[func([]byte) []byte]
	left bytes.Buffer
}

func (r *editor) Read(p []byte) (int, error) {
	for r.left.Len() == 0 {
		b := make([]byte, 1<<20)
		n, err := r.Conn.Read(b)
		if err != nil {
			return 0, err
		}
		b = b[:n]
		if f := r.f.Load(); f != nil {
			b = (*f)(b)
		}
		r.left.Write(b)
	}
	return r.left.Read(p)
}
