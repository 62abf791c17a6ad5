package imaptest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// odd is a conversation with a server that has five messages, of which the third
// is gone.
func odd(t *testing.T, f Faults, script string) {
	t.Helper()
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		for n := 1; n <= 5; n++ {
			deliver(t, srv, "INBOX", numbered(n))
		}
		must(t, srv.Remove("alice", "INBOX", 3))
		tk := loggedIn(t, srv, "")
		srv.SetFaults(&f)
		tk.talk(script)
	})
}

func TestOddUIDNext(t *testing.T) {
	for _, row := range []struct {
		f    Faults
		code string // of SELECT
		item string // of STATUS
	}{
		{Faults{}, "S: * OK [UIDNEXT 6]...", "UIDNEXT 6 "},
		{Faults{NoUIDNext: true}, "", ""},
		{Faults{ZeroUIDNext: true}, "S: * OK [UIDNEXT 0]...", "UIDNEXT 0 "},
		{Faults{UIDNextLag: 2}, "S: * OK [UIDNEXT 4]...", "UIDNEXT 4 "},
		{Faults{UIDNextLag: 9}, "S: * OK [UIDNEXT 1]...", "UIDNEXT 1 "},
	} {
		odd(t, row.f, `
			C: A1 STATUS INBOX (UIDNEXT MESSAGES)
			S: * STATUS INBOX (`+row.item+`MESSAGES 4)
			S: A1 OK...
			C: A2 EXAMINE INBOX
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS...
			S: * 4 EXISTS
			S: * 4 RECENT
			S: * OK [UNSEEN 1]...
			S: * OK [UIDVALIDITY 1]...
			`+row.code+`
			S: * OK [MAILBOXID (F1)]...
			S: A2 OK...
		`)
	}
}

func TestOddModSeq(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		odd(t, Faults{NoModSeq: true}, `
			C: A1 STATUS INBOX (HIGHESTMODSEQ)
			S: * STATUS INBOX (HIGHESTMODSEQ 0)
			S: A1 OK...
			C: A2 ENABLE QRESYNC
			S: * ENABLED QRESYNC
			S: A2 OK...
			C: A3 EXAMINE INBOX (QRESYNC (1 2))
			S: * FLAGS...
			S: * OK [PERMANENTFLAGS...
			S: * 4 EXISTS
			S: * 4 RECENT
			S: * OK [UNSEEN 1]...
			S: * OK [UIDVALIDITY 1]...
			S: * OK [UIDNEXT 6]...
			S: * OK [MAILBOXID (F1)]...
			S: * OK [NOMODSEQ]...
			S: A3 OK...
			C: A4 UID FETCH 1 (MODSEQ)
			S: A4 BAD...
			C: A5 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)
			S: A5 BAD...
			C: A6 UID STORE 1 (UNCHANGEDSINCE 1) FLAGS ()
			S: A6 BAD...
		`)
	})
	t.Run("lower", func(t *testing.T) {
		odd(t, Faults{ModSeqLag: 4}, "C: A1 STATUS INBOX (HIGHESTMODSEQ)\nS: * STATUS INBOX (HIGHESTMODSEQ 3)\nS: A1 OK...")
	})
}

func TestResetModSeq(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		deliver(t, srv, "INBOX", hello)
		must(t, srv.Remove("alice", "INBOX", 1))
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 STATUS INBOX (HIGHESTMODSEQ)\nS: * OK [HIGHESTMODSEQ 4]...\nS: * STATUS INBOX (HIGHESTMODSEQ 4)\nS: A1 OK...")
		must(t, srv.ResetModSeq("alice", "INBOX"))
		tk.talk("C: A2 STATUS INBOX (HIGHESTMODSEQ)\nS: * STATUS INBOX (HIGHESTMODSEQ 1)\nS: A2 OK...")
		must(t, srv.SetFlags("alice", "INBOX", 2, `\Seen`))
		tk.talk("C: A3 NOOP\nS: * 1 FETCH (UID 2 FLAGS (\\Seen \\Recent) MODSEQ (2))\nS: A3 OK...")
	})
}

func TestOddVanished(t *testing.T) {
	odd(t, Faults{Vanished: "2,70:80"}, `
		C: A1 ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: A1 OK...
		C: A2 EXAMINE INBOX (QRESYNC (1 6))
		S: * FLAGS...
		S: * OK [PERMANENTFLAGS...
		S: * 4 EXISTS
		S: * 4 RECENT
		S: * OK [UNSEEN 1]...
		S: * OK [UIDVALIDITY 1]...
		S: * OK [UIDNEXT 6]...
		S: * OK [MAILBOXID (F1)]...
		S: * OK [HIGHESTMODSEQ 7]...
		S: * VANISHED (EARLIER) 2:3,70:80
		S: A2 OK...
		C: A3 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 7 VANISHED)
		S: * VANISHED (EARLIER) 2,70:80
		S: A3 OK...
	`)
}

func TestVanishedThatIsNoSet(t *testing.T) {
	defer func() {
		if r := recover(); !strings.Contains(fmt.Sprint(r), "x,y") {
			t.Errorf("recovered %v", r)
		}
	}()
	NewServer(&Options{Faults: &Faults{Vanished: "x,y"}})
}

func TestOddFetch(t *testing.T) {
	odd(t, Faults{FetchBackwards: true, SayUID: func(uid uint32) uint32 { return uid / 2 * 2 }}, `
		C: A0 EXAMINE INBOX
		S: * FLAGS...
		S: * OK [PERMANENTFLAGS...
		S: * 4 EXISTS
		S: * 4 RECENT
		S: * OK [UNSEEN 1]...
		S: * OK [UIDVALIDITY 1]...
		S: * OK [UIDNEXT 6]...
		S: * OK [MAILBOXID (F1)]...
		S: A0 OK...
		C: A1 UID FETCH 2:* (FLAGS)
		S: * 4 FETCH (UID 4 FLAGS (\Recent))
		S: * 3 FETCH (UID 4 FLAGS (\Recent))
		S: * 2 FETCH (UID 2 FLAGS (\Recent))
		S: A1 OK...
	`)
}

func TestStorm(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		tk, quiet := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		srv.SetFaults(&Faults{Storm: time.Second, StormBy: 1})
		began := time.Now()
		tk.talk(strings.Repeat("S: * 2 EXISTS\n", 5))
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("5 in %v", d)
		}
		srv.SetFaults(nil)
		tk.silent()
		quiet.silent()
		tk.talk("C: DONE\nS: A1 OK...")
	})
}

func TestStormOutsideIdle(t *testing.T) {
	inBubble(t, &Options{PushAlways: true, Faults: &Faults{Storm: time.Second}}, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("S: * 0 EXISTS\nS: * 0 EXISTS\n")
	})
}

func TestExistsLag(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{ExistsLag: 20 * time.Second}}, func(t *testing.T, srv *Server) {
		idler, tk := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
		idler.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		began := time.Now()
		deliver(t, srv, "INBOX", hello)
		<-time.After(5 * time.Second)
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A1 UID SEARCH ALL\nS: * SEARCH\nS: A1 OK...\nC: A2 STATUS INBOX (MESSAGES UIDNEXT)\nS: * STATUS INBOX (MESSAGES 2 UIDNEXT 3)\nS: A2 OK...")
		idler.talk("S: * 1 EXISTS\nS: * 1 RECENT\n")
		if d := time.Since(began); d != 20*time.Second {
			t.Errorf("told after %v", d)
		}
		must(t, srv.Remove("alice", "INBOX", 1))
		idler.talk("S: * 1 EXPUNGE\nS: * 1 EXISTS\nS: * 1 RECENT\n")
		if d := time.Since(began); d != 25*time.Second {
			t.Errorf("told after %v", d)
		}
		tk.talk("C: A3 NOOP\nS: * 1 EXISTS\nS: * 0 RECENT\nS: A3 OK...")
		loggedIn(t, srv, "INBOX").talk("C: A1 UID SEARCH ALL\nS: * SEARCH 2\nS: A1 OK...")
	})
}

func TestHoldUntilSelect(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		srv.SetFaults(&Faults{HoldUntilSelect: true})
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 IDLE\nS: + idling\n")
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: DONE\nS: A2 OK...\nC: A3 UID SEARCH ALL\nS: * SEARCH\nS: A3 OK...")
		tk.talk("C: A4 SELECT INBOX\nS: * OK [CLOSED]...\nS: * FLAGS...\nS: * OK...\nS: * 2 EXISTS\n")
	})
}

func TestIdleThatGoesMute(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{MuteIdleAfter: 3 * time.Minute}}, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 IDLE\nS: + idling")
		<-time.After(2 * time.Minute)
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT\n")
		<-time.After(time.Minute)
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: DONE\nS: A1 OK...\nC: A2 IDLE\nS: + idling\nS: * 2 EXISTS\nS: * 2 RECENT\n")
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 3 EXISTS\nS: * 3 RECENT\n")
	})
}

func TestIdleThatTheServerEnds(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{IdleTimeout: time.Minute, NoIdlePlus: true}}, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 IDLE")
		began := time.Now()
		tk.talk("S: A1 OK IDLE ended by the server\n")
		if d := time.Since(began); d != time.Minute {
			t.Errorf("ended after %v", d)
		}
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: A2 NOOP\nC: A3 NOOP\nS: * 1 EXISTS\nS: * 1 RECENT\nS: A2 OK...\nS: A3 OK...")
		tk.talk("C: A4 IDLE\nC: DONE\nS: A4 OK IDLE completed\nC: A5 IDLE\nS: A5 OK IDLE ended...\nC: DONE\nS: * BAD...")
	})
}

func TestFetchApart(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		tk := loggedIn(t, srv, "INBOX")
		srv.SetFaults(&Faults{FetchApart: true})
		tk.talk(`
			C: A1 UID FETCH 1 (FLAGS RFC822.SIZE)
			S: * 1 FETCH (UID 1 FLAGS (\Recent))
			S: * 1 FETCH (UID 1 RFC822.SIZE 57)
			S: A1 OK...
			C: A2 FETCH 1 UID
			S: * 1 FETCH (UID 1)
			S: A2 OK...
			C: A3 FETCH 1 (FLAGS BODY[TEXT])
			S: * 1 FETCH (FLAGS (\Seen \Recent))...
			S: * 1 FETCH (BODY[TEXT]...
		`)
	})
}

func TestSearchNumbers(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		deliver(t, srv, "INBOX", hello)
		must(t, srv.Remove("alice", "INBOX", 1))
		tk := loggedIn(t, srv, "INBOX")
		srv.SetFaults(&Faults{SearchNumbers: true})
		tk.talk(`
			C: A1 UID SEARCH ALL
			S: * SEARCH 1
			S: A1 OK...
			C: A2 uid search uid 1:*
			S: * SEARCH 2
			S: A2 OK...
			C: A3 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "A3") UID ALL 2
			S: A3 OK...
		`)
	})
}
