package main_test

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Whoever writes a mailbox's name wrongly is told those that there are.
func TestWatchNamesMailboxes(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	c := s.login()
	c.do(`CREATE "Sent Mail"`)
	c.do("CREATE Entw&APw-rfe")
	p := start(t, "watch", s.url("Sent"))
	p.wantExit(4, `no mailbox "Sent"`, `; there is: "Entwürfe", "INBOX", "Sent Mail"`)
	if text := p.stderr.String(); strings.Count(text, "\n") != 1 {
		t.Errorf("stderr: %s", text)
	}
}

func TestTestserverHint(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--user", "alice:p w", "--messages", "1")
	s.signal(syscall.SIGTERM)
	s.wantExit(0, "\nIDLEWILD_PASSWORD='p w' idlewild watch imap+plaintext://alice@"+s.Listen+" --from last:3\n")
	s = startServer(t, "--listen", "", "--messages", "1")
	s.signal(syscall.SIGTERM)
	s.wantExit(0, "watch imaps://alice@"+s.TLSListen+" --ca-file "+s.CAFile)
	start(t, "testserver", "--listen", "", "--tls-listen", "").wantExit(2, "nobody could reach it")
}

// A terminal that goes away ends us as SIGTERM does: nothing is left behind.
func TestHangUp(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no such signal")
	}
	t.Parallel()
	s := startServer(t, "--messages", "1")
	p := start(t, "watch", s.url("INBOX"), "--json")
	p.event("online")
	p.signal(syscall.SIGHUP)
	p.wantExit(0)
	s.signal(syscall.SIGHUP)
	s.wantExit(0)
	if exists(s.CAFile) {
		t.Error("the CA file is still there")
	}
}

// nohup means it.
func TestNoHangUp(t *testing.T) {
	nohup := "/usr/bin/nohup"
	if _, err := os.Stat(nohup); err != nil {
		t.Skip("there is no nohup")
	}
	t.Parallel()
	s := startServer(t, "--messages", "1")
	p := startProgram(t, nohup, []string{"IDLEWILD_PASSWORD=pass"},
		os.Getenv("IDLEWILD_TEST_BINARY"), "watch", s.url("INBOX"), "--json")
	p.event("online")
	p.signal(syscall.SIGHUP)
	s.login().append("INBOX", "still there")
	p.event("arrived")
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

func TestWatchDurationHint(t *testing.T) {
	t.Parallel()
	start(t, "watch", "imaps://a@h", "--for", "3").wantExit(2, `write 3s for seconds, or 3m for minutes`)
}
