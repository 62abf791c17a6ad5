package imaptest

import (
	"fmt"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	inBubble(t, &Options{MaxConnections: 2}, func(t *testing.T, srv *Server) {
		began := time.Now()
		first := loggedIn(t, srv, "INBOX")
		<-time.After(time.Minute)
		second := loggedIn(t, srv, "INBOX")
		third := newTalker(t, srv.Pipe())
		third.talk("S: * OK...\nC: A1 LOGIN alice wrong\nS: A1 NO...\nC: A2 LOGIN alice secret\nS: A2 NO [LIMIT]...\nC: A3 login bob x\nS: A3 NO...")
		second.talk("C: A1 UID FETCH 1:* (FLAGS)\nS: A1 OK...\nC: A2 LOGOUT\nS: * BYE...\nS: A2 OK...\nexpect-close")
		first.talk("C: A1 NOOP\nS: A1 OK...")
		stats := srv.Stats()
		if got, want := fmt.Sprint(stats.Commands), "map[LOGIN:5 LOGOUT:1 NOOP:1 SELECT:2 UID FETCH:1]"; got != want {
			t.Errorf("commands %s, want %s", got, want)
		}
		alice := stats.Users["alice"]
		if got, want := fmt.Sprint(alice.Commands), "map[LOGOUT:1 NOOP:1 SELECT:2 UID FETCH:1]"; got != want {
			t.Errorf("alice's commands %s, want %s", got, want)
		}
		if len(alice.Logins) != 2 || alice.Logins[1].Sub(began) != time.Minute || len(alice.Refused) != 2 {
			t.Errorf("logins %v, refused %v", alice.Logins, alice.Refused)
		}
		if stats.Connections != 3 || alice.Sessions != 1 || alice.Most != 2 {
			t.Errorf("%d connections, %d sessions, at most %d", stats.Connections, alice.Sessions, alice.Most)
		}
	})
}

func TestCounterIsBounded(t *testing.T) {
	var c counter
	for n := range 1000 {
		c.add(fmt.Sprint(n))
	}
	all := c.all()
	if len(all) != mostWords+1 || all["7"] != 1 || all[""] != 1000-mostWords {
		t.Errorf("%d words, %d others", len(all), all[""])
	}
	var times []time.Time
	for range 45_000 {
		times = noted(times)
	}
	if len(times) < 10_000 || len(times) > 20_000 {
		t.Errorf("%d times are kept", len(times))
	}
}
