package imaptest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestIdleTellsAtOnce(t *testing.T) {
	inBubble(t, &Options{IdleKeepalive: 2 * time.Minute}, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 IDLE\nS: + idling")
		start := time.Now()
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 2 EXISTS\nS: * 2 RECENT")
		srv.SetFlags("alice", "INBOX", 1, `\Seen`, "Work")
		tk.talk(`
			S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft Work)
			S: * 1 FETCH (FLAGS (\Seen \Recent Work))
		`)
		srv.Remove("alice", "INBOX", 1)
		tk.talk("S: * 1 EXPUNGE")
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v", d)
		}
		tk.talk("S: * OK Still here\nS: * OK Still here\nC: done\nS: A1 OK IDLE completed")
		if d := time.Since(start); d != 4*time.Minute {
			t.Errorf("two times still here took %v", d)
		}
		<-time.After(time.Hour)
		tk.talk("C: A2 NOOP\nS: A2 OK NOOP completed")
	})
}

func TestNewsWaitsForACommand(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		deliver(t, srv, "INBOX", hello)
		tk.silent()
		tk.talk("C: A1 NOOP\nS: * 1 EXISTS\nS: * 1 RECENT\nS: A1 OK NOOP completed")
	})
}

func TestPushAlways(t *testing.T) {
	inBubble(t, &Options{PushAlways: true}, func(t *testing.T, srv *Server) {
		tk := loggedIn(t, srv, "INBOX")
		deliver(t, srv, "INBOX", hello)
		tk.talk("S: * 1 EXISTS\nS: * 1 RECENT")
		srv.Remove("alice", "INBOX", 1)
		tk.silent() // no command is in progress: no EXPUNGE
		tk.talk("C: A1 NOOP\nS: * 1 EXPUNGE\nS: A1 OK NOOP completed")
	})
}

func TestManyIdlers(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		var all []*talker
		for range 50 {
			tk := loggedIn(t, srv, "INBOX")
			tk.talk("C: A1 IDLE\nS: + idling")
			all = append(all, tk)
		}
		if n := srv.Connections(); n != 50 {
			t.Errorf("%d connections", n)
		}
		for i := range 20 {
			deliver(t, srv, "INBOX", hello)
			synctest.Wait()
			for _, tk := range all {
				tk.talk(fmt.Sprintf("S: * %d EXISTS\nS: * ...", i+1))
			}
		}
		srv.Disconnect("alice", "come back later")
		for _, tk := range all {
			tk.talk("S: * BYE come back later\nexpect-close")
		}
		if n := srv.Connections(); n != 0 {
			t.Errorf("%d connections after Disconnect", n)
		}
	})
}

func TestServerLog(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello)
		tk := loggedIn(t, srv, "INBOX")
		tk.talk("C: A1 COPY 1 INBOX\nS: * 2 EXISTS\nS: * 2 RECENT\nS: A1 OK...")
		srv.Remove("alice", "INBOX", 1)
		if err := srv.ResetUIDValidity("alice", "INBOX"); err != nil {
			t.Fatal(err)
		}
		tk.talk("S: * BYE mailbox was rebuilt, its UIDVALIDITY has changed\nexpect-close")
		deliver(t, srv, "inbox", hello, `\Seen`, "x")
		var log []string
		for _, a := range srv.Log("alice", "INBOX") {
			log = append(log, fmt.Sprint(a.UIDValidity, "/", a.UID))
		}
		if want := []string{"1/1", "1/2", "2/2"}; !equalStrings(log, want) {
			t.Errorf("log %q, want %q", log, want)
		}
		all := srv.Messages("alice", "INBOX")
		if len(all) != 2 || all[0].UID != 1 || all[1].UID != 2 || string(all[1].Body()) != string(CRLF(hello)) ||
			!equalStrings(all[1].Flags, []string{`\Seen`, "x"}) || srv.UIDValidity("alice", "INBOX") != 2 {
			t.Errorf("messages: %+v", all)
		}
		if err := srv.Remove("alice", "INBOX", 1, 77); err == nil || len(srv.Messages("alice", "INBOX")) != 2 {
			t.Errorf("Remove of what is not there: %v", err)
		}
		if _, err := srv.Deliver("bob", "INBOX", nil, nil); err == nil {
			t.Error("delivered to nobody")
		}
		if _, err := srv.Deliver("alice", "Nowhere", nil, nil); err == nil {
			t.Error("delivered nowhere")
		}
	})
}

func TestLogin(t *testing.T) {
	tests := []struct {
		name, script string
		opts         *Options
	}{
		{"wrong", `
			C: A1 LOGIN alice wrong
			S: A1 NO [AUTHENTICATIONFAILED] invalid user name or password
			C: A2 LOGIN nobody secret
			S: A2 NO [AUTHENTICATIONFAILED] invalid user name or password
			C: A3 SELECT INBOX
			S: A3 BAD SELECT: not logged in
			C: A4 LOGIN {5}
			S: + go ahead
			C!: alice "secret"\r\n
			S: A4 OK [CAPABILITY...
		`, nil},
		{"PLAIN", `
			C: A1 AUTHENTICATE PLAIN
			S: + ` + `
			C: *
			S: A1 BAD AUTHENTICATE cancelled
			C: A2 AUTHENTICATE PLAIN
			S: + ` + `
			C: ?
			S: A2 BAD AUTHENTICATE: the answer is not base64
			C: A3 AUTHENTICATE PLAIN AGFsaWNlAHdyb25n
			S: A3 NO [AUTHENTICATIONFAILED]...
			C: A4 AUTHENTICATE PLAIN =
			S: A4 BAD PLAIN: expected authzid NUL authcid NUL password
			C: A5 AUTHENTICATE PLAIN Ym9iAGFsaWNlAHNlY3JldA==
			S: A5 NO [AUTHORIZATIONFAILED] no user may act for another
			C: A6 AUTHENTICATE PLAIN
			S: + ` + `
			C: AGFsaWNlAHNlY3JldA==
			S: A6 OK [CAPABILITY...
		`, nil},
		{"LOGIN", `
			C: A1 AUTHENTICATE LOGIN
			S: + VXNlcm5hbWU6
			C: YWxpY2U=
			S: + UGFzc3dvcmQ6
			C: c2VjcmV0
			S: A1 OK [CAPABILITY...
		`, nil},
		{"unknown mechanism", `
			C: A1 AUTHENTICATE XOAUTH2
			S: A1 NO unknown mechanism XOAUTH2
			C: A2 AUTHENTICATE PLAIN bad!
			S: A2 BAD AUTHENTICATE: initial response is not base64
		`, nil},
		{"no SASL-IR", `
			C: A1 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==
			S: A1 BAD AUTHENTICATE: no initial response without SASL-IR
		`, &Options{Without: []string{"SASL-IR"}}},
		{"XOAUTH2", `
			C: A1 AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB3cm9uZwEB
			S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NoZW1lcyI6ImJlYXJlciJ9
			C: 
			S: A1 NO [AUTHENTICATIONFAILED]...
			C: A2 AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBzZWNyZXQBAQ==
			S: A2 OK [CAPABILITY...
		`, &Options{Mechanisms: []string{"XOAUTH2"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, test.opts, func(t *testing.T, srv *Server) {
				tk := newTalker(t, srv.Pipe())
				tk.talk("S: * OK...")
				tk.talk(test.script)
			})
		})
	}
}

func TestTooManyConnections(t *testing.T) {
	inBubble(t, &Options{MaxConnections: 1}, func(t *testing.T, srv *Server) {
		first := loggedIn(t, srv, "")
		second := newTalker(t, srv.Pipe())
		second.talk("S: * OK...\nC: A1 LOGIN alice secret\nS: A1 NO [LIMIT] too many connections")
		first.talk("C: A1 LOGOUT\nS: * BYE logging out\nS: A1 OK LOGOUT completed\nexpect-close")
		synctest.Wait()
		second.talk("C: A2 LOGIN alice secret\nS: A2 OK...")
	})
}

func TestStartTLS(t *testing.T) {
	ca, err := NewCA()
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, &Options{TLSConfig: ca.ServerConfig()}, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE STARTTLS LOGINDISABLED] imaptest ready
			C: A1 LOGIN alice secret
			S: A1 NO [PRIVACYREQUIRED] LOGIN is disabled before TLS
			C!: A2 STARTTLS\r\nA3 NOOP\r\n
			S: A2 BAD STARTTLS: data after the command, before TLS
			S: A3 OK NOOP completed
			C: A4 STARTTLS
			S: A4 OK begin TLS now
		`)
		secure := tls.Client(tk.conn, ca.ClientConfig("localhost"))
		tk.conn, tk.in = secure, bufio.NewReader(secure)
		tk.talk(`
			C: A5 STARTTLS
			S: A5 BAD STARTTLS: already under TLS
			C: A6 CAPABILITY
			S: * CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN
			S: A6 OK CAPABILITY completed
			C: A7 LOGIN alice secret
			S: A7 OK...
		`)
		srv.Shutdown("going down")
		tk.talk("S: * BYE going down\nexpect-close")
		if _, err := io.ReadAll(srv.Pipe()); err != nil {
			t.Errorf("a connection after Shutdown: %v", err)
		}
	})
}

func TestTLS(t *testing.T) {
	ca, err := NewCA()
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, &Options{TLSConfig: ca.ServerConfig()}, func(t *testing.T, srv *Server) {
		deliver(t, srv, "INBOX", hello+strings.Repeat("x", 100000))
		tk := newTalker(t, tls.Client(srv.PipeTLS(), ca.ClientConfig("localhost")))
		tk.talk(`
			S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN] imaptest ready
			C: A1 LOGIN alice secret
			S: A1 OK...
			C: A2 EXAMINE INBOX
			S: * FLAGS...
			S: * OK...
			S: * 1 EXISTS
			S: * 1 RECENT
			S: * OK...
			S: * OK...
			S: * OK...
			S: * OK [MAILBOXID...
			S: A2 OK...
			C: A3 FETCH 1 BODY[TEXT]
			S: * 1 FETCH (BODY[TEXT] {100010}
			S: Hi there
			S: xxxxx...
			S: A3 OK FETCH completed
		`)
	})
}

func TestPreauth(t *testing.T) {
	inBubble(t, &Options{Preauth: "alice", QuietCapabilities: true}, func(t *testing.T, srv *Server) {
		tk := newTalker(t, srv.Pipe())
		tk.talk("S: * PREAUTH imaptest ready\nC: A1 STATUS INBOX (MESSAGES)\nS: * STATUS INBOX (MESSAGES 0)\nS: A1 OK...")
	})
}

func TestTrace(t *testing.T) {
	var mu sync.Mutex
	said := make(map[byte]string)
	opts := &Options{Trace: func(_ uint32, dir byte, data []byte) {
		mu.Lock()
		defer mu.Unlock()
		said[dir] += string(data) + "|"
	}}
	inBubble(t, opts, func(t *testing.T, srv *Server) {
		loggedIn(t, srv, "").talk("C: A1 CREATE {2}\nS: + go ahead\nC: ab\nS: A1 OK...")
	})
	if want := "L1 LOGIN alice secret|A1 CREATE {2}|ab||"; said['C'] != want {
		t.Errorf("traced %q, want %q", said['C'], want)
	}
	if !strings.HasSuffix(said['S'], "|+ go ahead\r\n|A1 OK [MAILBOXID (F2)] CREATE completed\r\n|") {
		t.Errorf("traced %q", said['S'])
	}
}

func TestServeEnds(t *testing.T) {
	srv := NewServer(nil)
	l := listen(t)
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "* OK") {
		t.Errorf("greeting %q, %v", line, err)
	}
	srv.Close()
	srv.Close()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := srv.Serve(l); err == nil {
		t.Error("served after Close")
	}
	if err := srv.ServeTLS(l); err == nil {
		t.Error("served TLS without a configuration")
	}
}
