package imaptest

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestOthersMoveAndCopy(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		must(t, srv.CreateMailbox("alice", "Work"))
		for range 3 {
			deliver(t, srv, "INBOX", hello, `\Seen`)
		}
		idler, work := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "Work")
		idler.talk("C: A1 ENABLE QRESYNC\nS: * OK [HIGHESTMODSEQ 4]...\nS: * ENABLED QRESYNC\nS: A1 OK...\nC: A2 IDLE\nS: + idling")
		work.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		uids, err := srv.Move("alice", "INBOX", "Work", 1, 3)
		if err != nil || !slices.Equal(uids, []uint32{1, 2}) {
			t.Fatalf("moved to %v, %v", uids, err)
		}
		idler.talk("S: * VANISHED 1,3\n")
		work.talk("S: * 2 EXISTS\nS: * 2 RECENT\n")
		uids, err = srv.Copy("alice", "INBOX", "Work", 2)
		if err != nil || !slices.Equal(uids, []uint32{3}) {
			t.Fatalf("copied to %v, %v", uids, err)
		}
		work.talk("S: * 3 EXISTS\nS: * 3 RECENT\n")
		if m := srv.Messages("alice", "Work"); m[2].Flags[0] != `\Seen` || m[2].Date.Year() != 2020 {
			t.Errorf("a copy lost its flags or its date: %+v", m[2])
		}
		for _, err := range []error{
			second(srv.Move("alice", "INBOX", "Work", 2, 3)), second(srv.Copy("alice", "INBOX", "Other", 2)),
			second(srv.Copy("bob", "INBOX", "Work", 2)), srv.CreateMailbox("bob", "x"), srv.RenameMailbox("bob", "x", "y"),
			srv.DeleteMailbox("alice", "Other"), srv.SetSelectable("alice", "Other", true), srv.SetRights("alice", "INBOX", "Q"),
		} {
			if err == nil {
				t.Error("no error where one is due")
			}
		}
		if n := len(srv.Messages("alice", "INBOX")); n != 1 {
			t.Errorf("%d messages are left, want 1", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOthersChangeTheTree(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		must(t, srv.CreateMailbox("alice", "Work/Old"))
		tk := loggedIn(t, srv, "Work")
		tk.talk(`
			C: A1 STATUS Work/Old (MAILBOXID UIDVALIDITY)
			S: * STATUS Work/Old (MAILBOXID (F3) UIDVALIDITY 3)
			S: A1 OK...
			C: A2 NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge)) (PERSONAL (MailboxName))
			S: A2 OK...
		`)
		synctest.Wait()
		must(t, srv.RenameMailbox("alice", "Work", "Job"))
		tk.talk("S: * LIST (\\HasChildren) \"/\" Job (\"OLDNAME\" (Work))\n")
		must(t, srv.DeleteMailbox("alice", "Job/Old"))
		tk.talk(`
			S: * LIST (\HasNoChildren) "/" Job
			S: * LIST (\NonExistent) "/" Job/Old
		`)
		second(srv.Deliver("alice", "Job", CRLF(hello), nil))
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT\n")
		if got := fmt.Sprint(srv.Mailboxes("alice"), srv.Mailboxes("bob")); got != "[INBOX Job] []" {
			t.Errorf("mailboxes %s", got)
		}
	})
}

func TestUnselectable(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{Evict: EvictClosed}}, func(t *testing.T, srv *Server) {
		must(t, srv.CreateMailbox("alice", "Work"))
		second(srv.Deliver("alice", "Work", CRLF(hello), nil))
		tk := loggedIn(t, srv, "Work")
		must(t, srv.SetSelectable("alice", "Work", false))
		tk.talk(`
			C: A1 NOOP
			S: * OK [CLOSED] the mailbox cannot be selected any more
			S: A1 OK...
			C: A2 SELECT Work
			S: A2 NO [NONEXISTENT]...
			C: A3 LIST "" W*
			S: * LIST (\Noselect \HasNoChildren) "/" Work
			S: A3 OK...
		`)
		must(t, srv.SetSelectable("alice", "Work", true))
		tk.talk("C: A4 STATUS Work (MESSAGES UIDVALIDITY)\nS: * STATUS Work (MESSAGES 1 UIDVALIDITY 2)\nS: A4 OK...")
	})
}

func TestRightsTakenAway(t *testing.T) {
	inBubble(t, &Options{Without: []string{"ACL"}}, func(t *testing.T, srv *Server) {
		must(t, srv.CreateMailbox("alice", "Work"))
		tk := loggedIn(t, srv, "")
		tk.talk("C: A0 NOTIFY SET (PERSONAL (MailboxName))\nS: A0 OK...")
		must(t, srv.SetRights("alice", "Work", "l"))
		tk.talk("C: A1 EXAMINE Work\nS: A1 NO [NOPERM]...\nC: A2 STATUS Work (MESSAGES)\nS: A2 NO [NOPERM]...")
		must(t, srv.SetRights("alice", "Work", ""))
		tk.talk(`
			S: * LIST (\NoAccess) "/" Work
			C: A3 EXAMINE Work
			S: A3 NO [NONEXISTENT]...
			C: A4 LIST "" *
			S: * LIST (\HasNoChildren) "/" INBOX
			S: A4 OK...
		`)
		must(t, srv.SetRights("alice", "Work", "lrswipkxtea"))
		tk.talk("S: * LIST (\\HasNoChildren) \"/\" Work\nC: A5 STATUS Work (MESSAGES)\nS: * STATUS Work (MESSAGES 0)\nS: A5 OK...")
	})
}

func TestDeliverAll(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		idler := loggedIn(t, srv, "INBOX")
		idler.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		messages := slices.Repeat([][]byte{CRLF(hello)}, 10_000)
		date := time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)
		uids, err := srv.DeliverAll("alice", "INBOX", messages, &DeliverOptions{Date: date, Flags: []string{"x"}})
		if err != nil || len(uids) != 10_000 || uids[9999] != 10_000 {
			t.Fatalf("%d UIDs, %v", len(uids), err)
		}
		idler.talk("S: * 10000 EXISTS\nS: * 10000 RECENT\nS: * FLAGS...\nC: DONE\nS: A1 OK...")
		idler.talk("C: A2 UID FETCH 10000 (FLAGS INTERNALDATE)\nS: * 10000 FETCH (UID 10000 FLAGS (\\Recent x) INTERNALDATE \" 3-Feb-2001 00:00:00 +0000\")\nS: A2 OK...")
		must(t, srv.Remove("alice", "INBOX", uids[:9999]...))
		if n := len(srv.Messages("alice", "INBOX")); n != 1 {
			t.Errorf("%d messages are left, want 1", n)
		}
	})
}

// What a session sees whose mailbox is deleted, by the kind of server.
func TestEviction(t *testing.T) {
	for how, script := range map[Eviction]string{
		EvictBye:    "S: * BYE selected mailbox was deleted\nexpect-close",
		EvictLate:   "C: DONE\nS: A1 OK...\nC: A2 NOOP\nS: * BYE selected mailbox was deleted\nexpect-close",
		EvictClosed: "S: * OK [CLOSED] selected mailbox was deleted\nC: DONE\nS: A1 OK...\nC: A2 CHECK\nS: A2 BAD CHECK: no mailbox is selected",
		EvictTold:   "S: * OK [CLOSED] selected mailbox was deleted\nC: DONE\nS: A1 OK...\nC: A2 SELECT INBOX\nS: * FLAGS...",
		EvictNo: `
			C: DONE
			S: A1 OK...
			C: A2 NOOP
			S: A2 OK...
			C: A3 UID FETCH 1 (FLAGS)
			S: A3 NO [NONEXISTENT] selected mailbox was deleted
			C: A4 CHECK
			S: A4 NO [NONEXISTENT]...
			C: A5 UNSELECT
			S: A5 OK...`,
		EvictQuiet: `
			C: DONE
			S: A1 OK...
			C: A2 UID FETCH 1 (UID)
			S: * 1 FETCH (UID 1)
			S: A2 OK...
			C: A3 SELECT Work
			S: * OK [CLOSED] the mailbox before
			S: A3 NO [NONEXISTENT]...`,
	} {
		t.Run(string(how), func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				srv.SetFaults(&Faults{Evict: how})
				must(t, srv.CreateMailbox("alice", "Work"))
				second(srv.Deliver("alice", "Work", CRLF(hello), nil))
				tk := loggedIn(t, srv, "Work")
				tk.talk("C: A1 IDLE\nS: + idling")
				synctest.Wait()
				must(t, srv.DeleteMailbox("alice", "Work"))
				if how == EvictNo || how == EvictQuiet || how == EvictLate {
					tk.silent()
				}
				tk.talk(script)
			})
		})
	}
}

func TestEvict(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		must(t, srv.Evict("alice", "INBOX", EvictClosed))
		tk.talk("C: A1 NOOP\nS: * OK [CLOSED]...\nS: A1 OK...\nC: A2 EXAMINE INBOX\nS: * FLAGS...")
	})
}
