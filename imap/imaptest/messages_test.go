package imaptest

import "testing"

const nested = `From: "Bob \"B\" B." <bob@example.org>, plain@example.org (Plain Name)
Sender: s@example.org
To: Friends: a@example.org, Carl <c@example.org>;, =?utf-8?q?J=C3=B6rg?= <j@example.org>
Cc: <@route.example:r@example.org>
Subject: A
 folded
 subject
Date: Mon, 3 Feb 2020 04:05:06 +0000
Message-ID: <1@example.org>
In-Reply-To: <0@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_b"; charset=x
Content-Language: en, de

preamble
--=_b

first part
--=_b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable
Content-ID: <cid@x>
Content-Description: "desc"
Content-Disposition: attachment; filename="a \"b\".html"
Content-Location: http://x/
Content-MD5: abc=

sch=C3=B6n
--=_b
Content-Type: message/rfc822

Subject: inner
From: inner@example.org
Content-Type: multipart/alternative; boundary=i

--i
Content-Type: text/plain

in1
--i
Content-Type: text/html

in2
--i--
--=_b--
epilogue
`

func TestFetch(t *testing.T) {
	for _, cv := range []conversation{
		{name: "macros", box: "INBOX", mail: []string{hello}, script: `
			C: A1 FETCH 1 FAST
			S: * 1 FETCH (FLAGS (\Recent) INTERNALDATE " 3-Feb-2020 04:05:06 +0000" RFC822.SIZE 57)
			S: A1 OK FETCH completed
			C: A2 FETCH 1 all
			S: * 1 FETCH (FLAGS (\Recent) INTERNALDATE " 3-Feb-2020 04:05:06 +0000" RFC822.SIZE 57 ENVELOPE (...
			S: A2 OK FETCH completed
			C: A3 UID FETCH 1 FULL
			S: * 1 FETCH (UID 1 FLAGS (\Recent) INTERNALDATE " 3-Feb-2020 04:05:06 +0000" RFC822.SIZE 57 ENVELOPE (...
			S: A3 OK UID FETCH completed
		`},
		{name: "envelope", box: "INBOX", mail: []string{nested}, script: `
			C: A1 FETCH 1 ENVELOPE
			S: * 1 FETCH (ENVELOPE ("Mon, 3 Feb 2020 04:05:06 +0000" "A folded subject" (("Bob \"B\" B." NIL "bob" "example.org")("Plain Name" NIL "plain" "example.org")) ((NIL NIL "s" "example.org")) (("Bob \"B\" B." NIL "bob" "example.org")("Plain Name" NIL "plain" "example.org")) ((NIL NIL "Friends" NIL)(NIL NIL "a" "example.org")("Carl" NIL "c" "example.org")(NIL NIL NIL NIL)("=?utf-8?q?J=C3=B6rg?=" NIL "j" "example.org")) ((NIL "@route.example" "r" "example.org")) NIL "<0@example.org>" "<1@example.org>"))
			S: A1 OK FETCH completed
		`},
		{name: "structure", box: "INBOX", mail: []string{nested}, script: `
			C: A1 FETCH 1 BODY
			S: * 1 FETCH (BODY (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 0)("text" "html" ("charset" "utf-8") "<cid@x>" "\"desc\"" "quoted-printable" 10 0)("message" "rfc822" NIL NIL NIL "7bit" 172 (NIL "inner" ((NIL NIL "inner" "example.org")) ((NIL NIL "inner" "example.org")) ((NIL NIL "inner" "example.org")) NIL NIL NIL NIL NIL) (("text" "plain" NIL NIL NIL "7bit" 3 0)("text" "html" NIL NIL NIL "7bit" 3 0) "alternative") 12) "mixed"))
			S: A1 OK FETCH completed
			C: A2 FETCH 1 BODYSTRUCTURE
			S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 0 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") "<cid@x>" "\"desc\"" "quoted-printable" 10 0 "abc=" ("attachment" ("filename" "a \"b\".html")) NIL "http://x/")("message" "rfc822" NIL NIL NIL "7bit" 172 (NIL "inner" ((NIL NIL "inner" "example.org")) ((NIL NIL "inner" "example.org")) ((NIL NIL "inner" "example.org")) NIL NIL NIL NIL NIL) (("text" "plain" NIL NIL NIL "7bit" 3 0 NIL NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "i") NIL NIL NIL) 12 NIL NIL NIL NIL) "mixed" ("boundary" "=_b" "charset" "x") NIL ("en" "de") NIL))
			S: A2 OK FETCH completed
		`},
		{name: "sections", box: "INBOX", mail: []string{nested}, script: `
			C: A1 FETCH 1 (BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[2.MIME] BODY.PEEK[3.HEADER] BODY.PEEK[3.1] BODY.PEEK[3.2])
			S!: * 1 FETCH (BODY[1] {10}\r\n
			S!: first part BODY[2] {10}\r\n
			S!: sch=C3=B6n BODY[2.MIME] {243}\r\n
			S: Content-Type: text/html; charset=utf-8
			S: Content-Transfer-Encoding: quoted-printable
			S: Content-ID: <cid@x>
			S: Content-Description: "desc"
			S: Content-Disposition: attachment; filename="a \"b\".html"
			S: Content-Location: http://x/
			S: Content-MD5: abc=
			S: 
			S!:  BODY[3.HEADER] {92}\r\n
			S: Subject: inner
			S: From: inner@example.org
			S: Content-Type: multipart/alternative; boundary=i
			S: 
			S!:  BODY[3.1] {3}\r\n
			S!: in1 BODY[3.2] {3}\r\n
			S!: in2)\r\n
			S: A1 OK FETCH completed
			C: A2 FETCH 1 (BODY.PEEK[3.1.MIME] BODY.PEEK[4] BODY.PEEK[1.HEADER] BODY.PEEK[3.1.1] BODY.PEEK[3.3])
			S: * 1 FETCH (BODY[3.1.MIME] {28}
			S: Content-Type: text/plain
			S: 
			S!:  BODY[4] NIL BODY[1.HEADER] NIL BODY[3.1.1] NIL BODY[3.3] NIL)\r\n
			S: A2 OK FETCH completed
		`},
		{name: "header fields and parts of parts", box: "INBOX", mail: []string{hello}, script: `
			C: A1 FETCH 1 BODY.PEEK[HEADER.FIELDS (subject "X Y" Missing)]
			S: * 1 FETCH (BODY[HEADER.FIELDS (subject "X Y" Missing)] {18}
			S: Subject: Hello
			S: 
			S: )
			S: A1 OK FETCH completed
			C: A2 FETCH 1 BODY.PEEK[header.fields.not (subject)]
			S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (subject)] {31}
			S: From: Bob <bob@example.org>
			S: 
			S: )
			S: A2 OK FETCH completed
		`},
		{name: "partial", box: "INBOX", mail: []string{hello}, script: `
			C: A3 FETCH 1 (BODY.PEEK[]<0.4> BODY.PEEK[]<100.1> BODY.PEEK[9]<0.1> BODY.PEEK[1]<0.3>)
			S: * 1 FETCH (BODY[]<0> {4}
			S: From BODY[]<100> {0}
			S!:  BODY[9]<0> NIL BODY[1]<0> {3}\r\n
			S: Hi )
			S: A3 OK FETCH completed
		`},
		{name: "seen", box: "INBOX", mail: []string{hello}, script: `
			C: A1 FETCH 1 RFC822.HEADER
			S: * 1 FETCH (RFC822.HEADER {47}
			S: From: Bob <bob@example.org>
			S: Subject: Hello
			S: 
			S: )
			S: A1 OK FETCH completed
			C: A2 FETCH 1 (FLAGS RFC822.TEXT)
			S: * 1 FETCH (FLAGS (\Seen \Recent) RFC822.TEXT {10}
			S: Hi there
			S: )
			S: A2 OK FETCH completed
			C: A3 FETCH 1 RFC822.TEXT
			S: * 1 FETCH (RFC822.TEXT {10}
			S: Hi there
			S: )
			S: A3 OK FETCH completed
			C: A4 NOOP
			S: A4 OK NOOP completed
		`},
	} {
		cv.run(t)
	}
}
