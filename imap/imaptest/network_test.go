package imaptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestForgottenConnection(t *testing.T) {
	for _, reset := range []bool{false, true} {
		t.Run(fmt.Sprint(reset), func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				tk, idler := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
				idler.talk("C: A1 IDLE\nS: + idling")
				<-time.After(time.Hour)
				srv.SetFaults(&Faults{Forget: 5 * time.Minute, ForgetReset: reset})
				for range 3 {
					<-time.After(4 * time.Minute)
					tk.talk("C: A1 NOOP\nS: A1 OK...")
				}
				deliver(t, srv, "INBOX", hello)
				idler.silent()
				<-time.After(6 * time.Minute)
				tk.talk("C: A2 CREATE x")
				idler.talk("C: DONE")
				if reset {
					tk.talk("expect-close")
					idler.talk("expect-close")
				} else {
					tk.silent()
					idler.silent()
				}
				if n := len(srv.Mailboxes("alice")); n != 1 {
					t.Errorf("a command came through")
				}
				loggedIn(t, srv, "INBOX")
			})
		})
	}
}

func TestSilentConnectionIsClosed(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{CloseSilent: 290 * time.Second}}, func(t *testing.T, srv *Server) {
		began := time.Now()
		early, late := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
		<-time.After(4 * time.Minute)
		late.talk("C: A1 NOOP\nS: A1 OK...")
		early.talk("expect-close")
		if d := time.Since(began); d != 290*time.Second {
			t.Errorf("closed after %v", d)
		}
		late.talk("expect-close")
		if d := time.Since(began); d != 530*time.Second {
			t.Errorf("closed after %v", d)
		}
	})
}

func TestCutWhenRead(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		srv.SetFaults(&Faults{CutAfterRead: int64(len("A1 NOOP\r\nA2 CREATE xy"))})
		tk.talk("C: A1 NOOP\nS: A1 OK...\nC: A2 CREATE xyz\nexpect-close")
		if n := len(srv.Mailboxes("alice")); n != 1 {
			t.Errorf("%d mailboxes", n)
		}
	})
}

func TestStallAndDrip(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		srv.SetFaults(&Faults{StallAfter: 5})
		fmt.Fprintf(tk.conn, "A1 NOOP\r\n")
		got := make([]byte, 5)
		if _, err := io.ReadFull(tk.in, got); string(got) != "A1 OK" {
			t.Fatalf("%q, %v", got, err)
		}
		tk.silent()
		tk.talk("C: A2 CREATE x")
		synctest.Wait()
		if n := len(srv.Mailboxes("alice")); n != 2 {
			t.Error("the connection does not live")
		}
		slow := newTalker(t, srv.Pipe())
		srv.SetFaults(&Faults{StallAfter: 2, Drip: time.Minute})
		slow.talk("C: A1 CAPABILITY")
		began := time.Now()
		for range 12 {
			slow.in.ReadByte()
		}
		if d := time.Since(began); d < 9*time.Minute || d > 12*time.Minute {
			t.Errorf("12 bytes in %v", d)
		}
	})
}

func TestBlackholeSome(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		srv.AddUser("bob", "secret")
		tk, second := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
		other := newTalker(t, srv.Pipe())
		other.talk("S: * OK...\nC: A1 LOGIN bob secret\nS: A1 OK...")
		srv.BlackholeConn(1)
		tk.talk("C: A1 NOOP")
		tk.silent()
		second.talk("C: A1 NOOP\nS: A1 OK...")
		srv.BlackholeUser("alice")
		second.talk("C: A2 NOOP")
		second.silent()
		other.talk("C: A2 NOOP\nS: A2 OK...")
	})
}

func TestBlackholeAll(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		old := loggedIn(t, srv, "INBOX")
		srv.BlackholeAll()
		srv.BlackholeAll()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := srv.Dial(ctx, "tcp", "x:143"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial: %v", err)
		}
		deaf := newTalker(t, srv.Pipe())
		deaf.silent()
		dialed := make(chan net.Conn)
		go func() {
			c, _ := srv.Dial(t.Context(), "tcp", "x:143")
			dialed <- c
		}()
		synctest.Wait()
		srv.Unblackhole()
		srv.Unblackhole()
		newTalker(t, <-dialed).talk("S: * OK...")
		old.talk("C: A1 NOOP")
		old.silent()
		deaf.silent()
		loggedIn(t, srv, "INBOX")
	})
}

func TestWrapConnStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := Pipe()
		w := WrapConn(s, &Faults{StallAfter: 3, Forget: time.Hour})
		if n, err := w.Write([]byte("hello")); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		<-time.After(2 * time.Hour)
		w.Write([]byte("x"))
		s.Close()
		if got, _ := io.ReadAll(c); string(got) != "hel" {
			t.Errorf("%q", got)
		}
	})
}

func TestHabits(t *testing.T) {
	inBubble(t, &Options{Habits: &Faults{RefuseIdle: "never", BeforeTagged: []string{"X-A"}}}, func(t *testing.T, srv *Server) {
		srv.SetFaults(&Faults{BeforeTagged: []string{"X-B"}})
		tk := newTalker(t, srv.Pipe())
		tk.talk("S: * OK...\nC: A1 LOGIN alice secret\nS: * X-B\nS: A1 OK...\nC: A2 IDLE\nS: * X-B\nS: A2 NO never")
		srv.SetFaults(nil)
		tk.talk("C: A3 IDLE\nS: * X-A\nS: A3 NO never")
	})
}

func TestFreeze(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk, idler := loggedIn(t, srv, "INBOX"), loggedIn(t, srv, "INBOX")
		idler.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		srv.Freeze()
		srv.Freeze()
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A1 NOOP")
		late := newTalker(t, srv.Pipe())
		for _, frozen := range []*talker{tk, idler, late} {
			frozen.silent()
		}
		srv.Thaw()
		srv.Thaw()
		tk.talk("S: * 1 EXISTS\nS: * 0 RECENT\nS: A1 OK...")
		idler.talk("S: * 1 EXISTS\nS: * 1 RECENT\n")
		late.talk("S: * OK...")
		srv.Freeze() // and Close ends it
	})
}

func TestDisconnectAll(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk, stranger := loggedIn(t, srv, "INBOX"), newTalker(t, srv.Pipe())
		stranger.talk("S: * OK...")
		srv.DisconnectAll("restarting")
		tk.talk("S: * BYE restarting\nexpect-close")
		stranger.talk("S: * BYE restarting\nexpect-close")
		loggedIn(t, srv, "INBOX")
	})
}
