package imaptest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const python = "/usr/bin/python3"

// Python's imaplib and imap_tools, over sockets and TLS.
func TestLivePythonClients(t *testing.T) {
	if out, err := exec.Command(python, "-c", "import imap_tools").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("with CI set, %s has to have imap_tools: %v\n%s", python, err, out)
		}
		t.Skipf("%s has no imap_tools: %v", python, err)
	}
	ca, err := NewCA()
	if err != nil {
		t.Fatal(err)
	}
	srv := NewServer(&Options{TLSConfig: ca.ServerConfig()})
	defer srv.Close()
	srv.AddUser("alice", `secret "quoted"`)
	deliver(t, srv, "INBOX", "Subject: first\n\none\n")
	deliver(t, srv, "INBOX", "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\n\ntwo\n", `\Seen`)

	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, secure := listen(t), listen(t)
	go srv.Serve(plain)
	go srv.ServeTLS(secure)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "testdata/live.py", portOf(plain), portOf(secure), caFile)
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "all well\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func portOf(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }
