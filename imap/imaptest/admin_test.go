package imaptest

import "testing"

func TestListExtended(t *testing.T) {
	prepare := func(alice *User) {
		for name, attribute := range map[string]string{"Sent": `\Sent`, "Work": "", "Work/Old": "", "Work/New": ""} {
			if attribute == "" {
				alice.CreateMailbox(name)
			} else {
				alice.CreateMailbox(name, attribute)
			}
		}
		alice.Subscribe("Work/Old")
		alice.Subscribe("Gone/Far")
		alice.Subscribe("Sent")
	}
	for _, cv := range []conversation{
		{name: "selection", prepare: prepare, script: `
			C: A1 LIST (SUBSCRIBED) "" *
			S: * LIST (\NonExistent \Subscribed) "/" Gone/Far
			S: * LIST (\Subscribed \HasNoChildren \Sent) "/" Sent
			S: * LIST (\Subscribed \HasNoChildren) "/" Work/Old
			S: A1 OK LIST completed
			C: A2 LIST (SUBSCRIBED RECURSIVEMATCH) "" %
			S: * LIST (\NonExistent) "/" Gone ("CHILDINFO" ("SUBSCRIBED"))
			S: * LIST (\Subscribed \HasNoChildren \Sent) "/" Sent
			S: * LIST (\HasChildren) "/" Work ("CHILDINFO" ("SUBSCRIBED"))
			S: A2 OK LIST completed
			C: A3 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Work Work/Old)
			S: * LIST (\Subscribed \HasNoChildren) "/" Work/Old
			S: A3 OK LIST completed
			C: A4 LIST (SPECIAL-USE REMOTE) "" *
			S: * LIST (\HasNoChildren \Sent) "/" Sent
			S: A4 OK LIST completed
			C: A5 LIST (RECURSIVEMATCH) "" *
			S: A5 BAD LIST: ...
			C: A6 LIST (X-OTHER) "" *
			S: A6 BAD LIST: ...
		`},
		{name: "return", prepare: prepare, mail: []string{hello}, script: `
			C: A1 LIST "" (INBOX Sent) RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES SIZE) MYRIGHTS METADATA (/private/comment))
			S: * LIST (\HasNoChildren) "/" INBOX
			S: * STATUS INBOX (MESSAGES 1 SIZE 57)
			S: * MYRIGHTS INBOX larswipkxtecd
			S: * METADATA INBOX (/private/comment NIL)
			S: * LIST (\Subscribed \HasNoChildren \Sent) "/" Sent
			S: * STATUS Sent (MESSAGES 0 SIZE 0)
			S: * MYRIGHTS Sent larswipkxtecd
			S: * METADATA Sent (/private/comment NIL)
			S: A1 OK LIST completed
			C: A2 LIST "" INBOX RETURN (STATUS (X))
			S: A2 BAD LIST: ...
			C: A3 LIST "" INBOX RETURN
			S: A3 BAD LIST: ...
			C: A4 LIST () "" INBOX RETURN ()
			S: * LIST (\HasNoChildren) "/" INBOX
			S: A4 OK LIST completed
		`},
		{name: "without", opts: &Options{Without: []string{"LIST-EXTENDED", "CREATE-SPECIAL-USE", "STATUS=SIZE", "ACL", "QUOTA", "METADATA"}}, script: `
			C: A1 LIST (SUBSCRIBED) "" *
			S: A1 BAD LIST: ...
			C: A2 LIST "" * RETURN (CHILDREN)
			S: A2 BAD LIST: ...
			C: A3 CREATE x (USE (\Sent))
			S: A3 BAD CREATE: ...
			C: A4 STATUS INBOX (SIZE)
			S: A4 BAD STATUS: ...
			C: A5 MYRIGHTS INBOX
			S: A5 BAD unknown command MYRIGHTS
			C: A6 GETQUOTA ""
			S: A6 BAD unknown command GETQUOTA
			C: A7 GETMETADATA "" /shared/x
			S: A7 BAD unknown command GETMETADATA
		`},
		{name: "create for a use", script: `
			C: A1 CREATE Out (USE (\Sent))
			S: A1 OK [MAILBOXID (F2)] CREATE completed
			C: A2 CREATE Out2 (USE (\Sent))
			S: A2 NO [USEATTR] ...
			C: A3 CREATE All (USE (\All))
			S: A3 NO [USEATTR] ...
			C: A4 CREATE x (USE Sent)
			S: A4 BAD CREATE: ...
			C: A5 LIST (SPECIAL-USE) "" *
			S: * LIST (\HasNoChildren \Sent) "/" Out
			S: A5 OK LIST completed
		`},
	} {
		cv.run(t)
	}
}

func TestACL(t *testing.T) {
	for _, cv := range []conversation{
		{name: "kept", script: `
			C: A1 GETACL INBOX
			S: * ACL INBOX alice lrswipkxteacd
			S: A1 OK GETACL completed
			C: A2 SETACL INBOX bob +lr
			S: A2 OK SETACL completed
			C: A3 SETACL INBOX bob +c
			S: A3 OK SETACL completed
			C: A4 SETACL INBOX -carol w
			S: A4 OK SETACL completed
			C: A5 GETACL INBOX
			S: * ACL INBOX alice lrswipkxteacd bob lrkc -carol w
			S: A5 OK GETACL completed
			C: A6 DELETEACL INBOX -carol
			S: A6 OK DELETEACL completed
			C: A7 SETACL INBOX bob -rk
			S: A7 OK SETACL completed
			C: A8 GETACL INBOX
			S: * ACL INBOX alice lrswipkxteacd bob l
			S: A8 OK GETACL completed
			C: A9 LISTRIGHTS INBOX alice
			S: * LISTRIGHTS INBOX alice la r s w i p k x t e
			S: A9 OK LISTRIGHTS completed
			C: B1 SETACL INBOX bob q
			S: B1 BAD SETACL: unknown rights "q"
			C: B2 MYRIGHTS nowhere
			S: B2 NO [NONEXISTENT] there is no such mailbox
		`},
		{name: "enforced", mail: []string{hello, hello}, prepare: func(alice *User) {
			alice.CreateMailbox("Box")
			alice.CreateMailbox("Closed")
			alice.SetRights("Closed", "alice", "")
			alice.SetRights("Box", "alice", "lrs")
		}, script: `
			C: A1 SELECT Closed
			S: A1 NO [NOPERM] the right r is needed for that
			C: A2 STATUS Closed (MESSAGES)
			S: A2 NO [NOPERM] the right r is needed for that
			C: A3 APPEND Box {3+}
			C: x
			C:
			S: A3 NO [NOPERM] the right i is needed for that
			C: A4 CREATE Box/Sub
			S: A4 NO [NOPERM] the right k is needed for that
			C: A5 DELETE Box
			S: A5 NO [NOPERM] the right x is needed for that
			C: A6 RENAME Box Other
			S: A6 NO [NOPERM] the right x is needed for that
			C: A7 SETACL Box anyone i
			S: A7 OK SETACL completed
			C: A8 APPEND Box (\Seen \Flagged) {3+}
			C: x
			C:
			S: A8 OK [APPENDUID 2 1] APPEND completed
		`},
	} {
		cv.run(t)
	}
	conversation{name: "flags", mail: []string{hello}, box: "INBOX", prepare: func(alice *User) {
		alice.SetRights("INBOX", "alice", "lrs")
	}, script: `
		C: A1 STORE 1 +FLAGS (\Seen \Flagged \Deleted word)
		S: * 1 FETCH (FLAGS (\Seen \Recent))
		S: A1 OK STORE completed
		C: A2 EXPUNGE
		S: A2 NO [NOPERM] the right e is needed for that
		C: A3 MOVE 1 INBOX
		S: A3 NO [NOPERM] the right i is needed for that
	`}.run(t)
	conversation{name: "read-only", prepare: func(alice *User) { alice.SetRights("INBOX", "alice", "lr") }, script: `
		C: A1 SELECT INBOX
		S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft)
		S: * OK [PERMANENTFLAGS ()] flags that can be changed
		S: * 0 EXISTS
		S: * 0 RECENT
		S: * OK [UIDVALIDITY 1] UIDs valid
		S: * OK [UIDNEXT 1] predicted next UID
		S: * OK [MAILBOXID (F1)] the same under any name
		S: A1 OK [READ-ONLY] SELECT completed
	`}.run(t)
}

func TestQuota(t *testing.T) {
	for _, cv := range []conversation{
		{name: "limits", box: "INBOX", mail: []string{hello}, prepare: func(alice *User) { alice.SetQuota("message", 2) }, script: `
			C: A1 GETQUOTAROOT INBOX
			S: * QUOTAROOT INBOX ""
			S: * QUOTA "" (MESSAGE 1 2)
			S: A1 OK GETQUOTAROOT completed
			C: A2 COPY 1 INBOX
			S: * 2 EXISTS
			S: * 2 RECENT
			S: A2 OK [COPYUID 1 1 2] COPY completed
			C: A3 COPY 1 INBOX
			S: A3 NO [OVERQUOTA] the quota of MESSAGE is exceeded
			C: A4 APPEND INBOX {3+}
			C: x
			C:
			S: A4 NO [OVERQUOTA] the quota of MESSAGE is exceeded
			C: A5 SETQUOTA "" (STORAGE 1 MAILBOX 1)
			S: * QUOTA "" (STORAGE 1 1 MAILBOX 1 1)
			S: A5 OK SETQUOTA completed
			C: A6 CREATE x
			S: A6 NO [OVERQUOTA] the quota of MAILBOX is exceeded
			C: A7 SETQUOTA "" ()
			S: * QUOTA "" ()
			S: A7 OK SETQUOTA completed
			C: A8 GETQUOTA x
			S: A8 NO [NONEXISTENT] there is no such quota root
			C: A9 STATUS INBOX (DELETED DELETED-STORAGE)
			S: * STATUS INBOX (DELETED 0 DELETED-STORAGE 0)
			S: A9 OK STATUS completed
			C: B1 SETQUOTA "" (X 1)
			S: B1 BAD SETQUOTA: unknown resource X
		`},
	} {
		cv.run(t)
	}
}

func TestMetadata(t *testing.T) {
	for _, cv := range []conversation{
		{name: "kept", script: `
			C: A1 SETMETADATA INBOX (/private/comment "mine" /private/comment/a {3+}
			C!: x\r\n /shared/b ~{1+}\r\n\0)\r\n
			S: A1 OK SETMETADATA completed
			C: A2 GETMETADATA INBOX (/private/comment /shared/b)
			S: * METADATA INBOX (/private/comment "mine" /shared/b ~{1}
			S!: \0)\r\n
			S: A2 OK GETMETADATA completed
			C: A3 GETMETADATA (DEPTH infinity MAXSIZE 3) INBOX /private
			S: * METADATA INBOX (/private/comment/a {3}
			S: x
			S: )
			S: A3 OK [METADATA LONGENTRIES 4] GETMETADATA completed
			C: A4 SETMETADATA INBOX (/private/comment NIL)
			S: A4 OK SETMETADATA completed
			C: A5 GETMETADATA INBOX /private/comment
			S: A5 OK GETMETADATA completed
			C: A6 SETMETADATA "" (/shared/comment "all")
			S: A6 OK SETMETADATA completed
			C: A7 GETMETADATA (DEPTH 1) "" /shared
			S: * METADATA "" (/shared/comment "all")
			S: A7 OK GETMETADATA completed
			C: A8 GETMETADATA INBOX comment
			S: A8 BAD GETMETADATA: ...
			C: A9 SETMETADATA nowhere (/private/comment NIL)
			S: A9 NO [NONEXISTENT] there is no such mailbox
			C: B1 GETMETADATA (DEPTH 2) INBOX /shared
			S: B1 BAD GETMETADATA: ...
		`},
	} {
		cv.run(t)
	}
}
