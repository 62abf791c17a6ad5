package imaptest

import "testing"

// Everything that NOTIFY can ask for, as it happens by others' hands.
func TestNotify(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		alice := srv.AddUser("alice", "secret")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(alice.CreateMailbox("Lists/Lemonade"))
		must(alice.CreateMailbox("misc"))
		deliver(t, srv, "misc", hello)
		tk := loggedIn(t, srv, "INBOX")
		other := loggedIn(t, srv, "")
		tk.talk(`
			C: A1 NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange)) (SUBTREE Lists (MessageNew MessageExpunge)) (MAILBOXES (misc nowhere) (MessageNew MessageExpunge FlagChange)) (PERSONAL (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))
			S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 2)
			S: * STATUS Lists/Lemonade (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 3)
			S: * STATUS misc (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 4 HIGHESTMODSEQ 2)
			S: A1 OK...
		`)
		deliver(t, srv, "Lists/Lemonade", hello)
		tk.talk(`S: * STATUS Lists/Lemonade (UIDNEXT 2 MESSAGES 1)`)
		deliver(t, srv, "INBOX", hello)
		tk.talk(`
			S: * 1 EXISTS
			S: * 1 RECENT
			S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {18}
			S: Subject: Hello
			S:
			S: )`)
		must(srv.SetFlags("alice", "INBOX", 1, `\Seen`))
		tk.talk(`S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent))`)
		must(srv.Remove("alice", "INBOX", 1))
		tk.talk(`S: * 1 EXPUNGE`)
		must(srv.SetFlags("alice", "misc", 1, `\Seen`))
		tk.talk(`S: * STATUS misc (UIDVALIDITY 4 UNSEEN 0)`)
		must(srv.Remove("alice", "misc", 1))
		tk.talk(`S: * STATUS misc (UIDNEXT 2 MESSAGES 0)`)
		other.talk("C: B1 CREATE New/Box\nS: B1 OK...")
		tk.talk(`
			S: * LIST (\HasChildren) "/" New
			S: * LIST (\HasNoChildren) "/" New/Box`)
		other.talk("C: B2 SUBSCRIBE New/Box\nS: B2 OK...")
		tk.talk(`S: * LIST (\HasNoChildren \Subscribed) "/" New/Box`)
		other.talk("C: B3 RENAME Lists Older\nS: B3 OK...")
		tk.talk(`S: * LIST (\HasChildren) "/" Older ("OLDNAME" (Lists))`)
		other.talk("C: B4 DELETE New/Box\nS: B4 OK...")
		tk.talk(`
			S: * LIST (\HasNoChildren) "/" New
			S: * LIST (\NonExistent) "/" New/Box`)
		other.talk("C: B5 SETMETADATA misc (/shared/comment \"a\" /private/comment \"b\")\nS: B5 OK...")
		tk.talk(`S: * METADATA misc /private/comment /shared/comment`)
		other.talk("C: B6 SETMETADATA misc (/shared/comment NIL)\nS: B6 OK...")
		tk.talk(`S: * METADATA misc /shared/comment`)
		other.talk("C: B7 SETMETADATA \"\" (/private/x \"y\")\nS: B7 OK...")
		tk.talk(`
			S: * METADATA "" /private/x
			C: A0 SETMETADATA misc (/shared/comment "mine")
			S: A0 OK...`)
		tk.talk(`
			C: A2 CREATE mine
			S: A2 OK...
			C: A3 IDLE
			S: + idling`)
		deliver(t, srv, "misc", hello)
		tk.talk(`
			S: * STATUS misc (UIDNEXT 3 MESSAGES 1)
			C: DONE
			S: A3 OK...
			C: A4 NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge)) (INBOXES NONE)
			S: A4 OK...`)
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT")
		must(srv.Remove("alice", "INBOX", 2))
		deliver(t, srv, "misc", hello)
		tk.talk(`
			C: A5 NOOP
			S: * 1 EXPUNGE
			S: A5 OK...`)
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT")
		must(srv.EndNotify("alice", "too much"))
		tk.talk("S: * OK [NOTIFICATIONOVERFLOW] too much")
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A6 NOOP\nS: A6 OK...")
		tk.talk("C: A7 NOTIFY SET (SELECTED (MessageNew MessageExpunge))\nS: * 2 EXISTS\nS: * 2 RECENT\nS: A7 OK...")
		tk.talk("C: A8 NOTIFY NONE\nS: A8 OK...")
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A9 NOOP\nS: A9 OK...")
	})
}

func TestNotifySyntax(t *testing.T) {
	conversation{name: "NOTIFY", box: "INBOX", script: `
		C: A1 NOTIFY SET (SELECTED (MessageNew))
		S: A1 BAD...
		C: A2 NOTIFY SET (PERSONAL (FlagChange))
		S: A2 BAD...
		C: A3 NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (SELECTED-DELAYED NONE)
		S: A3 BAD...
		C: A4 NOTIFY SET (SELECTED (MailboxName))
		S: A4 BAD...
		C: A5 NOTIFY SET (PERSONAL (MessageNew (UID) MessageExpunge))
		S: A5 BAD...
		C: A6 NOTIFY SET (SUBTREE (MessageNew MessageExpunge))
		S: A6 BAD...
		C: A7 NOTIFY SET STATUS
		S: A7 BAD...
		C: A8 NOTIFY
		S: A8 BAD...
		C: A9 NOTIFY SET (EVERYTHING NONE)
		S: A9 BAD...
		C: A10 NOTIFY SET (PERSONAL (MessageNew MessageExpunge AnnotationChange))
		S: A10 NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)]...
		C: A11 NOTIFY SET (SUBTREE (a "b c") (MessageNew MessageExpunge FlagChange)) (SUBSCRIBED NONE)
		S: A11 OK...
		C: A12 NOTIFY NONE
		S: A12 OK...
		C: A13 NOTIFY NONE x
		S: A13 BAD...
	`}.run(t)
}
