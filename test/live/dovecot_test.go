package live

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestDovecot(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, nil)
	port, tlsPort := d.Port(), d.TLSPort()
	t.Run("plain", func(t *testing.T) { wantGreeting(t, dial(t, d)) })
	t.Run("TLS", func(t *testing.T) {
		conn, err := tls.Dial("tcp", d.TLSAddr(), d.TLSConfig())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		wantGreeting(t, conn)
	})

	const message = "Subject: still \"here\"\r\n\r\nA line.\r\n"
	if uid := d.Append("alice", "INBOX", message); uid != 1 {
		t.Errorf("the first message has UID %d", uid)
	}
	if uid := d.Append("alice", `a "new" one`, message); uid != 1 {
		t.Errorf("the first message of a new mailbox has UID %d", uid)
	}

	open := dial(t, d)
	wantGreeting(t, open)
	d.Stop()
	d.Stop()
	if _, err := io.ReadAll(open); err != nil { // up to its end, perhaps after a BYE
		t.Logf("the open connection ended with %v", err)
	}
	if conn, err := net.Dial("tcp", d.Addr()); err == nil {
		conn.Close()
		t.Error("a stopped server takes connections")
	}

	d.Start()
	d.Start()
	if d.Port() != port || d.TLSPort() != tlsPort {
		t.Errorf("ports were %d and %d, are %d and %d", port, tlsPort, d.Port(), d.TLSPort())
	}
	for _, mailbox := range []string{"INBOX", `a "new" one`} {
		got := strings.Join(d.Command("alice", mailbox, "UID FETCH 1:* (BODY.PEEK[])"), "\n")
		if want := fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)", len(message), message); got != want {
			t.Errorf("%s: got %q, want %q", mailbox, got, want)
		}
	}
	if got := d.Command("bob", "INBOX", "UID SEARCH ALL"); len(got) != 1 || got[0] != "* SEARCH" {
		t.Errorf("another user's mailbox: %q", got)
	}
}

func TestDovecotOptions(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, &Options{MailFormat: "maildir", ExtraConf: "login_greeting = Hello there\n", MaxConns: 10})
	if got := wantGreeting(t, dial(t, d)); !strings.HasSuffix(got, "Hello there\r\n") {
		t.Errorf("greeting %q", got)
	}
	d.Append("alice", "INBOX", "\r\n")
	if _, err := os.Stat(d.dir + "/mail/alice/Maildir"); err != nil {
		t.Error(err)
	}
}

// Several at once, as when the tests of several packages run.
func TestDovecotMany(t *testing.T) {
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			d := StartDovecot(t, nil)
			d.Append("alice", "INBOX", "\r\n")
			if got := d.Command("alice", "INBOX", "UID SEARCH ALL"); len(got) != 1 || got[0] != "* SEARCH 1" {
				t.Errorf("someone else's mail? %q", got)
			}
		})
	}
}

// Another's port is not fatal, and another's server is not taken for ours.
func TestDovecotPortTaken(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, nil)
	d.Stop()
	other, err := net.Listen("tcp", d.Addr())
	if err != nil {
		t.Skipf("the port has gone to someone else: %v", err)
	}
	defer other.Close()
	out, status, err := d.run("start-dovecot.sh", fmt.Sprint(d.Port()), fmt.Sprint(d.TLSPort()))
	if status != exitTaken {
		t.Errorf("status %d (%v): %s", status, err, out)
	}
	other.Close()
	d.Start()
	wantGreeting(t, dial(t, d))
}

func TestPython(t *testing.T) {
	python := Python(t)
	out, err := exec.Command(python, "-c", "import imaplib; print(imaplib.IMAP4_PORT)").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "143" {
		t.Errorf("%v: %s", err, out)
	}
}

// What is missing skips, and fails with CI set.
func TestMissing(t *testing.T) {
	for _, tt := range []struct{ ci, want string }{
		{"", "skip: no dovecot"},
		{"true", "fatal: with CI set, no live test may be left out: no dovecot"},
	} {
		t.Setenv("CI", tt.ci)
		var fake ending
		func() {
			defer func() { _ = recover() }()
			missing(&fake, "no %s", "dovecot")
		}()
		if fake.how != tt.want {
			t.Errorf("CI=%q: %q, want %q", tt.ci, fake.how, tt.want)
		}
	}
}

// ending is a TB that notes how it was ended.
type ending struct {
	TB
	how string
}

func (e *ending) Helper() {}
func (e *ending) Fatalf(format string, args ...any) {
	e.how = "fatal: " + fmt.Sprintf(format, args...)
	panic(e.how)
}
func (e *ending) Skipf(format string, args ...any) {
	e.how = "skip: " + fmt.Sprintf(format, args...)
	panic(e.how)
}

func dial(t *testing.T, d *Dovecot) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func wantGreeting(t *testing.T, conn net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "* OK") {
		t.Errorf("greeting %q, %v", line, err)
	}
	return line
}

// A server that is paused does not answer, on the connections that there are and
// on new ones; one that goes on does.
func TestPause(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T) *Server{
		"Dovecot": func(t *testing.T) *Server { return &StartDovecot(t, nil).Server },
		"Cyrus":   func(t *testing.T) *Server { return &StartCyrus(t, "").Server },
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			c, err := d.Talk("user1")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			d.Pause()
			if err := c.conn.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c.conn, "X NOOP\r\n")
			var timeout net.Error
			if line, err := c.r.ReadString('\n'); !errors.As(err, &timeout) {
				t.Errorf("%q, %v, want silence", line, err)
			}
			d.Resume()
			if _, err := c.Command("NOOP"); err != nil {
				t.Error(err)
			}
			d.Pause()
			d.Restart()
			d.Append("user1", "INBOX", "\r\n")
			d.Pause() // and the test ends
		})
	}
}
