package imaptest

import "testing"

func TestUTF8Accept(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "")
		tk.talk(`
			C: A0 CREATE "Büro &- Akten"
			S: A0 OK...
			C: A0 LIST "" "Büro*"
			S: * LIST (\HasNoChildren) "/" "B&APw-ro &- Akten"
			S: A0 OK LIST completed
			C: A1 ENABLE utf8=accept
			S: * ENABLED UTF8=ACCEPT
			S: A1 OK ENABLE completed
			C: A2 CREATE "Entwürfe & mehr/日本"
			S: A2 OK...
			C: A3 LIST "" "Entwürf*"
			S: * LIST (\HasChildren) "/" "Entwürfe & mehr"
			S: * LIST (\HasNoChildren) "/" "Entwürfe & mehr/日本"
			S: A3 OK LIST completed
			C: A4 STATUS "Entwürfe & mehr/日本" (MESSAGES)
			S: * STATUS "Entwürfe & mehr/日本" (MESSAGES 0)
			S: A4 OK STATUS completed
			C: A5 CREATE a&b
			S: A5 OK...
			C!: A6 CREATE "\xff"\r\n
			S: A6 BAD CREATE: a quoted string is not UTF-8
			C!: A7 CREATE "\xc2\x85"\r\n
			S: A7 BAD CREATE: a mailbox name has a control character
			C: A8 SELECT "Entwürfe & mehr/日本"
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS...
			S: * 0 EXISTS
			S: * 0 RECENT
		`)
		old := loggedIn(t, srv, "")
		old.talk(`
			C: A1 LIST "" "*mehr%"
			S: * LIST (\HasChildren) "/" "Entw&APw-rfe &- mehr"
			S: A1 OK LIST completed
			C: A2 LIST "" a*
			S: * LIST (\HasNoChildren) "/" a&-b
			S: A2 OK LIST completed
		`)
	})
}

func TestIMAP4rev2(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", "Subject: eins\n\n")
		tk := loggedIn(t, srv, "INBOX")
		tk.talk(`
			C: A1 ENABLE IMAP4rev2
			S: * ENABLED IMAP4rev2
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX
			S: * OK [CLOSED] the mailbox before
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS...
			S: * 1 EXISTS
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * OK [UNSEEN 1]...
			S: * OK [UIDVALIDITY 1]...
			S: * OK [UIDNEXT 2]...
			S: * OK [MAILBOXID...
			S: A2 OK [READ-WRITE] SELECT completed
			C: A3 SEARCH SUBJECT eins
			S: * ESEARCH (TAG "A3") ALL 1
			S: A3 OK SEARCH completed
			C: A4 UID SEARCH CHARSET UTF-8 SUBJECT "zwölf"
			S: * ESEARCH (TAG "A4") UID
			S: A4 OK UID SEARCH completed
			C: A5 FETCH 1 FLAGS
			S: * 1 FETCH (FLAGS ())
			S: A5 OK FETCH completed
		`)
	})
	inBubble(t, &Options{Without: []string{"MOVE"}}, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "")
		tk.talk(`
			C: A1 ENABLE IMAP4rev2 UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS...
			S: * 0 EXISTS
			S: * 0 RECENT
			S: * OK [UIDVALIDITY 1]...
			S: * OK [UIDNEXT 1]...
			S: * OK [MAILBOXID...
			S: A2 OK [READ-WRITE] SELECT completed
			C: A3 SEARCH CHARSET UTF-8 ALL
			S: A3 BAD SEARCH: everything is UTF-8, no charset may be named
		`)
	})
}
