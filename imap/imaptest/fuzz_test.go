package imaptest

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// Whatever a client says, the server neither panics nor hangs, and afterwards it
// still understands the next command, unless the client left the line open.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{
		"A1 NOOP\r\n",
		"A1 FETCH 1:* (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (A \"b\")]<0.5>)\r\n",
		"A1 UID SEARCH RETURN (MIN) OR (NOT 1:3,5) HEADER a {2+}\r\nbc SINCE 1-Feb-2020\r\n",
		"A1 SORT RETURN (UPDATE PARTIAL 1:2 COUNT) (REVERSE SUBJECT DISPLAYFROM) UTF-8 FUZZY ALL\r\nA2 THREAD REFERENCES US-ASCII OLDER 5\r\nA3 CANCELUPDATE \"A1\"\r\n",
		"A1 SEARCH RETURN (SAVE MIN) ALL\r\nA2 FETCH $ UID\r\nA3 ESEARCH IN (selected subtree (a b) mailboxes INBOX) RETURN (ALL) UID $\r\n",
		"A1 STORE 1 +FLAGS.SILENT (\\Seen x)\r\nA2 EXPUNGE\r\nA3 MOVE * INBOX\r\n",
		"A1 APPEND INBOX (\\Seen) \" 1-Feb-2003 04:05:06 +0200\" {3}\r\nabc\r\n",
		"A1 APPEND INBOX (a) {1+}\r\nx \" 1-Feb-2003 04:05:06 +0200\" ~{2+}\r\n\x00y CATENATE (URL \"/INBOX/;UID=1/;SECTION=1\" TEXT {1+}\r\nz)\r\n",
		"A1 GENURLAUTH \"imap://alice@x/INBOX/;UID=1;URLAUTH=anonymous\" INTERNAL\r\nA2 RESETKEY\r\nA3 URLFETCH (\"imap://alice@x/INBOX/;UID=1;URLAUTH=anonymous:internal:02\" BINARY)\r\n",
		"A1 UID REPLACE 1 INBOX ~{1+}\r\n\x00\r\nA2 FETCH 1:* (BINARY.SIZE[1] BINARY.PEEK[1]<1.2>)\r\n",
		"A1 LIST \"\" \"*%a\"\r\nA2 CREATE \"a\\\"b\"\r\nA3 RENAME INBOX x/y\r\n",
		"A1 IDLE\r\nDONE\r\n",
		"A1 ID (\"a\" NIL)\r\nA2 STATUS x (UNSEEN)\r\n",
		"A1 X \"a\nb\"\r\nA2 {9999999999999999999}\r\n\x00\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		srv := NewServer(&Options{Preauth: "alice", MaxLiteral: 1000})
		defer srv.Close()
		srv.AddUser("alice", "secret")
		srv.Deliver("alice", "INBOX", CRLF(nested), nil)
		srv.Deliver("alice", "INBOX", said, nil)
		conn := srv.Pipe()
		io.WriteString(conn, "A0 SELECT INBOX\r\nA0 FETCH 1:* (FULL BODYSTRUCTURE BODY[1.TEXT])\r\n")
		conn.Write(said)
		// enough to end any literal, any IDLE and any line
		io.WriteString(conn, strings.Repeat("\r\n", 600)+"DONE\r\nLAST NOOP\r\n")
		conn.(interface{ CloseWrite() error }).CloseWrite()
		out, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		loggedOut := bytes.Contains(bytes.ToUpper(said), []byte("LOGOUT"))
		if !bytes.Contains(out, []byte("LAST OK")) && !loggedOut {
			t.Errorf("the last command was not answered:\n%.2000q", out)
		}
	})
}

// The structure of any message can be told.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(nested))
	f.Add(CRLF(nested))
	f.Add([]byte("From: <a@b\nTo: :;,(\"\nContent-Type: multipart/x; boundary=\"\"\n\n--\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		b := &body{data: message}
		for _, text := range []string{b.envelopeText(), b.bodyText(), b.structureText()} {
			if !balanced(text) {
				t.Errorf("not well-formed: %q", text)
			}
		}
		b.section(section{path: []uint32{1, 1}, part: "HEADER"})
	})
}

// balanced says whether text is one parenthesised list with well-formed strings.
func balanced(text string) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i == len(text)-1
			}
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
				if i < len(text) && (text[i] == '\r' || text[i] == '\n' || text[i] >= 0x80) {
					return false
				}
			}
		case '{':
			end := strings.IndexByte(text[i:], '}')
			n := 0
			for _, d := range text[i+1 : i+end] {
				n = 10*n + int(d-'0')
			}
			i += end + 2 + n
		}
	}
	return false
}
