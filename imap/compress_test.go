package imap_test

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// counted counts what goes through a connection, and cuts what is read.
type counted struct {
	net.Conn
	piece       int
	read, wrote int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), c.piece)])
	c.read += n
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	c.wrote += len(p)
	return c.Conn.Write(p)
}

// A whole session over a compressed connection: large and small, both ways,
// IDLE, whatever pieces the bytes come in.
func TestCompress(t *testing.T) {
	ca := newCA(t)
	for _, tt := range []struct {
		name  string
		tls   bool
		piece int // the most that one Read gets
	}{
		{"plain", false, 1 << 20},
		{"TLS", true, 1 << 20},
		{"byte by byte", false, 1},
		{"in pieces", true, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig(), AllowPlainLogin: true})
				defer srv.Close()
				srv.AddUser("alice", "pass")
				conn := &counted{Conn: srv.Pipe(), piece: tt.piece}
				opts := &imap.Options{Security: imap.Plaintext}
				if tt.tls {
					conn.Conn = srv.PipeTLS()
					opts = &imap.Options{TLSConfig: ca.ClientConfig("localhost")}
				}
				c, err := imap.NewClient(t.Context(), conn, opts)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				compressedSession(t, srv, c)
				if _, ok := c.TLS(); ok != tt.tls {
					t.Error("TLS", ok)
				}
				if conn.read > 20_000 || conn.wrote > 8_000 {
					t.Errorf("%d bytes were read and %d written", conn.read, conn.wrote)
				}
			})
		})
	}
}

func compressedSession(t *testing.T, srv *imaptest.Server, c *imap.Client) {
	t.Helper()
	if err := c.Compress(t.Context()); err == nil || c.Compressed() {
		t.Fatal("before login:", err)
	}
	if err := c.Login(t.Context(), "alice", "pass"); err != nil {
		t.Fatal(err)
	}
	if err := c.Compress(t.Context()); err != nil || !c.Compressed() {
		t.Fatal(err)
	}
	if err := c.Compress(t.Context()); err == nil {
		t.Fatal("twice")
	}
	message := []byte("Subject: long\r\n\r\n" + strings.Repeat("All work and no play makes Jack a dull boy.\r\n", 4_000))
	if _, err := c.Append(t.Context(), "INBOX", bytes.NewReader(message), int64(len(message)), nil); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for m, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{{}}}) {
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(m.Body(imap.Section{})); err != nil || !bytes.Equal(got, message) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	deliver := func() {
		if _, err := srv.Deliver("alice", "INBOX", []byte("Subject: x\r\n\r\n"), nil); err != nil {
			t.Error(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	time.AfterFunc(time.Second, deliver)
	for up, err := range box.Idle(ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := up.(imap.Exists); ok && e.Count >= 3 {
			break
		}
		deliver()
	}
	if err := c.Noop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What comes in one piece with the OK, and is compressed, is inflated.
func TestCompressBehindOK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := imaptest.Pipe()
		f := newFake(server)
		var wg sync.WaitGroup
		wg.Go(func() {
			defer server.Close()
			f.say("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n")
			tag, _, _ := f.command()
			var z bytes.Buffer
			w, _ := flate.NewWriter(&z, 9)
			_, _ = io.WriteString(w, "* OK [ALERT] compressed from here\r\n")
			_ = w.Flush()
			f.say(tag + " OK DEFLATE active\r\n" + z.String())
			z.Reset()
			f.r.Reset(flate.NewReader(f.conn))
			tag, _, _ = f.command()
			_, _ = io.WriteString(w, tag+" OK done\r\n")
			_ = w.Flush()
			f.say(z.String())
			_, _, _ = f.command()
		})
		defer wg.Wait()
		c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		heard := make(chan string, 1)
		wg.Go(func() {
			for n, err := range c.Notices(ctx) {
				if err == nil && n.Kind == imap.NoticeAlert {
					heard <- n.Text
					return
				}
			}
		})
		synctest.Wait()
		if err := c.Compress(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := <-heard; s != "compressed from here" {
			t.Error(s)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCompressRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "COMPRESS=LZW", "", nil)
		if err := c.Compress(t.Context()); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		c = talkTo(t, "COMPRESS=DEFLATE", `
			C: $1 COMPRESS DEFLATE
			S: $1 NO [COMPRESSIONACTIVE] DEFLATE active via TLS
			C: $2 NOOP
			S: $2 OK in clear
			C: $3 COMPRESS DEFLATE
			S: $3 BAD what`, nil)
		if err := c.Compress(t.Context()); !errors.Is(err, imap.CodeCompressionActive) || c.Compressed() {
			t.Fatal(err)
		}
		noop(t, c)
		if err := c.Compress(t.Context()); err == nil || c.Compressed() {
			t.Fatal(err)
		}
	})
}

// compressedFake is a client that compresses, and a fake whose words are deflated
// by whoever says them.
func compressedFake(t testing.TB) (*imap.Client, *fake) {
	t.Helper()
	client, server := imaptest.Pipe()
	f := newFake(server)
	ready := make(chan struct{})
	go func() {
		defer close(ready)
		f.say("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n")
		tag, _, _ := f.command()
		f.say(tag + " OK DEFLATE active\r\n")
		f.r.Reset(flate.NewReader(f.conn))
	}()
	c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Compress(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ready
	return c, f
}

// what is small on the wire and large inflated is bounded as if it had
// come so, and what cannot be inflated ends the connection.
func TestA47_Compression(t *testing.T) {
	for _, a := range attacks(t, "compress") {
		t.Run(a.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := compressedFake(t)
				defer f.conn.Close()
				grew := allocated(func() {
					f.say(string(a.Input))
					synctest.Wait()
				})
				if grew > 4<<20 {
					t.Errorf("%d bytes were allocated", grew)
				}
				switch garbage := strings.Contains(a.Name, "garbage"); {
				case garbage && c.Err() == nil:
					t.Error("the connection lives on")
				case !garbage && c.Err() != nil:
					t.Error(c.Err())
				}
			})
		})
	}
	// An eighth of a gigabyte of one line, in less than a megabyte.
	synctest.Test(t, func(t *testing.T) {
		c, f := compressedFake(t)
		defer f.conn.Close()
		block := bytes.Repeat([]byte("a"), 1<<20)
		grew := allocated(func() {
			w, _ := flate.NewWriter(f.conn, flate.BestSpeed)
			_, _ = io.WriteString(w, "* OK ")
			for range 128 {
				if _, err := w.Write(block); err != nil {
					break
				}
				if c.Err() != nil {
					break
				}
			}
			synctest.Wait()
		})
		var limit *imap.LimitError
		if err := c.Err(); !errors.As(err, &limit) {
			t.Error(err)
		}
		if grew > 64<<20 {
			t.Errorf("%d bytes were allocated", grew)
		}
	})
}

// An idle connection that is compressed holds next to nothing for that.
func TestCompressIdleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("counts memory")
	}
	const n = 50
	hold := func(compress bool) (held int64) {
		synctest.Test(t, func(t *testing.T) { held = holdIdle(t, n, compress) })
		return held
	}
	hold(true) // what is there once
	runtime.GC()
	plain, compressed := hold(false), hold(true)
	t.Logf("%d bytes in clear, %d compressed", plain/n, compressed/n)
	if more := (compressed - plain) / n; more > 6<<10 {
		t.Errorf("a compressed connection holds %d bytes more than the %d of one in clear", more, plain/n)
	}
}

// holdIdle is how much memory idle connections hold.
func holdIdle(t *testing.T, n int, compress bool) int64 {
	clients := make([]*imap.Client, 0, n)
	fakes := make([]*fake, 0, n)
	before := heapNow()
	for range n {
		client, server := imaptest.Pipe()
		f := newFake(server)
		fakes = append(fakes, f)
		go func() {
			f.say("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n")
			if compress {
				tag, _, _ := f.command()
				f.say(tag + " OK DEFLATE active\r\n")
				// One flush for all: "* OK still here", stored.
				f.say("\x00\x11\x00\xee\xff* OK still here\r\n\x00\x00\x00\xff\xff")
			} else {
				f.say("* OK still here\r\n")
			}
		}()
		c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		if compress {
			if err := c.Compress(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		clients = append(clients, c)
	}
	synctest.Wait() // all of them have read what was said
	held := heapNow() - before
	for i, c := range clients {
		c.Close()
		fakes[i].conn.Close()
	}
	return held
}

// UNAUTHENTICATE ends compression in both directions, each behind a whole line
// (RFC 8437 §4.1).
func TestUnauthenticate(t *testing.T) {
	for _, compress := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			srv := imaptest.NewServer(nil)
			defer srv.Close()
			srv.AddUser("alice", "pass")
			srv.AddUser("bob", "pass2")
			c, err := imap.NewClient(t.Context(), srv.Pipe(), &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Login(t.Context(), "alice", "pass"); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if compress {
					if err := c.Compress(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				box, err := c.Select(t.Context(), "INBOX", nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Unauthenticate(t.Context()); err != nil {
					t.Fatal(err)
				}
				if c.Authenticated() || c.Compressed() || c.Selected() != nil || !c.Has("AUTH=PLAIN") {
					t.Error("something is left of the user")
				}
				if _, err := box.Search(t.Context(), nil); !errors.Is(err, imap.ErrDeselected) {
					t.Error(err)
				}
				if err := c.Unauthenticate(t.Context()); err == nil {
					t.Error("twice")
				}
				if err := c.Login(t.Context(), "bob", "pass2"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestUnauthenticateRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "UTF8=ACCEPT ENABLE", "", nil)
		if err := c.Unauthenticate(t.Context()); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		c = talkTo(t, "UNAUTHENTICATE UTF8=ACCEPT ENABLE", `
			C: $1 UNAUTHENTICATE
			S: $1 NO not you
			C: $2 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: $2 OK done
			C: $3 UNAUTHENTICATE
			S: $3 OK done
			C: $4 CAPABILITY
			S: * CAPABILITY IMAP4rev1 AUTH=EXTERNAL
			S: $4 OK done`, nil)
		if err := c.Unauthenticate(t.Context()); err == nil || !c.Authenticated() {
			t.Fatal(err)
		}
		if _, err := c.Enable(t.Context(), "UTF8=ACCEPT"); err != nil || !c.Enabled("UTF8=ACCEPT") {
			t.Fatal(err)
		}
		if err := c.Unauthenticate(t.Context()); err != nil || c.Authenticated() || c.Enabled("UTF8=ACCEPT") || !c.Has("AUTH=EXTERNAL") {
			t.Fatal(err)
		}
	})
}

// A server whose compressor does not flush is told from one that says nothing.
func TestCompressWithoutFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := compressedFake(t)
		defer f.conn.Close()
		var z bytes.Buffer
		w, _ := flate.NewWriter(&z, 9)
		_, _ = io.WriteString(w, "* OK still here\r\n")
		_ = w.Flush()
		z.Truncate(z.Len() - len("\x00\x00\xff\xff"))
		f.say(z.String())
		err := c.Noop(t.Context())
		if !errors.Is(err, imap.ErrTimeout) || !strings.Contains(err.Error(), fmt.Sprint(z.Len(), " compressed bytes")) {
			t.Error(err)
		}
		c.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		c, f := compressedFake(t)
		defer f.conn.Close()
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrTimeout) || strings.Contains(err.Error(), "compressed") {
			t.Error(err)
		}
		c.Close()
	})
}
