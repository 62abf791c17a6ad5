package imaptest

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestAppendCommands(t *testing.T) {
	small := &Options{MaxLiteral: 100, AppendLimit: 20}
	for _, cv := range []conversation{
		{name: "MULTIAPPEND", script: `
			C: A1 APPEND INBOX (\Seen) {1}
			S: + go ahead
			C!: x
			C:  (\Draft) " 7-Feb-1994 22:43:04 -0800" {2+}
			C!: yz
			C:  {0+}
			C:
			S: A1 OK [APPENDUID 1 1:3] APPEND completed
			C: A2 STATUS INBOX (MESSAGES UNSEEN)
			S: * STATUS INBOX (MESSAGES 3 UNSEEN 2)
			S: A2 OK STATUS completed`},
		{name: "all or nothing", script: `
			C: A1 APPEND INBOX {1+}
			C: x CATENATE (URL "/INBOX/;UID=9")
			S: A1 NO [BADURL /INBOX/;UID=9] there is no such message or part
			C: A2 STATUS INBOX (MESSAGES)
			S: * STATUS INBOX (MESSAGES 0)
			S: A2 OK STATUS completed
			C: A3 APPEND nowhere {1+}
			C: x {1+}
			C: y
			S: A3 NO [TRYCREATE] there is no such mailbox`},
		{name: "one at a time", opts: &Options{Without: []string{"MULTIAPPEND", "CATENATE", "BINARY", "REPLACE", "URLAUTH"}}, box: "INBOX", mail: []string{hello}, script: `
			C: A1 APPEND INBOX {1+}
			C: x {1+}
			C: y
			S: A1 BAD APPEND: unexpected text before " {1+}"
			C: A2 APPEND INBOX CATENATE (URL "/INBOX/;UID=1")
			S: A2 BAD APPEND: expected a literal before "CATENATE (URL \"/INBO"
			C: A3 APPEND INBOX ~{1+}
			C: x
			S: A3 BAD APPEND: expected a literal before "~{1+}"
			C: A4 UID REPLACE 1 INBOX {1+}
			C: x
			S: A4 BAD unknown command UID REPLACE
			C: A5 FETCH 1 BINARY.SIZE[1]
			S: A5 BAD FETCH does not know BINARY
			C: A6 RESETKEY
			S: A6 BAD unknown command RESETKEY`},
		{name: "CATENATE", mail: []string{nested}, box: "INBOX", script: `
			C: A1 APPEND INBOX CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=1/;SECTION=1" TEXT {3+}
			C: -x- URL "imap://alice@here/inbox/;uid=1/;section=HEADER.FIELDS%20(Subject)" URL "/INBOX/;UID=1/;PARTIAL=0.5")
			S: * 2 EXISTS
			S: * 2 RECENT
			S: A1 OK [APPENDUID 1 2] APPEND completed
			C: A2 FETCH 2 BODY.PEEK[]
			S: * 2 FETCH (BODY[] {...`},
		{name: "URLs that are none", mail: []string{hello}, script: `
			C: A1 APPEND INBOX CATENATE (URL "/INBOX")
			S: A1 NO [BADURL /INBOX] ...
			C: A1 APPEND INBOX CATENATE (URL "/INBOX;UIDVALIDITY=2/;UID=1")
			S: A1 NO [BADURL /INBOX;UIDVALIDITY=2/;UID=1] ...
			C: A1 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=9")
			S: A1 NO [BADURL ...
			C: A1 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=X")
			S: A1 NO [BADURL ...
			C: A1 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;PARTIAL=x")
			S: A1 NO [BADURL ...
			C: A1 APPEND INBOX CATENATE (URL "imap://bob@here/INBOX/;UID=1")
			S: A1 NO [BADURL ...
			C: A1 APPEND INBOX CATENATE (URL "/%/;UID=1")
			S: A1 NO [BADURL ...
			C: A1 APPEND INBOX CATENATE (URL {7+}
			C!: a]\r\nb c)\r\n
			S: A1 NO [BADURL abc] ...
			C: A1 APPEND INBOX CATENATE ()
			S: A1 BAD APPEND: expected TEXT or URL before ")"
			C: A1 APPEND INBOX CATENATE (TEXT "x")
			S: A1 BAD APPEND: expected a literal before "\"x\")"`},
		{name: "UTF8", script: `
			C: A1 APPEND INBOX UTF8 (~{3+}
			C: abc)
			S: A1 BAD APPEND: expected a literal before "UTF8 (~{3+}"
			C: A2 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: A2 OK ENABLE completed
			C: A3 APPEND INBOX (\Seen) UTF8 (~{4+}
			C!: a\xc3\xa4b)\r\n
			S: A3 OK [APPENDUID 1 1] APPEND completed
			C: A4 APPEND INBOX UTF8 ~{1+}
			C: x
			S: A4 BAD APPEND: expected '(' before "~{1+}"`},
		{name: "limits", opts: small, script: `
			C: A1 CAPABILITY
			S: * CAPABILITY ...
			S: A1 OK CAPABILITY completed
			C: A2 APPEND INBOX {21+}
			C: 123456789012345678901
			S: A2 NO [TOOBIG] the message is larger than 20 bytes
			C: A3 APPEND INBOX CATENATE (TEXT {20+}
			C!: 12345678901234567890
			C:  TEXT {1+}
			C: x)
			S: A3 NO [TOOBIG] the message is larger than 20 bytes
			C: A4 APPEND INBOX {101}
			S: A4 NO [TOOBIG] literal of 101 bytes is too large
			C: A5 STATUS INBOX (APPENDLIMIT MESSAGES)
			S: * STATUS INBOX (APPENDLIMIT 20 MESSAGES 0)
			S: A5 OK STATUS completed`},
		{name: "REPLACE", box: "INBOX", mail: []string{hello, hello}, script: `
			C: A1 UID REPLACE 1 INBOX (\Draft) {1+}
			C: x
			S: * OK [APPENDUID 1 3] replacement is there
			S: * 1 EXPUNGE
			S: * 2 EXISTS
			S: * 2 RECENT
			S: A1 OK UID REPLACE completed
			C: A2 UID REPLACE 1 INBOX {1+}
			C: x
			S: A2 NO [NONEXISTENT] there is no such message
			C: A3 REPLACE 3 INBOX {1+}
			C: x
			S: A3 BAD REPLACE: no message has the number 3
			C: A4 REPLACE 1 nowhere {1+}
			C: x
			S: A4 NO [TRYCREATE] there is no such mailbox
			C: A5 REPLACE * INBOX {1+}
			C: x
			S: A5 BAD REPLACE: REPLACE takes the number of one message
			C: A6 UID FETCH 1:* FLAGS
			S: * 1 FETCH (UID 2 FLAGS (\Recent))
			S: * 2 FETCH (UID 3 FLAGS (\Draft \Recent))
			S: A6 OK UID FETCH completed
			C: A7 EXAMINE INBOX
			S: * OK [CLOSED] the mailbox before
			S: * FLAGS ...
			S: * OK [PERMANENTFLAGS ...
			S: * 2 EXISTS
			S: * 0 RECENT
			S: * OK [UNSEEN ...
			S: * OK [UIDVALIDITY ...
			S: * OK [UIDNEXT ...
			S: * OK [MAILBOXID...
			S: A7 OK [READ-ONLY] EXAMINE completed
			C: A8 REPLACE 1 INBOX {1+}
			C: x
			S: A8 NO the mailbox is read-only`},
	} {
		cv.run(t)
	}
}

// encoded is a message with parts in every encoding.
const encoded = `Subject: encodings
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Transfer-Encoding: BASE64

aGVs
bG8A
--b
Content-Transfer-Encoding: quoted-printable

a=3Db=
c
--b

plain
--b
Content-Transfer-Encoding: x-uuencode

?
--b--
`

func TestBinary(t *testing.T) {
	conversation{name: "BINARY", box: "INBOX", mail: []string{encoded}, script: `
		C: A1 FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1])
		S: * 1 FETCH (BINARY.SIZE[1] 6 BINARY[1] ~{6}
		S!: hello\0)\r\n
		S: A1 OK FETCH completed
		C: A2 FETCH 1 (BINARY.PEEK[2] BINARY.PEEK[2]<1.2> BINARY.PEEK[3] BINARY.PEEK[7])
		S: * 1 FETCH (BINARY[2] {4}
		S: a=bc BINARY[2]<1> {2}
		S: =b BINARY[3] {5}
		S: plain BINARY[7] NIL)
		S: A2 OK FETCH completed
		C: A3 FETCH 1 (BINARY.PEEK[4])
		S: A3 NO [UNKNOWN-CTE] cannot decode a part of message 1
		C: A4 FETCH 1 (BINARY.SIZE[4])
		S: A4 NO [UNKNOWN-CTE] cannot decode a part of message 1
		C: A5 FETCH 1 (BINARY[3])
		S: * 1 FETCH (BINARY[3] {5}
		S: plain FLAGS (\Seen \Recent))
		S: A5 OK FETCH completed
		C: A6 FETCH 1 BINARY[1.MIME]
		S: A6 BAD FETCH: BINARY takes the number of a part
	`}.run(t)
}

// A literal8 is stored so that no FETCH of it has NUL, and BINARY gives it back.
func TestAppendLiteral8(t *testing.T) {
	conversation{name: "literal8", box: "INBOX", script: `
		C: A1 APPEND INBOX ~{55+}
		C!: Content-Transfer-Encoding: binary\r\nSubject: x\r\n\r\na\0b\r\nc
		C:
		S: * 1 EXISTS
		S: * 1 RECENT
		S: A1 OK [APPENDUID 1 1] APPEND completed
		C: A2 FETCH 1 (BODY.PEEK[] BINARY.PEEK[1])
		S: * 1 FETCH (BODY[] {59}
		S: Subject: x
		S: Content-Transfer-Encoding: base64
		S:
		S: YQBiDQpj
		S:  BINARY[1] ~{6}
		S!: a\0b\r\n
		S: c)
		S: A2 OK FETCH completed
		C: A3 APPEND INBOX ~{3+}
		C!: a\0b\r\n
		S: A3 NO [UNKNOWN-CTE] there is NUL outside a part with the encoding binary
		C: A4 APPEND INBOX {3+}
		C!: a\0b\r\n
		S: A4 BAD APPEND: NUL in a literal
	`}.run(t)
}

func TestWithoutBinary(t *testing.T) {
	whole := string(CRLF("A: b\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: binary\n\nNUL\n--b\n\nplain\n--b\nContent-Transfer-Encoding: Binary\nX: y\n\n--b--\n"))
	got := string(withoutBinary(bytes.ReplaceAll([]byte(whole), []byte("NUL"), []byte("\x00\x01\x02"))))
	want := strings.NewReplacer("Content-Transfer-Encoding: binary\r\n\r\nNUL", "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n",
		"Content-Transfer-Encoding: Binary\r\nX: y\r\n", "X: y\r\nContent-Transfer-Encoding: base64\r\n\r\n").Replace(whole)
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestURLAuth(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	inBubble(t, &Options{Now: func() time.Time { return now }, Submitters: []string{"bob"}}, func(t *testing.T, srv *Server) {
		srv.AddUser("bob", "secret")
		deliver(t, srv, "INBOX", encoded)
		alice := loggedIn(t, srv, "")
		bob := newTalker(t, srv.Pipe())
		bob.talk(`
			S: * OK ...
			C: L1 LOGIN bob secret
			S: L1 OK ...
		`)
		sign := func(rump string) string {
			alice.talk("C: A1 GENURLAUTH \"" + rump + "\" INTERNAL")
			line, err := alice.in.ReadString('\n')
			url, found := strings.CutPrefix(strings.TrimSpace(line), "* GENURLAUTH ")
			if err != nil || !found {
				t.Fatal(line, err)
			}
			alice.talk("S: A1 OK GENURLAUTH completed")
			return url
		}
		const message = "imap://alice@here/INBOX/;UID=1/;SECTION=1"
		user := sign(message + ";URLAUTH=user+bob")
		bob.talk(`
			C: B1 URLFETCH ` + user + `
			S: * URLFETCH ` + user + ` {10}
			S: aGVs
			S: bG8A
			S: B1 OK URLFETCH completed
			C: B2 URLFETCH (` + user + ` BODYPARTSTRUCTURE BINARY)
			S: * URLFETCH ` + user + ` (BODYPARTSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "BASE64" 10 1 NIL NIL NIL NIL)) (BINARY ~{6}
			S!: hello\0)\r\n
			S: B2 OK URLFETCH completed
			C: B3 URLFETCH (` + user + ` BODY BINARY)
			S: B3 BAD URLFETCH: URLFETCH takes BODY or BINARY, not both
		`)
		// What is not signed so, or not for this one, or not any more.
		for _, url := range []string{
			strings.Replace(user, "UID=1", "UID=2", 1),
			strings.Replace(user, "SECTION=1", "SECTION=2", 1),
			strings.Replace(user, "user+bob", "anonymous", 1),
			sign(message + ";URLAUTH=user+eve"),
			sign(message + ";EXPIRE=2026-01-02T03:04:04Z;URLAUTH=anonymous"),
			sign("imap://alice@here/INBOX/;UID=7;URLAUTH=anonymous"),
			`"imap://alice@here/INBOX/;UID=1"`,
			`"/INBOX/;UID=1"`,
			`"imap://nobody@here/INBOX/;UID=1;URLAUTH=anonymous:internal:02"`,
		} {
			bob.talk("C: B4 URLFETCH " + url + "\nS: * URLFETCH " + url + " NIL\nS: B4 OK URLFETCH completed")
		}
		for _, access := range []string{"anonymous", "authuser", "submit+bob"} {
			url := sign(message + ";EXPIRE=2026-01-02T03:04:06Z;URLAUTH=" + access)
			bob.talk("C: B5 URLFETCH " + url + "\nS: * URLFETCH " + url + " {10}\nS: aGVs\nS: bG8A\nS: B5 OK URLFETCH completed")
		}
		alice.talk(`
			C: A2 RESETKEY INBOX
			S: A2 OK [URLMECH INTERNAL] RESETKEY completed
			C: A3 RESETKEY
			S: A3 OK RESETKEY completed
			C: A4 RESETKEY INBOX X
			S: A4 BAD RESETKEY: unknown mechanism X
			C: A5 GENURLAUTH "imap://bob@here/INBOX/;UID=1;URLAUTH=anonymous" INTERNAL
			S: A5 BAD GENURLAUTH: cannot authorize such a URL
			C: A6 GENURLAUTH "imap://alice@here/INBOX/;UID=1;URLAUTH=everybody" INTERNAL
			S: A6 BAD GENURLAUTH: cannot authorize such a URL
			C: A7 GENURLAUTH "imap://alice@here/nowhere/;UID=1;URLAUTH=anonymous" INTERNAL
			S: A7 NO [NONEXISTENT] there is no such mailbox
			C: A8 GENURLAUTH "imap://alice@here/INBOX/;UID=1;URLAUTH=anonymous" X
			S: A8 BAD GENURLAUTH: the only mechanism is INTERNAL
		`)
		bob.talk("C: B6 URLFETCH " + user + "\nS: * URLFETCH " + user + " NIL\nS: B6 OK URLFETCH completed")
	})
}

func TestEncodeUTF7(t *testing.T) {
	for name, want := range map[string]string{"a&b": "a&-b", "Grüße": "Gr&APwA3w-e", "日本語": "&ZeVnLIqe-", "😀": "&2D3eAA-", "&é": "&-&AOk-"} {
		if got := encodeUTF7(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
