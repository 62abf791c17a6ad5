package imaptest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// enter logs alice in to a server that may greet as it likes.
func enter(t *testing.T, srv *Server) *talker {
	t.Helper()
	tk := newTalker(t, srv.Pipe())
	tk.talk("S: * OK...\nC: L1 LOGIN alice secret\nS: L1 OK...")
	return tk
}

// ended waits for the end of a connection, and says when it came and what was
// said before.
func ended(t *testing.T, tk *talker, want time.Duration, script string) {
	t.Helper()
	began := time.Now()
	tk.talk(script + "\nexpect-close")
	if d := time.Since(began); d != want {
		t.Errorf("ended after %v, want %v", d, want)
	}
}

func TestSessionEnds(t *testing.T) {
	limits := Limits{Session: 24 * time.Hour, SessionBye: "expired", Token: time.Hour, TokenBye: "token expired"}
	inBubble(t, &Options{Limits: limits, Mechanisms: []string{"XOAUTH2"}}, func(t *testing.T, srv *Server) {
		ended(t, enter(t, srv), 24*time.Hour, "S: * BYE expired")
		tk := newTalker(t, srv.Pipe())
		response := base64.StdEncoding.EncodeToString([]byte("user=alice\x01auth=Bearer secret\x01\x01"))
		tk.talk("S: * OK...\nC: A1 AUTHENTICATE XOAUTH2 " + response + "\nS: A1 OK...\nC: A2 IDLE\nS: + idling")
		ended(t, tk, time.Hour, "S: * BYE token expired")
	})
}

func TestInactiveSessionEnds(t *testing.T) {
	inBubble(t, &Options{Limits: Limits{Inactive: time.Minute, NoopIsNone: true}}, func(t *testing.T, srv *Server) {
		tk := enter(t, srv)
		for range 3 {
			<-time.After(50 * time.Second)
			tk.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 CAPABILITY\nS: * CAPABILITY...\nS: A2 OK...")
		}
		<-time.After(50 * time.Second)
		tk.talk("C: A1 NOOP\nS: A1 OK...")
		ended(t, tk, 10*time.Second, "")
	})
	inBubble(t, &Options{Limits: Limits{Inactive: time.Minute, InactiveBye: "bye", IdleIsActive: true}}, func(t *testing.T, srv *Server) {
		tk := enter(t, srv)
		tk.talk("C: A1 IDLE\nS: + idling")
		<-time.After(time.Hour)
		tk.talk("C: DONE\nS: A1 OK...")
		ended(t, tk, time.Minute, "S: * BYE bye")
	})
}

func TestIdleEnds(t *testing.T) {
	var lives []time.Duration
	for _, seed := range []uint64{1, 1, 2} {
		inBubble(t, &Options{Seed: seed, Limits: Limits{IdleMin: time.Minute, IdleMax: time.Hour, IdleBye: "idle"}}, func(t *testing.T, srv *Server) {
			tk := enter(t, srv)
			tk.talk("C: A1 IDLE\nS: + idling")
			synctest.Wait()
			began := time.Now()
			tk.talk("S: * BYE idle\nexpect-close")
			lives = append(lives, time.Since(began))
		})
	}
	if lives[0] != lives[1] || lives[0] == lives[2] || min(lives[0], lives[2]) < time.Minute || max(lives[0], lives[2]) > time.Hour {
		t.Errorf("an IDLE lives for %v", lives)
	}
	inBubble(t, &Options{Limits: Limits{IdleMin: 58 * time.Second, IdleMax: 58 * time.Second, IdleSwallow: true}}, func(t *testing.T, srv *Server) {
		tk := enter(t, srv)
		tk.talk("C: A1 IDLE\nS: + idling")
		<-time.After(55 * time.Second)
		tk.talk("C: DONE\nS: A1 OK...\nC: A2 IDLE\nS: + idling")
		<-time.After(59 * time.Second)
		tk.talk("C: DONE")
		tk.silent()
	})
}

func TestLoginsAreLimited(t *testing.T) {
	limits := Limits{Logins: 2, Within: 5 * time.Minute, LoginsText: "[LIMIT] slow down", LoginsBye: "bye", Lock: time.Hour}
	inBubble(t, &Options{Limits: limits}, func(t *testing.T, srv *Server) {
		try := func(want string) {
			t.Helper()
			tk := newTalker(t, srv.Pipe())
			tk.talk("S: * OK...\nC: A1 LOGIN alice secret\n" + want)
		}
		refused := "S: A1 NO [LIMIT] slow down\nS: * BYE bye\nexpect-close"
		try("S: A1 OK...")
		<-time.After(4 * time.Minute)
		try("S: A1 OK...")
		<-time.After(2 * time.Minute)
		try("S: A1 OK...")
		try(refused)
		<-time.After(59 * time.Minute)
		try(refused)
		<-time.After(2 * time.Minute)
		try("S: A1 OK...")
		if alice := srv.Stats().Users["alice"]; len(alice.Refused) != 2 || len(alice.Logins) != 4 {
			t.Errorf("%+v", alice)
		}
	})
}

func TestRefusalsOfSessions(t *testing.T) {
	inBubble(t, &Options{MaxConnections: 1, Limits: Limits{TooMany: "[ALERT] too many"}}, func(t *testing.T, srv *Server) {
		enter(t, srv)
		newTalker(t, srv.Pipe()).talk("S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [ALERT] too many")
	})
	inBubble(t, &Options{MaxConnections: 1, Limits: Limits{TooMany: "not connected", FakeLogin: true}}, func(t *testing.T, srv *Server) {
		enter(t, srv)
		enter(t, srv).talk("C: A1 LIST \"\" \"\"\nS: A1 BAD not connected\nC: A2 LOGOUT\nS: * BYE...\nS: A2 OK...\nexpect-close")
	})
}

func TestCommandsAreThrottled(t *testing.T) {
	limits := Limits{Commands: 2, CommandsWithin: time.Minute, CommandsText: "BAD throttled for %d ms", Patience: 2, CommandsBye: "closed. 14"}
	inBubble(t, &Options{Limits: limits}, func(t *testing.T, srv *Server) {
		tk, other := enter(t, srv), enter(t, srv)
		tk.talk("C: A1 NOOP\nS: A1 OK...")
		<-time.After(20 * time.Second)
		other.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 NOOP\nS: A2 BAD throttled for 40000 ms")
		<-time.After(40 * time.Second)
		tk.talk("C: A2 NOOP\nS: A2 OK...\nC: A3 NOOP\nS: A3 BAD throttled for 20000 ms\nC: A4 NOOP\nS: A4 BAD...\nC: A5 NOOP\nS: A5 BAD...\nS: * BYE closed. 14\nexpect-close")
	})
}

func TestOffers(t *testing.T) {
	opts := &Options{Early: []string{"IMAP4rev1", "ID"}, Offers: []string{"IMAP4rev1", "X-OWN", "ID", "IDLE", "LITERAL-"}, MessageLimit: 9, GreetingText: "hello", ID: []string{"name", "x", "vendor", `"y"`}}
	inBubble(t, opts, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN] hello
			C: A1 LOGIN alice {6+}
			C: secret
			S: A1 OK [CAPABILITY IMAP4rev1 X-OWN ID IDLE LITERAL- MESSAGELIMIT=9] logged in
			C: A2 NAMESPACE
			S: A2 BAD unknown command NAMESPACE
			C: A3 ENABLE CONDSTORE
			S: A3 BAD unknown command ENABLE
			C: A4 ID NIL
			S: * ID ("name" "x" "vendor" "\"y\"")
			S: A4 OK...
			C: A5 IDLE
			S: + idling
			C: DONE
			S: A5 OK...
		`)
		srv.SetFaults(&Faults{DropCapabilities: []string{"X-OWN", "IDLE"}})
		tk.talk("C: A6 CAPABILITY\nS: * CAPABILITY IMAP4rev1 ID LITERAL- MESSAGELIMIT=9\nS: A6 OK...")
	})
}

func TestStaleCapabilities(t *testing.T) {
	opts := &Options{Early: []string{"IMAP4rev1"}, StaleCapabilities: true, SilentEnable: true, IDFirst: "unsafe", ID: []string{}}
	inBubble(t, opts, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] imaptest ready
			C: A1 LOGIN alice secret
			S: A1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] logged in
			C: A2 ENABLE QRESYNC
			S: A2 OK...
			C: A3 EXAMINE INBOX
			S: A3 NO unsafe
			C: A4 ID NIL
			S: * ID NIL
			S: A4 OK...
			C: A5 EXAMINE INBOX
			S: * FLAGS...
		`)
	})
}

// Every personality greets, offers in its lists only what it can, and keeps its
// options apart from those of others.
func TestPersonalities(t *testing.T) {
	for _, p := range Personalities() {
		t.Run(p.Name, func(t *testing.T) {
			p.Options().Offers[0] = "changed"
			inBubble(t, p.Options(), func(t *testing.T, srv *Server) {
				tk := enter(t, srv)
				if srv.only["CHANGED"] {
					t.Error("the options are shared")
				}
				fmt.Fprintf(tk.conn, "A1 CAPABILITY\r\n")
				line, err := tk.in.ReadString('\n')
				if err != nil || !strings.HasPrefix(line, "* CAPABILITY ") || !strings.Contains(line, " IMAP4rev1 ") {
					t.Errorf("%q, %v", line, err)
				}
			})
		})
	}
}
