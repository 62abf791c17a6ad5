package imaptest

import (
	"fmt"
	"strings"
	"testing"
)

func TestStoreCopyMoveExpunge(t *testing.T) {
	three := []string{hello, hello, hello}
	for _, cv := range []conversation{
		{name: "store", box: "INBOX", mail: three, script: `
			C: A1 STORE 1,3 +FLAGS (\Seen Work)
			S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft Work)
			S: * 1 FETCH (FLAGS (\Seen \Recent Work))
			S: * 3 FETCH (FLAGS (\Seen \Recent Work))
			S: A1 OK STORE completed
			C: A2 UID STORE 3:* -FLAGS work
			S: * 3 FETCH (UID 3 FLAGS (\Seen \Recent))
			S: A2 OK UID STORE completed
			C: A3 STORE 2 FLAGS.SILENT \Deleted \Draft
			S: A3 OK STORE completed
			C: A4 STORE 2 flags ()
			S: * 2 FETCH (FLAGS (\Recent))
			S: A4 OK STORE completed
			C: A5 STORE 1:* +FLAGS (WORK)
			S: * 1 FETCH (FLAGS (\Seen \Recent Work))
			S: * 2 FETCH (FLAGS (\Recent Work))
			S: * 3 FETCH (FLAGS (\Seen \Recent Work))
			S: A5 OK STORE completed
		`},
		{name: "read-only", mail: three, script: `
			C: A1 EXAMINE INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 3 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [MAILBOXID...
			S: A1 OK [READ-ONLY] EXAMINE completed
			C: A2 STORE 1 FLAGS ()
			S: A2 NO the mailbox is read-only
			C: A3 EXPUNGE
			S: A3 NO the mailbox is read-only
			C: A4 MOVE 1 INBOX
			S: A4 NO the mailbox is read-only
			C: A5 FETCH 1 BODY[TEXT]<0.2>
			S: * 1 FETCH (BODY[TEXT]<0> {2}
			S: Hi)
			S: A5 OK FETCH completed
			C: A6 STATUS INBOX (RECENT UNSEEN)
			S: * STATUS INBOX (RECENT 3 UNSEEN 3)
			S: A6 OK STATUS completed
			C: A7 CLOSE
			S: A7 OK CLOSE completed
		`},
		{name: "copy", box: "INBOX", mail: three, script: `
			C: A1 COPY 1 Other
			S: A1 NO [TRYCREATE] there is no such mailbox
			C: A2 CREATE Other
			S: A2 OK [MAILBOXID...
			C: A3 COPY 3,1 Other
			S: A3 OK [COPYUID 2 1,3 1:2] COPY completed
			C: A4 UID COPY 9 Other
			S: A4 OK UID COPY completed
			C: A5 COPY 1:4 Other
			S: A5 BAD COPY: no message has a number in 1:4
			C: A6 COPY 2 INBOX
			S: * 4 EXISTS
			S: * 4 RECENT
			S: A6 OK [COPYUID 1 2 4] COPY completed
			C: A7 STATUS Other (MESSAGES)
			S: * STATUS Other (MESSAGES 2)
			S: A7 OK STATUS completed
		`},
		{name: "move", box: "INBOX", mail: three, script: `
			C: A1 CREATE Other
			S: A1 OK [MAILBOXID...
			C: A2 MOVE 1:2 Other
			S: * OK [COPYUID 2 1:2 1:2] moved
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: A2 OK MOVE completed
			C: A3 UID MOVE 1:3 Other
			S: * OK [COPYUID 2 3 3] moved
			S: * 1 EXPUNGE
			S: A3 OK UID MOVE completed
		`},
		{name: "expunge", box: "INBOX", mail: []string{hello, hello, hello, hello, hello}, script: `
			C: A1 STORE 2:3,5 +FLAGS.SILENT (\Deleted)
			S: A1 OK STORE completed
			C: A2 UID EXPUNGE 1:2,4
			S: * 2 EXPUNGE
			S: A2 OK UID EXPUNGE completed
			C: A3 EXPUNGE
			S: * 2 EXPUNGE
			S: * 3 EXPUNGE
			S: A3 OK EXPUNGE completed
			C: A4 UID SEARCH ALL
			S: * SEARCH 1 4
			S: A4 OK UID SEARCH completed
			C: A5 STORE 1 +FLAGS.SILENT \Deleted
			S: A5 OK STORE completed
			C: A6 UNSELECT
			S: A6 OK UNSELECT completed
			C: A7 STATUS INBOX (MESSAGES)
			S: * STATUS INBOX (MESSAGES 2)
			S: A7 OK STATUS completed
			C: A8 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 2 EXISTS
			S: * 0 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT 6]...
			S: * OK [MAILBOXID...
			S: A8 OK...
			C: A9 CLOSE
			S: A9 OK CLOSE completed
			C: B1 STATUS INBOX (MESSAGES)
			S: * STATUS INBOX (MESSAGES 1)
			S: B1 OK STATUS completed
		`},
	} {
		cv.run(t)
	}
}

func TestSearch(t *testing.T) {
	mail := []string{
		"From: bob@example.org\nTo: alice@example.org\nSubject: one\nDate: Mon, 6 Jan 2020 23:00:00 -0800\n\nbody text\n",
		"From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\nCc: x@y\nSubject: TWO\nContent-Transfer-Encoding: base64\n\n" +
			"c2Now7Zu\n",
		"From: carl@example.org\nBcc: z\nX-Spam:\nSubject: three\n\n" + strings.Repeat("long ", 50) + "\n",
	}
	tests := []struct{ keys, want string }{
		{"ALL", " 1 2 3"},
		{"2:*", " 2 3"},
		{"*", " 3"},
		{"99", ""},
		{"UID 1,3", " 1 3"},
		{"NOT UID 1", " 2 3"},
		{"SEEN", ""},
		{"UNSEEN RECENT NEW", " 1 2 3"},
		{"OLD", ""},
		{"FLAGGED", " 2"},
		{"UNFLAGGED", " 1 3"},
		{"KEYWORD work", " 2"},
		{"UNKEYWORD Work", " 1 3"},
		{"FROM BOB", " 1"},
		{"TO alice", " 1"},
		{"CC x", " 2"},
		{"BCC z", " 3"},
		{`SUBJECT "wo"`, " 2"},
		{`HEADER X-Spam ""`, " 3"},
		{`HEADER X-None ""`, ""},
		{"BODY text", " 1"},
		{"TEXT one", " 1"},
		{"TEXT carl", " 3"},
		{"LARGER 200", " 3"},
		{"SMALLER 200", " 1 2"},
		{"ON 3-Feb-2020", " 1 2 3"},
		{`BEFORE "03-Feb-2020"`, ""},
		{"SINCE 3-Feb-2020", " 1 2 3"},
		{"SENTON 6-Jan-2020", " 1"},
		{"SENTBEFORE 7-Jan-2020", " 1"},
		{"SENTSINCE 7-Jan-2020", ""},
		{"OR FROM bob FROM carl", " 1 3"},
		{"OR (FROM bob SUBJECT nothing) NOT (1 OR 2 3)", " 1 2 3"},
		{"CHARSET utf-8 FROM {5+}\r\nj\xc3\xb6rg", " 2"},
		{"CHARSET ISO-8859-1 FROM {4+}\r\nJ\xf6rg", " 2"},
		{"CHARSET UTF-8 BODY \"sch\xc3\xb6n\"", " 2"},
	}
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", mail[0])
		deliver(t, srv, "INBOX", mail[1], `\Flagged`, "Work")
		deliver(t, srv, "INBOX", mail[2])
		tk := loggedIn(t, srv, "INBOX")
		for _, test := range tests {
			fmt.Fprintf(tk.conn, "A1 SEARCH %s\r\n", test.keys)
			if err := tk.try("S: * SEARCH" + test.want + "\nS: A1 OK SEARCH completed"); err != nil {
				t.Fatalf("%s: %v", test.keys, err)
			}
		}
		tk.talk(`
			C: A1 UID SEARCH RETURN (MIN MAX COUNT ALL) 2:*
			S: * ESEARCH (TAG "A1") UID MIN 2 MAX 3 COUNT 2 ALL 2:3
			S: A1 OK UID SEARCH completed
			C: A2 SEARCH RETURN () ALL
			S: * ESEARCH (TAG "A2") ALL 1:3
			S: A2 OK SEARCH completed
			C: A3 SEARCH RETURN (MIN COUNT) SEEN
			S: * ESEARCH (TAG "A3") COUNT 0
			S: A3 OK SEARCH completed
			C: A4 SEARCH RETURN (FAVE) SEEN
			S: A4 BAD SEARCH: SEARCH does not know the return option "FAVE"
			C!: A5 SEARCH CHARSET UTF-8 FROM {1+}\r\n\xff\r\n
			S: A5 BAD SEARCH: a string is not in its charset
		`)
	})
}

// Two clients see each other's changes, each with its own numbers.
func TestViews(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		for range 3 {
			deliver(t, srv, "INBOX", hello)
		}
		a := loggedIn(t, srv, "INBOX")
		b := loggedIn(t, srv, "INBOX")
		a.talk(`
			C: A1 STORE 2 +FLAGS (\Deleted)
			S: * 2 FETCH (FLAGS (\Deleted \Recent))
			S: A1 OK STORE completed
			C: A2 EXPUNGE
			S: * 2 EXPUNGE
			S: A2 OK EXPUNGE completed
			C: A3 STORE 2 +FLAGS (\Flagged)
			S: * 2 FETCH (FLAGS (\Flagged \Recent))
			S: A3 OK STORE completed
		`)
		deliver(t, srv, "INBOX", hello)
		b.talk(`
			C: B1 FETCH 2 UID
			S: * 2 FETCH (UID 2)
			S: * 4 EXISTS
			S: * 1 RECENT
			S: * 3 FETCH (FLAGS (\Flagged))
			S: B1 OK FETCH completed
			C: B2 SEARCH UID 3
			S: * SEARCH 3
			S: B2 OK SEARCH completed
			C: B3 STORE 2 +FLAGS (\Seen)
			S: B3 NO [EXPUNGEISSUED] some of the messages are gone
			C: B4 COPY 2 INBOX
			S: * 2 EXPUNGE
			S: B4 NO [EXPUNGEISSUED] some of the messages are gone
			C: B5 FETCH 2:3 UID
			S: * 2 FETCH (UID 3)
			S: * 3 FETCH (UID 4)
			S: B5 OK FETCH completed
		`)
		if err := srv.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		a.talk(`
			C: A4 SEARCH ALL
			S: * SEARCH 1 2
			S: * 3 EXISTS
			S: * 2 RECENT
			S: A4 OK SEARCH completed
			C: A5 UID SEARCH ALL
			S: * SEARCH 1 3 4
			S: * 1 EXPUNGE
			S: A5 OK UID SEARCH completed
			C: A6 NOOP
			S: A6 OK NOOP completed
		`)
		b.talk(`
			C: B6 NOOP
			S: * 1 EXPUNGE
			S: B6 OK NOOP completed
			C: B7 FETCH 1:* (UID FLAGS)
			S: * 1 FETCH (UID 3 FLAGS (\Flagged))
			S: * 2 FETCH (UID 4 FLAGS (\Recent))
			S: B7 OK FETCH completed
		`)
	})
}
