package imaptest

import (
	"testing"
)

const hello = "From: Bob <bob@example.org>\nSubject: Hello\n\nHi there\n"

func TestServerFirstSteps(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		tk := newTalker(t, srv.Pipe())
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE...
			C: A1 LOGIN alice secret
			S: A1 OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE...
			C: A2 SELECT inbox
			S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft)
			S: * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft \*)] flags that can be changed
			S: * 1 EXISTS
			S: * 1 RECENT
			S: * OK [UNSEEN 1] first unseen
			S: * OK [UIDVALIDITY 1] UIDs valid
			S: * OK [UIDNEXT 2] predicted next UID
			S: * OK [MAILBOXID...
			S: A2 OK [READ-WRITE] SELECT completed
			C: A3 FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)
			S: * 1 FETCH (UID 1 FLAGS (\Recent) INTERNALDATE " 3-Feb-2020 04:05:06 +0000" RFC822.SIZE 57 ENVELOPE (NIL "Hello" (("Bob" NIL "bob" "example.org")) (("Bob" NIL "bob" "example.org")) (("Bob" NIL "bob" "example.org")) NIL NIL NIL NIL NIL) BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 1) BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 1 NIL NIL NIL NIL))
			S: A3 OK FETCH completed
			C: A4 FETCH 1 BODY[TEXT]
			S!: * 1 FETCH (BODY[TEXT] {10}\r\n
			S!: Hi there\r\n
			S!:  FLAGS (\\Seen \\Recent))\r\n
			S: A4 OK FETCH completed
			C: A5 IDLE
			S: + idling
		`)
		deliver(t, srv, "INBOX", hello)
		tk.talk(`
			S: * 2 EXISTS
			S: * 2 RECENT
			C: DONE
			S: A5 OK IDLE completed
			C: A6 LOGOUT
			S: * BYE logging out
			S: A6 OK LOGOUT completed
			expect-close
		`)
	})
}
