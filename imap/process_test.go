package imap_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// TestChildServer is not a test: it is the program that TestDialCommand starts.
func TestChildServer(t *testing.T) {
	if os.Getenv("IDLEWILD_TEST_CHILD") == "" {
		return
	}
	s := imaptest.NewServer(&imaptest.Options{AllowPlainLogin: true, Preauth: "alice"})
	s.AddUser("alice", "pass")
	conn := s.Pipe()
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.Close()
	}()
	_, _ = io.Copy(os.Stdout, conn)
	os.Exit(0)
}

// TestDialCommand idles over the pipes of a child process: with a duration, in
// bursts, and interrupted by a command.
func TestDialCommand(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildServer$")
	cmd.Env = append(os.Environ(), "IDLEWILD_TEST_CHILD=1")
	c, err := imap.DialCommand(t.Context(), cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Authenticated() {
		t.Fatal("PREAUTH over a pipe was not taken")
	}
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := c.Append(t.Context(), "INBOX", strings.NewReader("Subject: x\r\n\r\n"), 14, nil)
		if err != nil {
			t.Error(err)
		}
	}()
	for burst, err := range box.IdleBursts(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if len(burst) > 0 && box.State().Exists == 1 {
			break
		}
	}
	for _, err := range box.Idle(t.Context(), &imap.IdleOptions{Duration: time.Millisecond, Renew: time.Millisecond}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Noop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if cmd.ProcessState == nil {
		t.Error("the child was not waited for")
	}
	if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
		t.Error(err)
	}
}

func TestDialCommandFails(t *testing.T) {
	if _, err := imap.DialCommand(t.Context(), exec.Command(os.Args[0], "-test.run=^$"), nil); err == nil {
		t.Error("a program that speaks no IMAP was taken")
	}
	if _, err := imap.DialCommand(t.Context(), exec.Command("/nonexistent/program"), nil); err == nil {
		t.Error("a program that does not exist was started")
	}
}
