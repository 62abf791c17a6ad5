package imaptest

import (
	"io"
	"testing"
	"testing/synctest"
)

// conversation is a test that consists of what is said.
type conversation struct {
	name   string
	opts   *Options
	box    string   // to select; empty: only log in
	mail   []string // delivered to INBOX first
	script string

	prepare func(alice *User)
}

// run holds the conversation as it is, and with either side's bytes one by one.
func (cv conversation) run(t *testing.T) {
	base := Options{}
	if cv.opts != nil {
		base = *cv.opts
	}
	slow := base
	slow.Faults = &Faults{Split: 1}
	t.Run(cv.name, func(t *testing.T) { cv.hold(t, &base, 0) })
	t.Run(cv.name+", server in bytes", func(t *testing.T) { cv.hold(t, &slow, 0) })
	t.Run(cv.name+", client in bytes", func(t *testing.T) { cv.hold(t, &base, 1) })
}

func (cv conversation) hold(t *testing.T, opts *Options, split int) {
	inBubble(t, opts, func(t *testing.T, srv *Server) {
		if cv.prepare != nil {
			cv.prepare(srv.AddUser("alice", "secret"))
		}
		for _, text := range cv.mail {
			deliver(t, srv, "INBOX", text)
		}
		tk := loggedIn(t, srv, cv.box)
		tk.conn = WrapConn(tk.conn, &Faults{Split: split})
		tk.talk(cv.script)
	})
}

// A client that goes away after any number of bytes leaves nothing behind.
func TestEveryTruncation(t *testing.T) {
	said := "A1 LOGIN {5}\r\nalice {6+}\r\nsecret\r\nA2 SELECT INBOX\r\nA3 FETCH 1 (BODY[] FLAGS)\r\n" +
		"A4 APPEND INBOX (\\Seen) {10}\r\n0123456789\r\nA5 IDLE\r\nDONE\r\nA6 LOGOUT\r\n"
	for n := range len(said) + 1 {
		inBubble(t, nil, func(t *testing.T, srv *Server) {
			deliver(t, srv, "INBOX", hello)
			conn := srv.Pipe()
			io.WriteString(conn, said[:n])
			synctest.Wait()
			conn.Close()
			synctest.Wait()
			if left := srv.Connections(); left != 0 {
				t.Errorf("after %q: %d connections left", said[:n], left)
			}
		})
	}
}

func TestMailboxCommands(t *testing.T) {
	for _, cv := range []conversation{
		{name: "create and list", script: `
			C: A1 CREATE Work/Old/
			S: A1 OK [MAILBOXID...
			C: A2 LIST "" *
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * LIST (\HasChildren) "/" Work
			S: * LIST (\HasNoChildren) "/" Work/Old
			S: A2 OK LIST completed
			C: A3 LIST "" "%"
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * LIST (\HasChildren) "/" Work
			S: A3 OK LIST completed
			C: A4 LIST Work/ %
			S: * LIST (\HasNoChildren) "/" Work/Old
			S: A4 OK LIST completed
			C: A5 LIST "" ""
			S: * LIST (\Noselect) "/" ""
			S: A5 OK LIST completed
			C: A6 LIST "" inb*
			S: A6 OK LIST completed
			C: A7 LIST "" inbox*
			S: * LIST (\HasNoChildren) "/" INBOX
			S: A7 OK LIST completed
		`},
		{name: "names", script: `
			C: A1 CREATE INBOX
			S: A1 NO [ALREADYEXISTS] CREATE: the mailbox exists already
			C: A2 CREATE "with space"
			S: A2 OK [MAILBOXID...
			C: A3 CREATE "a//b"
			S: A3 NO [CANNOT] CREATE: the name has an empty part
			C: A4 CREATE Entw&APw-rfe
			S: A4 OK [MAILBOXID...
			C: A5 CREATE "a&b"
			S: A5 NO [CANNOT] CREATE: the name is not in modified UTF-7: & without its -
			C: A6 CREATE &AGE-
			S: A6 NO [CANNOT] CREATE: the name is not in modified UTF-7: ASCII inside a shift
			C: A7 CREATE "R&-D"
			S: A7 OK [MAILBOXID...
			C: A8 CREATE &2D0-
			S: A8 NO [CANNOT] CREATE: the name is not in modified UTF-7: half a surrogate pair
			C: A9 CREATE {2}
			S: + go ahead
			C: "q
			S: A9 OK [MAILBOXID...
			C: B1 CREATE NIL
			S: B1 OK [MAILBOXID...
			C: B2 LIST "" %
			S: * LIST (\HasNoChildren) "/" "\"q"
			S: * LIST (\HasNoChildren) "/" Entw&APw-rfe
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * LIST (\HasNoChildren) "/" "NIL"
			S: * LIST (\HasNoChildren) "/" R&-D
			S: * LIST (\HasNoChildren) "/" "with space"
			S: B2 OK LIST completed
		`},
		{name: "delete", script: `
			C: A1 CREATE a/b
			S: A1 OK [MAILBOXID...
			C: A2 DELETE a
			S: A2 OK DELETE completed
			C: A3 DELETE a
			S: A3 NO [CANNOT] DELETE: there are mailboxes below it
			C: A4 LIST "" a*
			S: * LIST (\Noselect \HasChildren) "/" a
			S: * LIST (\HasNoChildren) "/" a/b
			S: A4 OK LIST completed
			C: A5 SELECT a
			S: A5 NO [NONEXISTENT] there is no such mailbox
			C: A6 DELETE a/b
			S: A6 OK DELETE completed
			C: A7 DELETE a
			S: A7 OK DELETE completed
			C: A8 DELETE a
			S: A8 NO [NONEXISTENT] DELETE: there is no such mailbox
			C: A9 DELETE INBOX
			S: A9 NO [CANNOT] DELETE: INBOX cannot be deleted
		`},
		{name: "delete the selected one", script: `
			C: A1 CREATE x
			S: A1 OK [MAILBOXID...
			C: A2 EXAMINE x
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS ()] flags that can be changed
			S: * 0 EXISTS
			S: * 0 RECENT
			S: * OK [UIDVALIDITY 2] UIDs valid
			S: * OK [UIDNEXT 1] predicted next UID
			S: * OK [MAILBOXID...
			S: A2 OK [READ-ONLY] EXAMINE completed
			C: A3 DELETE x
			S: A3 OK DELETE completed
			C: A4 CHECK
			S: A4 BAD CHECK: no mailbox is selected
			C: A5 CREATE x
			S: A5 OK [MAILBOXID...
			C: A6 STATUS x (UIDVALIDITY)
			S: * STATUS x (UIDVALIDITY 3)
			S: A6 OK STATUS completed
		`},
		{name: "rename", mail: []string{hello}, script: `
			C: A1 CREATE a/b/c
			S: A1 OK [MAILBOXID...
			C: A2 RENAME a/b z/y
			S: A2 OK RENAME completed
			C: A3 LIST "" *
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * LIST (\HasNoChildren) "/" a
			S: * LIST (\HasChildren) "/" z
			S: * LIST (\HasChildren) "/" z/y
			S: * LIST (\HasNoChildren) "/" z/y/c
			S: A3 OK LIST completed
			C: A4 RENAME z z/below
			S: A4 NO [CANNOT] RENAME: a mailbox cannot go below itself
			C: A5 RENAME nothing else
			S: A5 NO [NONEXISTENT] RENAME: there is no such mailbox
			C: A6 RENAME z a
			S: A6 NO [ALREADYEXISTS] RENAME: the mailbox exists already
			C: A7 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 1 EXISTS
			S: * 1 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVALIDITY...
			S: * OK [UIDNEXT 2...
			S: * OK [MAILBOXID...
			S: A7 OK...
			C: A8 RENAME inbox Saved
			S: * 1 EXPUNGE
			S: A8 OK RENAME completed
			C: A9 STATUS Saved (MESSAGES UIDNEXT RECENT UNSEEN)
			S: * STATUS Saved (MESSAGES 1 UIDNEXT 2 RECENT 1 UNSEEN 1)
			S: A9 OK STATUS completed
		`},
		{name: "subscribe", script: `
			C: A1 CREATE a/b
			S: A1 OK [MAILBOXID...
			C: A2 SUBSCRIBE a/b
			S: A2 OK SUBSCRIBE completed
			C: A3 SUBSCRIBE nothing
			S: A3 NO [NONEXISTENT] SUBSCRIBE: there is no such mailbox
			C: A4 LSUB "" *
			S: * LSUB () "/" a/b
			S: A4 OK LSUB completed
			C: A5 LSUB "" %
			S: * LSUB (\Noselect) "/" a
			S: A5 OK LSUB completed
			C: A6 DELETE a/b
			S: A6 OK DELETE completed
			C: A7 LSUB "" *
			S: * LSUB () "/" a/b
			S: A7 OK LSUB completed
			C: A8 UNSUBSCRIBE a/b
			S: A8 OK UNSUBSCRIBE completed
			C: A9 LSUB "" *
			S: A9 OK LSUB completed
		`},
		{name: "special use", prepare: func(alice *User) {
			alice.CreateMailbox("Sent", `\Sent`)
			alice.CreateMailbox("Shelf", `\Noselect`)
			alice.Subscribe("Sent")
		}, script: `
			C: A1 LIST "" Sent
			S: * LIST (\HasNoChildren \Sent) "/" Sent
			S: A1 OK LIST completed
			C: A2 SELECT Shelf
			S: A2 NO [NONEXISTENT] there is no such mailbox
			C: A3 LSUB "" *
			S: * LSUB () "/" Sent
			S: A3 OK LSUB completed
		`},
		{name: "status", script: `
			C: A1 STATUS INBOX (MESSAGES HIGHEST)
			S: A1 BAD STATUS: unknown status item HIGHEST
			C: A2 STATUS INBOX ()
			S: A2 BAD STATUS: expected a word before ")"
			C: A3 STATUS nothing (MESSAGES)
			S: A3 NO [NONEXISTENT] there is no such mailbox
		`},
		{name: "small ones", script: `
			C: A1 NAMESPACE
			S: * NAMESPACE (("" "/")) NIL NIL
			S: A1 OK NAMESPACE completed
			C: A2 ID NIL
			S: * ID ("name" "imaptest")
			S: A2 OK ID completed
			C: A3 ID ("name" "x" "version" NIL)
			S: * ID ("name" "imaptest")
			S: A3 OK ID completed
			C: A4 ID ("name")
			S: A4 BAD ID: a field without a value
			C: A5 ENABLE CONDSTORE X
			S: * ENABLED CONDSTORE
			S: A5 OK ENABLE completed
			C: A6 ENABLE
			S: A6 BAD ENABLE: expected ' ' at the end of the command
			C: A7 IDLE
			S: + idling
			C: NOOP
			S: A7 BAD IDLE: expected DONE
			C: a8 noop
			S: a8 OK NOOP completed
			C: A9 CHECK
			S: A9 BAD CHECK: no mailbox is selected
			C: B1 LOGIN a b
			S: B1 BAD LOGIN: already logged in
		`},
		{name: "append", script: `
			C: A1 APPEND INBOX (\Seen $Work) " 1-Feb-2003 04:05:06 +0200" {6}
			S: + go ahead
			C!: a\r\n\r\nb\r\n
			S: A1 OK [APPENDUID 1 1] APPEND completed
			C: A2 APPEND INBOX {3+}
			C!: abc\r\n
			S: A2 OK [APPENDUID 1 2] APPEND completed
			C: A3 SELECT INBOX
			S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft $Work)
			S: * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft $Work \*)] flags...
			S: * 2 EXISTS
			S: * 2 RECENT
			S: * OK [UNSEEN 2] first unseen
			S: * OK [UIDVALIDITY 1] UIDs valid
			S: * OK [UIDNEXT 3] predicted next UID
			S: * OK [MAILBOXID...
			S: A3 OK [READ-WRITE] SELECT completed
			C: A4 APPEND INBOX {1+}
			C!: x\r\n
			S: * 3 EXISTS
			S: * 3 RECENT
			S: A4 OK [APPENDUID 1 3] APPEND completed
			C: A5 FETCH 1 (INTERNALDATE FLAGS)
			S: * 1 FETCH (INTERNALDATE " 1-Feb-2003 04:05:06 +0200" FLAGS (\Seen \Recent $Work))
			S: A5 OK FETCH completed
			C: A6 APPEND nowhere {3+}
			C!: abc\r\n
			S: A6 NO [TRYCREATE] there is no such mailbox
			C: A7 APPEND INBOX (\Recent) {3+}
			C!: abc\r\n
			S: A7 BAD APPEND: no client may set the flag \Recent
			C: A8 APPEND INBOX "1-Feb-2003 04:05:06 +0200" {3+}
			C!: abc\r\n
			S: A8 BAD APPEND: expected a date...
			C: A9 APPEND INBOX "quoted"
			S: A9 BAD APPEND: expected a date...
			C: B1 APPEND INBOX {3+}
			C!: a\0b\r\n
			S: B1 BAD APPEND: NUL in a literal
		`},
		{name: "quiet capabilities are those asked for", opts: &Options{
			Without: []string{"idle", "UIDPLUS", "MOVE"}, With: []string{"X-ODD"}}, script: `
			C: A1 CAPABILITY
			S: * CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE...
			S: A1 OK CAPABILITY completed
			C: A2 IDLE
			S: A2 BAD unknown command IDLE
			C: A3 APPEND INBOX {1+}
			C!: x\r\n
			S: A3 OK APPEND completed
			C: A4 UID EXPUNGE 1
			S: A4 BAD unknown command UID EXPUNGE
		`},
	} {
		cv.run(t)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, cv := range []conversation{
		{name: "bad syntax", box: "INBOX", mail: []string{hello}, script: `
			C: A1
			S: * BAD expected a tag and a command
			C: 
			S: * BAD expected a tag and a command
			C: +1 NOOP
			S: * BAD expected a tag and a command
			C: A1 FROB
			S: A1 BAD unknown command FROB
			C: A1 UID FROB
			S: A1 BAD unknown command UID FROB
			C: A1 NOOP now
			S: A1 BAD NOOP: unexpected text before " now"
			C: A1 NOOP 
			S: A1 BAD NOOP: unexpected text before " "
			C: A1 CREATE
			S: A1 BAD CREATE: expected ' ' at the end of the command
			C: A1 CREATE  x
			S: A1 BAD CREATE: expected a string before " x"
			C: A1 CREATE a(b
			S: A1 BAD CREATE: unexpected text before "(b"
			C: A1 CREATE "open
			S: A1 BAD CREATE: quoted string without its end
			C: A1 CREATE "open {3}
			S: A1 BAD CREATE: quoted string without its end
			C: A1 CREATE "a\b"
			S: A1 BAD CREATE: backslash in a quoted string quotes only " and \
			C: A1 FETCH 0 FLAGS
			S: A1 BAD FETCH: expected a number from 1 before "0 FLAGS"
			C: A1 FETCH 2 FLAGS
			S: A1 BAD FETCH: no message has a number in 2
			C: A1 FETCH 1:2 FLAGS
			S: A1 BAD FETCH: no message has a number in 1:2
			C: A1 UID FETCH 7 FLAGS
			S: A1 OK UID FETCH completed
			C: A1 FETCH 1 FOO
			S: A1 BAD FETCH: FETCH does not know the item "FOO"
			C: A1 FETCH 1 (ALL FLAGS)
			S: A1 BAD FETCH: FETCH does not know the item "ALL"
			C: A1 FETCH 1 BODY[FOO]
			S: A1 BAD FETCH: FETCH does not know the section "FOO"
			C: A1 FETCH 1 BODY[0]
			S: A1 BAD FETCH: parts are numbered from 1
			C: A1 FETCH 1 BODY[]<1.0>
			S: A1 BAD FETCH: a partial FETCH of no bytes
			C: A1 FETCH 1 BODY[HEADER.FIELDS ()]
			S: A1 BAD FETCH: expected a string before ")]"
			C: A1 FETCH 1 BODY[MIME]
			S: A1 BAD FETCH: MIME needs a part number
			C: A1 STORE 1 FLAGS (\Foo)
			S: A1 BAD STORE: no client may set the flag \Foo
			C: A1 STORE 1 FLAG (\Seen)
			S: A1 BAD STORE: STORE knows FLAGS, +FLAGS and -FLAGS, not FLAG
			C: A1 SEARCH FOO
			S: A1 BAD SEARCH: SEARCH does not know the key "FOO"
			C: A1 SEARCH (SEEN
			S: A1 BAD SEARCH: expected ')' at the end of the command
			C: A1 SEARCH SINCE 2020-01-01
			S: A1 BAD SEARCH: expected a date like 1-Feb-2006, not "2020-01-01"
			C: A1 SEARCH CHARSET KOI8-R ALL
			S: A1 NO [BADCHARSET (US-ASCII UTF-8 ISO-8859-1)] unknown charset
		`},
		{name: "injection", opts: &Options{Without: []string{"UTF8=ACCEPT", "IMAP4rev2"}}, script: `
			C!: A1 CREATE "a\rb"\r\n
			S: A1 BAD CR inside a line
			C!: A2 CREATE "a\0b"\r\n
			S: A2 BAD NUL inside a line
			C!: A3 CREATE "a\nA4 NOOP\r\n
			S: A3 BAD line does not end with CRLF but with LF alone
			S: A4 OK NOOP completed
			C!: A5 CREATE "\xc3\xbc"\r\n
			S: A5 BAD CREATE: byte 0xc3 in a quoted string: send a literal
			C!: A6 CREATE \xc3\xbc\r\n
			S: A6 BAD CREATE: expected a string before "\u00fc"
		`},
		{name: "limits", opts: &Options{MaxLine: 100, MaxLiteral: 10}, script: `
			C: A1 CREATE 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
			S: A1 BAD command line too long
			C: A1 CREATE 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 {3+}
			C!: A8 \r\n
			S: A1 BAD command line too long
			C: A2 APPEND INBOX {11}
			S: A2 NO [TOOBIG] literal of 11 bytes is too large
			C: A3 APPEND INBOX {11+}
			C!: 01234567890\r\n
			S: A3 NO [TOOBIG] literal of 11 bytes is too large
			C: A4 APPEND INBOX {10+}
			C!: 0123456789\r\n
			S: A4 OK [APPENDUID 1 1] APPEND completed
			C: A5 LIST {6+}
			C!: 012345 {6+}\r\n012345\r\n
			S: A5 NO [TOOBIG] literal of 6 bytes is too large
			C: A6 NOOP
			S: A6 OK NOOP completed
		`},
		{name: "without LITERAL+", opts: &Options{Without: []string{"LITERAL+"}}, script: `
			C: A1 CREATE {3+}
			S: A1 BAD CREATE: expected a literal before "{3+}"
			C: A2 NOOP
			S: A2 OK NOOP completed
		`},
		{name: "eight bits on request", opts: &Options{EightBit: true, Without: []string{"UTF8=ACCEPT", "IMAP4rev2"}}, script: `
			C!: A1 CREATE "\xc3\xbc"\r\n
			S: A1 NO [CANNOT] CREATE: the name is not in modified UTF-7: it has a byte that is not ASCII
		`},
		{name: "pipelined", script: `
			C!: A1 NOOP\r\nA2 CREATE {3+}\r\nabc\r\nA3 LIST "" a*\r\nA4 NOOP\r\n
			S: A1 OK NOOP completed
			S: A2 OK [MAILBOXID...
			S: * LIST (\HasNoChildren) "/" abc
			S: A3 OK LIST completed
			S: A4 OK NOOP completed
		`},
	} {
		cv.run(t)
	}
}
