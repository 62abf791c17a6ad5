package imaptest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// examine logs in and selects INBOX.
func examine(t *testing.T, srv *Server) *talker {
	t.Helper()
	tk := enter(t, srv)
	fmt.Fprint(tk.conn, "L2 EXAMINE INBOX\r\n")
	for {
		line, err := tk.in.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "L2 NO") {
			t.Fatalf("%q, %v", line, err)
		}
		if strings.HasPrefix(line, "L2 ") {
			return tk
		}
	}
}

func TestYahoo(t *testing.T) {
	inBubble(t, Yahoo(), func(t *testing.T, srv *Server) {
		messages := make([][]byte, 1001)
		for i := range messages {
			messages[i] = CRLF(hello)
		}
		must(t, second(srv.DeliverAll("alice", "INBOX", messages, nil)))
		tk := examine(t, srv)
		fmt.Fprint(tk.conn, "A1 UID FETCH 1:* (UID)\r\n")
		n, line := 0, ""
		for line, _ = tk.in.ReadString('\n'); strings.HasPrefix(line, "* "); line, _ = tk.in.ReadString('\n') {
			n++
		}
		if n != 1000 || !strings.Contains(line, "[MESSAGELIMIT 1000") {
			t.Errorf("%d messages, then %q", n, line)
		}
		tk.talk("C: A2 IDLE\nS: + idling")
		<-time.After(3 * time.Minute)
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: DONE\nS: A2 OK...\nC: A3 NOOP\nS: * 1002 EXISTS\nS: * 1002 RECENT\nS: A3 OK...")
	})
	inBubble(t, Yahoo(), func(t *testing.T, srv *Server) {
		greeting, _ := newTalker(t, srv.Pipe()).in.ReadString('\n')
		if strings.Contains(greeting, " IDLE ") {
			t.Errorf("IDLE is offered before login: %q", greeting)
		}
		for range 10 {
			enter(t, srv).talk("C: A1 LOGOUT\nS: * BYE...\nS: A1 OK...\nexpect-close")
		}
		newTalker(t, srv.Pipe()).talk("S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [LIMIT]...\nS: * BYE...\nexpect-close")
	})
}

func TestGmail(t *testing.T) {
	inBubble(t, Gmail(), func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		response := base64.StdEncoding.EncodeToString([]byte("user=alice\x01auth=Bearer secret\x01\x01"))
		tk.talk("S: * OK Gimap...\nC: A1 AUTHENTICATE XOAUTH2 " + response + "\nS: A1 OK...")
		synctest.Wait()
		ended(t, tk, time.Hour, "S: * BYE Session expired, please login again.")
		for range 15 {
			enter(t, srv)
		}
		newTalker(t, srv.Pipe()).talk("S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [ALERT] Too many simultaneous connections. (Failure)")
	})
}

func TestExchange(t *testing.T) {
	inBubble(t, Exchange(), func(t *testing.T, srv *Server) {
		tk := examine(t, srv)
		tk.talk("C: A1 IDLE\nS: + idling")
		began := time.Now()
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT\n")
		if d := time.Since(began); d != 15*time.Second {
			t.Errorf("told after %v", d)
		}
		ended(t, tk, 30*time.Minute-15*time.Second, "S: * BYE Connection is closed. 13")
	})
}

func TestNetEase(t *testing.T) {
	inBubble(t, NetEase(), func(t *testing.T, srv *Server) {
		tk := enter(t, srv)
		tk.talk("C: A1 SELECT INBOX\nS: A1 NO SELECT Unsafe Login...\nC: A2 ID NIL\nS: * ID...\nS: A2 OK...\nC: A3 SELECT INBOX\nS: * FLAGS...")
		slow := enter(t, srv)
		<-time.After(30 * time.Second)
		slow.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 IDLE\nS: A2 BAD...")
		<-time.After(30 * time.Second)
		slow.talk("C: A3 NOOP\nS: A3 OK...") // the attempt to IDLE counted
		ended(t, slow, 30*time.Second, "S: * BYE Autologout; idle for too long")
	})
}

func TestYandex(t *testing.T) {
	inBubble(t, Yandex(), func(t *testing.T, srv *Server) {
		for range 5 {
			tk := examine(t, srv)
			began := time.Now()
			tk.talk("C: A1 IDLE\nS: + idling\nS: * BYE Autologout; idle for too long\nexpect-close")
			if d := time.Since(began); d < 2*time.Minute || d > 10*time.Minute {
				t.Errorf("IDLE for %v", d)
			}
		}
		<-time.After(time.Hour)
		for range 5 {
			enter(t, srv)
		}
		for range 2 {
			newTalker(t, srv.Pipe()).talk("S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [AUTHENTICATIONFAILED]...")
			<-time.After(50 * time.Minute)
		}
	})
}

func TestNaverAndRambler(t *testing.T) {
	inBubble(t, Naver(), func(t *testing.T, srv *Server) {
		tk := examine(t, srv)
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 EXAMINE INBOX\nS: * FLAGS...\nS: * OK...\nS: * 1 EXISTS\n")
	})
	inBubble(t, Rambler(), func(t *testing.T, srv *Server) {
		tk := examine(t, srv)
		tk.talk("C: A1 IDLE\nS: + idling")
		<-time.After(time.Minute)
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: DONE")
		tk.silent()
	})
}
