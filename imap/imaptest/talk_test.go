package imaptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// talker is the client's side of a conversation in a test.
type talker struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func newTalker(t *testing.T, conn net.Conn) *talker {
	t.Cleanup(func() { conn.Close() })
	return &talker{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// talk plays a transcript as the client: it says the C: lines and expects the S:
// lines. An S: line that ends with ... stands for all lines that begin like it.
func (tk *talker) talk(transcript string) {
	tk.t.Helper()
	if err := tk.try(transcript); err != nil {
		tk.t.Fatal(err)
	}
}

func (tk *talker) try(transcript string) error {
	script, err := ParseTranscript(transcript)
	if err != nil {
		return err
	}
	for _, s := range script.steps {
		if err := tk.step(s); err != nil {
			return fmt.Errorf("line %d: %w", s.line, err)
		}
	}
	return nil
}

func (tk *talker) step(s step) error {
	switch s.verb {
	case verbExpect:
		_, err := tk.conn.Write(append(bytes.Clone(s.text), "\r\n"...))
		return err
	case verbExpectRaw:
		_, err := tk.conn.Write(s.text)
		return err
	case verbSay:
		return tk.expect(string(s.text))
	case verbExpectClose:
		rest, _ := io.ReadAll(tk.in)
		if len(rest) > 0 {
			return fmt.Errorf("want the end\n got  %q", rest)
		}
		return nil
	case verbPause:
		<-time.After(s.wait)
		return nil
	}
	return fmt.Errorf("not for talk")
}

func (tk *talker) expect(want string) error {
	if !strings.HasSuffix(want, "\r\n") {
		got := make([]byte, len(want))
		_, err := io.ReadFull(tk.in, got)
		if string(got) != want {
			return fmt.Errorf("want %q\n got  %q (%v)", want, got, err)
		}
		return nil
	}
	got, err := tk.in.ReadString('\n')
	if prefix, open := strings.CutSuffix(want, "...\r\n"); open && strings.HasPrefix(got, prefix) {
		return nil
	}
	if got != want {
		return fmt.Errorf("want %q\n got  %q (%v)", want, got, err)
	}
	return nil
}

// silent fails if the server says anything before all is quiet.
func (tk *talker) silent() {
	tk.t.Helper()
	tk.conn.SetReadDeadline(time.Now().Add(time.Second))
	got, err := tk.in.ReadByte()
	if err == nil {
		rest, _ := tk.in.Peek(tk.in.Buffered())
		tk.t.Fatalf("want silence, got %q", string(got)+string(rest))
	}
	tk.conn.SetReadDeadline(time.Time{})
}

// inBubble runs f with a server that has the user alice, under synctest.
func inBubble(t *testing.T, opts *Options, f func(t *testing.T, srv *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := NewServer(opts)
		defer srv.Close()
		srv.AddUser("alice", "secret")
		f(t, srv)
	})
}

// loggedIn returns a talker that has logged in and, if there is one, selected a
// mailbox.
func loggedIn(t *testing.T, srv *Server, mailbox string) *talker {
	t.Helper()
	tk := newTalker(t, srv.Pipe())
	tk.talk(`
		S: * OK [CAPABILITY IMAP4rev1...
		C: L1 LOGIN alice secret
		S: L1 OK [CAPABILITY IMAP4rev1...
	`)
	if mailbox != "" {
		fmt.Fprintf(tk.conn, "L2 SELECT %s\r\n", mailbox)
		for {
			line, err := tk.in.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "L2 ") {
				if !strings.HasPrefix(line, "L2 OK") {
					t.Fatalf("select: %q %v", line, err)
				}
				break
			}
		}
	}
	return tk
}

func deliver(t *testing.T, srv *Server, mailbox, text string, flags ...string) uint32 {
	t.Helper()
	uid, err := srv.Deliver("alice", mailbox, CRLF(text), &DeliverOptions{
		Flags: flags,
		Date:  time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return uid
}
