package imaptest

import (
	"bufio"
	"compress/flate"
	"io"
	"testing"
)

func TestLanguageCommand(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1...
			C: A1 LANGUAGE
			S: * LANGUAGE (en de i-default)
			S: A1 OK LANGUAGE completed
			C: A2 LANGUAGE fr "DE"
			S: * LANGUAGE (de)
			S: A2 OK Sprache gewählt
			C: A3 LANGUAGE x-klingon
			S: A3 NO unsupported language x-klingon
			C: A4 LANGUAGE default
			S: * LANGUAGE (i-default)
			S: A4 OK language chosen
			C: A5 LANGUAGE (de)
			S: A5 BAD LANGUAGE: expected a string before "(de)"
		`)
	})
}

func TestUnauthenticateCommand(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		srv.AddUser("bob", "secret2")
		tk := loggedIn(t, srv, "INBOX")
		tk.talk(`
			C: A1 UNAUTHENTICATE now
			S: A1 BAD UNAUTHENTICATE: unexpected text before " now"
			C: A2 UNAUTHENTICATE
			S: A2 OK [CAPABILITY IMAP4rev1...
			C: A3 NAMESPACE
			S: A3 BAD NAMESPACE: not logged in
			C: A4 UNAUTHENTICATE
			S: A4 BAD UNAUTHENTICATE: not logged in
			C: A5 LOGIN bob secret2
			S: A5 OK [CAPABILITY IMAP4rev1...
			C: A6 CHECK
			S: A6 BAD CHECK: no mailbox is selected
		`)
	})
}

func TestCompressCommand(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "")
		tk.talk(`
			C: A1 COMPRESS LZW
			S: A1 NO unknown compression LZW
			C: A2 COMPRESS DEFLATE
			S: A2 OK DEFLATE active
		`)
		w, err := flate.NewWriter(tk.conn, 9)
		if err != nil {
			t.Fatal(err)
		}
		say := func(s string) {
			_, _ = io.WriteString(w, s)
			_ = w.Flush()
		}
		inflated := bufio.NewReader(flate.NewReader(tk.in))
		hear := func(want string) {
			t.Helper()
			if got, err := inflated.ReadString('\n'); err != nil || got != want+"\r\n" {
				t.Fatalf("%q, %v; want %q", got, err, want)
			}
		}
		say("A3 NOOP\r\nA4 NOOP\r\n")
		hear("A3 OK NOOP completed")
		hear("A4 OK NOOP completed")
		say("A5 COMPRESS DEFLATE\r\n")
		hear("A5 NO [COMPRESSIONACTIVE] DEFLATE is active already")
		say("A6 UNAUTHENTICATE\r\n")
		if got, err := inflated.ReadString('\n'); err != nil || got[:5] != "A6 OK" {
			t.Fatal(got, err)
		}
		tk.talk(`
			C: A7 NOOP
			S: A7 OK NOOP completed
		`)
	})
}
