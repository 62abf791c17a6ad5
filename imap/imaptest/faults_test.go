package imaptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsOfCommands(t *testing.T) {
	for _, cv := range []struct {
		name   string
		faults Faults
		script string
	}{
		{"refused IDLE", Faults{RefuseIdle: "[UNAVAILABLE] not now"},
			"C: A1 IDLE\nS: A1 NO [UNAVAILABLE] not now"},
		{"no IDLE", Faults{DropCapabilities: []string{"idle"}},
			"C: A1 IDLE\nS: A1 BAD unknown command IDLE"},
		{"unsolicited", Faults{BeforeTagged: []string{"OK [ALERT] hot", "X-FOO"}},
			"C: A1 NOOP\nS: * OK [ALERT] hot\nS: * X-FOO\nS: A1 OK NOOP completed"},
		{"hook says NO", hooked("NOOP", Action{Reply: "NO [INUSE] no"}),
			"C: A1 NOOP\nS: A1 NO [INUSE] no\nC: A2 CHECK\nS: A2 OK..."},
		{"hook says NO to a literal", hooked("APPEND", Action{Reply: "NO [OVERQUOTA] full"}),
			"C: A1 APPEND INBOX {3}\nS: A1 NO [OVERQUOTA] full\nC: A2 APPEND INBOX {3+}\nC: abc\nS: A2 NO [OVERQUOTA] full"},
		{"hook says more", hooked("UID FETCH", Action{Untagged: []string{"7 EXPUNGE"}, Reply: "BAD x"}),
			"C: A1 UID FETCH 1 ALL\nS: * 7 EXPUNGE\nS: A1 BAD x"},
		{"hook says BYE", hooked("NOOP", Action{Bye: "bye"}), "C: A1 NOOP\nS: * BYE bye\nexpect-close"},
		{"hook says BYE to a literal", hooked("APPEND", Action{Bye: "bye"}),
			"C: A1 APPEND INBOX {3}\nS: * BYE bye\nexpect-close"},
		{"hook cuts", hooked("NOOP", Action{Cut: true}), "C: A1 NOOP\nexpect-close"},
		{"hook waits", hooked("NOOP", Action{Delay: time.Hour}), "C: A1 NOOP\nS: A1 OK NOOP completed"},
	} {
		t.Run(cv.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				tk := loggedIn(t, srv, "INBOX")
				srv.SetFaults(&cv.faults)
				tk.talk(cv.script)
			})
		})
	}
}

func hooked(name string, a Action) Faults {
	return Faults{Hook: func(c Call) *Action {
		if c.Name == name && c.User == "alice" && c.Mailbox == "INBOX" {
			return &a
		}
		return nil
	}}
}

func TestFaultsOfConnecting(t *testing.T) {
	for _, cv := range []struct {
		name   string
		faults Faults
		script string
	}{
		{"BYE", Faults{ByeOnConnect: "full"}, "S: * BYE full\nexpect-close"},
		{"late greeting", Faults{GreetingDelay: time.Hour}, "S: * OK..."},
		{"refused login", Faults{RefuseLogin: "[AUTHENTICATIONFAILED] no"},
			"S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [AUTHENTICATIONFAILED] no"},
	} {
		t.Run(cv.name, func(t *testing.T) {
			inBubble(t, &Options{Faults: &cv.faults}, func(t *testing.T, srv *Server) {
				newTalker(t, srv.Pipe()).talk(cv.script)
			})
		})
	}
}

func TestNoGreeting(t *testing.T) {
	inBubble(t, &Options{Faults: &Faults{GreetingDelay: -1}}, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk("C: A1 NOOP")
		tk.silent()
	})
}

func TestCutReply(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		f := hooked("APPEND", Action{CutReply: true})
		srv.SetFaults(&f)
		tk.talk("C: A1 APPEND INBOX {3}\nS: + go ahead\nC: abc\nexpect-close")
		if n := len(srv.Messages("alice", "INBOX")); n != 1 {
			t.Errorf("%d messages, want the one appended", n)
		}
	})
}

func TestMuteIdle(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		srv.SetFaults(&Faults{MuteIdle: true})
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 IDLE\nS: + idling")
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: DONE\nS: A1 OK IDLE completed\nC: A2 NOOP\nS: * 1 EXISTS\nS: * 1 RECENT\nS: A2 OK...")
		srv.SetFaults(&Faults{HoldExists: true})
		deliver(t, srv, "INBOX", hello)
		tk.talk("C: A3 SEARCH 9\nS: * SEARCH\nS: A3 OK...\nC: A4 CHECK\nS: * 2 EXISTS\nS: * 2 RECENT\nS: A4 OK...")
	})
}

func TestBlackhole(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		idler := loggedIn(t, srv, "INBOX")
		idler.talk("C: A1 IDLE\nS: + idling")
		synctest.Wait()
		srv.Blackhole()
		tk.talk("C: A1 NOOP\nC: A2 CREATE x")
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		idler.silent()
		fresh := loggedIn(t, srv, "")
		fresh.talk("C: A1 LIST \"\" *\nS: * LIST (\\HasNoChildren) \"/\" INBOX\nS: A1 OK LIST completed")
	})
}

// The same conversation in pieces of every size.
func TestFaultsSplit(t *testing.T) {
	faults := []Faults{{SplitSeed: 1}, {SplitSeed: 2, WriteDelay: time.Millisecond}}
	for n := 1; n < 80; n++ {
		faults = append(faults, Faults{Split: n})
	}
	for _, f := range faults {
		inBubble(t, &Options{Faults: &f}, func(t *testing.T, srv *Server) {
			deliver(t, srv, "INBOX", hello)
			tk := loggedIn(t, srv, "INBOX")
			tk.talk(`
				C: A1 FETCH 1 (FLAGS BODY.PEEK[TEXT])
				S: * 1 FETCH (FLAGS (\Recent) BODY[TEXT] {10}
				S: Hi there
				S: )
				S: A1 OK FETCH completed
			`)
		})
	}
}

// The client's side in pieces of one byte.
func TestClientSplit(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		client := srv.Pipe()
		tk := newTalker(t, WrapConn(client, &Faults{Split: 1}))
		tk.talk(`
			S: * OK...
			C: A1 LOGIN {5+}
			C: alice secret
			S: A1 OK...
			C: A2 APPEND INBOX {5}
			S: + go ahead
			C: hello
			S: A2 OK...
		`)
	})
}

func TestFaultsCutAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n := range int64(20) {
			c, s := Pipe()
			w := WrapConn(s, &Faults{CutAfter: n, Split: 3})
			data := []byte("0123456789")
			wrote, err := w.Write(data)
			want := data
			if n > 0 && n <= 10 {
				want = data[:n]
			} else {
				w.Close()
			}
			got, _ := io.ReadAll(c)
			if !bytes.Equal(got, want) || wrote != len(want) || (err == nil) != (len(want) == 10 && n != 10) {
				t.Errorf("cut after %d: got %q, wrote %d, %v", n, got, wrote, err)
			}
			c.Close()
		}
	})
}

func TestDial(t *testing.T) {
	ca, err := NewCA()
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, &Options{TLSConfig: ca.ServerConfig()}, func(t *testing.T, srv *Server) {
		conn, err := srv.Dial(t.Context(), "tcp", "localhost:143")
		if err != nil {
			t.Fatal(err)
		}
		newTalker(t, conn).talk("S: * OK...")
		if conn, err = srv.Dial(t.Context(), "tcp", "localhost:993"); err != nil {
			t.Fatal(err)
		}
		newTalker(t, tls.Client(conn, ca.ClientConfig("localhost"))).talk("S: * OK...")
		srv.SetFaults(&Faults{RefuseConnect: true})
		if _, err := srv.Dial(t.Context(), "tcp", "localhost:143"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v", err)
		}
		newTalker(t, srv.Pipe()).talk("expect-close")
		srv.SetFaults(nil)
		srv.Close()
		if _, err := srv.Dial(t.Context(), "tcp", "localhost:143"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial after Close: %v", err)
		}
	})
}
