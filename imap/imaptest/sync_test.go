package imaptest

import (
	"strings"
	"testing"
)

func mails(n int) []string { return strings.Split(strings.Repeat(hello+"\x00", n-1)+hello, "\x00") }

// plain leaves out what has nothing to do with staying in step.
func plain(o *Options) *Options {
	var p Options
	if o != nil {
		p = *o
	}
	p.Without = append([]string{"OBJECTID"}, p.Without...)
	return &p
}

func (cv conversation) plain() conversation {
	cv.opts = plain(cv.opts)
	return cv
}

// RFC 7162.
func TestCondStoreAndQResync(t *testing.T) {
	for _, cv := range []conversation{
		{name: "nobody asked", box: "INBOX", mail: mails(2), script: `
			C: A1 STORE 1 +FLAGS.SILENT (\Seen)
			S: A1 OK STORE completed
			C: A2 NOOP
			S: A2 OK NOOP completed`},
		{name: "select", mail: mails(2), script: `
			C: A1 SELECT INBOX (CONDSTORE)
			S: * FLAGS...
			S: * OK [PERM...
			S: * 2 EXISTS
			S: * 2 RECENT
			S: * OK [UNSEEN 1] first unseen
			S: * OK [UIDVALIDITY 1] UIDs valid
			S: * OK [UIDNEXT 3] predicted next UID
			S: * OK [HIGHESTMODSEQ 3] highest
			S: A1 OK [READ-WRITE] SELECT completed
			C: A2 STORE 1 +FLAGS.SILENT (\Seen)
			S: * 1 FETCH (UID 1 MODSEQ (4))
			S: A2 OK STORE completed
			C: A3 STORE 1 +FLAGS.SILENT (\Seen)
			S: A3 OK STORE completed
			C: A4 UID STORE 1:2 (UNCHANGEDSINCE 3) +FLAGS.SILENT (\Flagged)
			S: * 2 FETCH (UID 2 MODSEQ (5))
			S: A4 OK [MODIFIED 1] UID STORE completed
			C: A5 STORE 1 (UNCHANGEDSINCE 0) +FLAGS ($Done)
			S: * FLAGS...
			S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent $Done) MODSEQ (6))
			S: A5 OK STORE completed
			C: A6 STORE 1:2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($Done)
			S: * 2 FETCH (UID 2 MODSEQ (7))
			S: A6 OK [MODIFIED 1] STORE completed
			C: A7 FETCH 1:* (FLAGS) (CHANGEDSINCE 6)
			S: * 2 FETCH (FLAGS (\Flagged \Recent $Done) MODSEQ (7))
			S: A7 OK FETCH completed
			C: A8 SEARCH MODSEQ 7
			S: * SEARCH 2 (MODSEQ 7)
			S: A8 OK SEARCH completed
			C: A9 SEARCH MODSEQ "/flags/\\seen" all 8
			S: * SEARCH
			S: A9 OK SEARCH completed
			C: B1 SEARCH RETURN (ALL) OR MODSEQ 7 MODSEQ 2
			S: * ESEARCH (TAG "B1") ALL 1:2 MODSEQ 7
			S: B1 OK SEARCH completed
			C: B2 STATUS INBOX (HIGHESTMODSEQ)
			S: * STATUS INBOX (HIGHESTMODSEQ 7)
			S: B2 OK STATUS completed
			C: B3 FETCH 1 (BODY[]<0.1>)
			S: * 1 FETCH (BODY[]<0> {1}
			S: ...
			S: B3 OK FETCH completed
			C: B4 FETCH 2 (MODSEQ BODY[]<0.1>)
			S: * 2 FETCH (MODSEQ (8) BODY[]<0> {1}
			S: F FLAGS (\Seen \Flagged \Recent $Done))
			S: B4 OK FETCH completed`},
		{name: "enabled late", box: "INBOX", mail: mails(1), script: `
			C: A1 FETCH 1 MODSEQ
			S: * OK [HIGHESTMODSEQ 2] mod-sequences are told from now on
			S: * 1 FETCH (MODSEQ (2))
			S: A1 OK FETCH completed
			C: A2 ENABLE CONDSTORE
			S: * ENABLED CONDSTORE
			S: A2 OK ENABLE completed`},
		{name: "resync", mail: mails(6), script: `
			C: A1 ENABLE QRESYNC
			S: * ENABLED QRESYNC
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX (QRESYNC (1 7))
			S: * FLAGS...
			S: * OK [PERM...
			S: * 6 EXISTS
			S: * 6 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 7] highest
			S: A2 OK [READ-WRITE] SELECT completed
			C: A3 STORE 2,3,6 +FLAGS.SILENT \Deleted
			S: * 2 FETCH (UID 2 MODSEQ (8))
			S: * 3 FETCH (UID 3 MODSEQ (9))
			S: * 6 FETCH (UID 6 MODSEQ (10))
			S: A3 OK STORE completed
			C: A4 UID EXPUNGE 2:3
			S: * VANISHED 2:3
			S: A4 OK [HIGHESTMODSEQ 11] UID EXPUNGE completed
			C: A5 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 9 VANISHED)
			S: * VANISHED (EARLIER) 2:3
			S: * 4 FETCH (UID 6 FLAGS (\Deleted \Recent) MODSEQ (10))
			S: A5 OK UID FETCH completed
			C: A6 FETCH 1:* (FLAGS) (CHANGEDSINCE 9 VANISHED)
			S: A6 BAD FETCH: VANISHED needs UID FETCH, CHANGEDSINCE, and QRESYNC to be enabled
			C: A7 UID FETCH 1:* (FLAGS) (VANISHED)
			S: A7 BAD UID FETCH: VANISHED needs UID FETCH, CHANGEDSINCE, and QRESYNC to be enabled
			C: A8 EXPUNGE
			S: * VANISHED 6
			S: A8 OK [HIGHESTMODSEQ 12] EXPUNGE completed
			C: A9 SELECT INBOX (CONDSTORE QRESYNC (1 7 1:4))
			S: * OK [CLOSED] the mailbox before
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 0 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 12] highest
			S: * VANISHED (EARLIER) 2:3
			S: A9 OK [READ-WRITE] SELECT completed
			C: B1 EXAMINE INBOX (QRESYNC (1 7 (1,3 1,5)))
			S: * OK [CLOSED] the mailbox before
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 0 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 12] highest
			S: * VANISHED (EARLIER) 6
			S: B1 OK [READ-ONLY] EXAMINE completed
			C: B2 EXAMINE INBOX (QRESYNC (2 7))
			S: * OK [CLOSED] the mailbox before
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 0 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 12] highest
			S: B2 OK [READ-ONLY] EXAMINE completed`},
		{name: "syntax", mail: mails(1), script: `
			C: A1 SELECT INBOX (QRESYNC (1 7))
			S: A1 BAD SELECT: QRESYNC is not enabled
			C: A2 SELECT INBOX (QRESYNC (1 0))
			S: A2 BAD...
			C: A3 SELECT INBOX (QRESYNC (1 9223372036854775808))
			S: A3 BAD...
			C: A4 SELECT INBOX (QRESYNC (1 7 1:*))
			S: A4 BAD...
			C: A5 SELECT INBOX (QRESYNC (1 7 4,3))
			S: A5 BAD...
			C: A6 SELECT INBOX (QRESYNC (1 7 (1:2 4)))
			S: A6 BAD...
			C: A7 SELECT INBOX (OTHER)
			S: A7 BAD...
			C: A8 SELECT INBOX ()
			S: A8 BAD...`},
		{name: "without", opts: &Options{Without: []string{"CONDSTORE", "QRESYNC"}}, box: "INBOX", mail: mails(1), script: `
			C: A1 FETCH 1 MODSEQ
			S: A1 BAD FETCH: FETCH does not know the item "MODSEQ"
			C: A2 SEARCH MODSEQ 1
			S: A2 BAD...
			C: A3 STORE 1 (UNCHANGEDSINCE 1) FLAGS ()
			S: A3 BAD...
			C: A4 STATUS INBOX (HIGHESTMODSEQ)
			S: A4 BAD...
			C: A5 ENABLE CONDSTORE QRESYNC
			S: * ENABLED
			S: A5 OK ENABLE completed
			C: A6 SELECT INBOX (CONDSTORE)
			S: A6 BAD...`},
		{name: "little is remembered", opts: &Options{Removals: 1}, mail: mails(4), script: `
			C: A1 ENABLE QRESYNC
			S: * ENABLED QRESYNC
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 4 EXISTS
			S: * 4 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 5] highest
			S: A2 OK [READ-WRITE] SELECT completed
			C: A3 STORE 1:2 +FLAGS.SILENT \Deleted
			S: * 1 FETCH (UID 1 MODSEQ (6))
			S: * 2 FETCH (UID 2 MODSEQ (7))
			S: A3 OK STORE completed
			C: A4 UID EXPUNGE 1
			S: * VANISHED 1
			S: A4 OK [HIGHESTMODSEQ 8] UID EXPUNGE completed
			C: A5 UID EXPUNGE 2
			S: * VANISHED 2
			S: A5 OK [HIGHESTMODSEQ 9] UID EXPUNGE completed
			C: A6 UID FETCH 1:9 (FLAGS) (CHANGEDSINCE 8 VANISHED)
			S: * VANISHED (EARLIER) 2
			S: A6 OK UID FETCH completed
			C: A7 UID FETCH 1:9 (FLAGS) (CHANGEDSINCE 7 VANISHED)
			S: * VANISHED (EARLIER) 1:2
			S: A7 OK UID FETCH completed`},
	} {
		cv.plain().run(t)
	}
}

// A removal that cannot be told yet holds HIGHESTMODSEQ down (RFC 7162 §6).
func TestDelayedVanished(t *testing.T) {
	inBubble(t, plain(nil), func(t *testing.T, srv *Server) {
		for range 3 {
			deliver(t, srv, "INBOX", hello)
		}
		tk := loggedIn(t, srv, "")
		tk.talk(`
			C: A1 ENABLE QRESYNC
			S: * ENABLED QRESYNC
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 3 RECENT
			S: * OK [UNSEEN...
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: * OK [HIGHESTMODSEQ 4] highest
			S: A2 OK...`)
		if err := srv.Remove("alice", "INBOX", 2); err != nil {
			t.Fatal(err)
		}
		tk.talk(`
			C: A3 STORE 1 +FLAGS.SILENT \Seen
			S: * 1 FETCH (UID 1 MODSEQ (6))
			S: * OK [HIGHESTMODSEQ 4] more is to be told
			S: A3 OK STORE completed
			C: A4 NOOP
			S: * VANISHED 2
			S: A4 OK NOOP completed`)
	})
}

// RFC 9586.
func TestUIDOnly(t *testing.T) {
	for _, cv := range []conversation{
		{name: "UIDONLY", mail: mails(3), script: `
			C: A1 ENABLE UIDONLY
			S: * ENABLED UIDONLY
			S: A1 OK ENABLE completed
			C: A2 SELECT INBOX
			S: * FLAGS...
			S: * OK [PERM...
			S: * 3 EXISTS
			S: * 3 RECENT
			S: * OK [UIDVAL...
			S: * OK [UIDNEXT...
			S: A2 OK...
			C: A3 FETCH 1 FLAGS
			S: A3 BAD [UIDREQUIRED] FETCH: message numbers are not allowed
			C: A4 UID SEARCH 1:2
			S: A4 BAD [UIDREQUIRED] SEARCH: message numbers are not allowed
			C: A5 UID SEARCH UID 2:3
			S: * SEARCH 2 3
			S: A5 OK UID SEARCH completed
			C: A6 UID FETCH 2 (FLAGS UID)
			S: * 2 UIDFETCH (FLAGS (\Recent) UID 2)
			S: A6 OK UID FETCH completed
			C: A7 UID STORE 3 FLAGS (\Deleted)
			S: * 3 UIDFETCH (FLAGS (\Deleted \Recent))
			S: A7 OK UID STORE completed
			C: A8 EXPUNGE
			S: * VANISHED 3
			S: A8 OK EXPUNGE completed
			C: A9 SEARCH ALL
			S: A9 BAD [UIDREQUIRED] SEARCH: message numbers are not allowed`},
	} {
		cv.plain().run(t)
	}
}

// RFC 9738.
func TestMessageLimit(t *testing.T) {
	limit := &Options{MessageLimit: 2}
	for _, cv := range []conversation{
		{name: "limit", opts: limit, box: "INBOX", mail: mails(5), script: `
			C: A1 UID FETCH 1:* (FLAGS)
			S: * 4 FETCH (UID 4 FLAGS (\Recent))
			S: * 5 FETCH (UID 5 FLAGS (\Recent))
			S: A1 OK [MESSAGELIMIT 2 4] UID FETCH completed
			C: A2 UID FETCH 1:2 (FLAGS)
			S: * 1 FETCH (UID 1 FLAGS (\Recent))
			S: * 2 FETCH (UID 2 FLAGS (\Recent))
			S: A2 OK UID FETCH completed
			C: A3 UID SEARCH ALL
			S: * SEARCH 4 5
			S: A3 OK [MESSAGELIMIT 2 4] UID SEARCH completed
			C: A4 UID SEARCH UID 1:3 ALL
			S: * SEARCH 2 3
			S: A4 OK [MESSAGELIMIT 2 2] UID SEARCH completed
			C: A5 UID SEARCH UID 1 ALL
			S: * SEARCH 1
			S: A5 OK UID SEARCH completed
			C: A6 CREATE x
			S: A6 OK...
			C: A7 UID COPY 1:3 x
			S: A7 NO [MESSAGELIMIT 2 2] too many messages to copy, try a smaller subset
			C: A8 UID STORE 1:5 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\Deleted)
			S: * OK [HIGHESTMODSEQ 6] mod-sequences are told from now on
			S: * NO [MESSAGELIMIT 2 4] not all messages were processed
			S: A8 OK [MODIFIED 4:5] UID STORE completed
			C: A9 UID STORE 1:2,5 +FLAGS.SILENT (\Deleted)
			S: * 2 FETCH (UID 2 MODSEQ (7))
			S: * 5 FETCH (UID 5 MODSEQ (8))
			S: A9 OK [MESSAGELIMIT 2 2] UID STORE completed
			C: B1 UID STORE 1 +FLAGS.SILENT (\Deleted)
			S: * 1 FETCH (UID 1 MODSEQ (9))
			S: B1 OK UID STORE completed
			C: B2 UID EXPUNGE 1:*
			S: * 2 EXPUNGE
			S: * 4 EXPUNGE
			S: B2 OK [MESSAGELIMIT 2 2] UID EXPUNGE completed
			C: B3 MOVE 1:* x
			S: * OK [COPYUID 2 3:4 1:2] moved
			S: * 2 EXPUNGE
			S: * 2 EXPUNGE
			S: B3 OK [MESSAGELIMIT 2 3] MOVE completed`},
	} {
		cv.plain().run(t)
	}
}

// RFC 10022.
func TestUIDBatches(t *testing.T) {
	inBubble(t, plain(nil), func(t *testing.T, srv *Server) {
		for range 1203 {
			deliver(t, srv, "INBOX", hello)
		}
		for _, uid := range []uint32{1203, 700, 203, 1} {
			if err := srv.Remove("alice", "INBOX", uid); err != nil {
				t.Fatal(err)
			}
		}
		loggedIn(t, srv, "INBOX").talk(`
			C: A1 UIDBATCHES 500
			S: * UIDBATCHES (TAG "A1") 1202:703,702:201,200:1
			S: A1 OK UIDBATCHES completed
			C: A2 UIDBATCHES 500 2:3
			S: * UIDBATCHES (TAG "A2") 702:201,200:1
			S: A2 OK UIDBATCHES completed
			C: A3 UIDBATCHES 500 9:9
			S: * UIDBATCHES (TAG "A3")
			S: A3 OK UIDBATCHES completed
			C: A4 UIDBATCHES 499
			S: A4 NO [TOOFEW] a batch has at least 500 messages
			C: A5 UIDBATCHES 500 1:1000
			S: A5 NO [TOOMANY] no more than 100000 messages are counted
			C: A6 UIDBATCHES 500 3:2
			S: A6 BAD...
			C: A7 UIDBATCHES x
			S: A7 BAD...`)
	})
}

// RFC 9394 §3.3.
func TestFetchPartial(t *testing.T) {
	for _, cv := range []conversation{
		{name: "partial", box: "INBOX", mail: mails(5), script: `
			C: A1 UID FETCH 1:4 (UID) (PARTIAL -1:-2)
			S: * 3 FETCH (UID 3)
			S: * 4 FETCH (UID 4)
			S: A1 OK UID FETCH completed
			C: A2 UID FETCH 2:* (UID) (PARTIAL 3:1)
			S: * 2 FETCH (UID 2)
			S: * 3 FETCH (UID 3)
			S: * 4 FETCH (UID 4)
			S: A2 OK UID FETCH completed
			C: A3 UID FETCH 2:* (UID) (PARTIAL 9:10)
			S: A3 OK UID FETCH completed
			C: A4 STORE 2 +FLAGS.SILENT (\Seen)
			S: A4 OK STORE completed
			C: A5 UID FETCH 1:* (UID) (PARTIAL -3:-9 CHANGEDSINCE 6)
			S: * OK [HIGHESTMODSEQ 7] mod-sequences are told from now on
			S: * 2 FETCH (UID 2 MODSEQ (7))
			S: A5 OK UID FETCH completed
			C: A6 FETCH 1:* (UID) (PARTIAL 1:2)
			S: A6 BAD FETCH: PARTIAL needs UID FETCH
			C: A7 UID FETCH 1:* (UID) (PARTIAL 1:-2)
			S: A7 BAD...
			C: A8 UID FETCH 1:* (UID) (PARTIAL 0:2)
			S: A8 BAD...
			C: A9 UID FETCH 1:* (UID) ()
			S: A9 BAD...`},
	} {
		cv.plain().run(t)
	}
}
