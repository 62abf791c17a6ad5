package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// Every workload comes to its end, and counts right.
func TestWorkloads(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"W1": 700, "W2": 700, "W3": 30, "W4": 20, "W5": 700, "W6": 40, "W6P": 40, "W7": 3, "W8": 5,
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " TLS ", secure), func(t *testing.T) {
				t.Parallel()
				srv := imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig(), AllowPlainLogin: true})
				defer srv.Close()
				fill(t, srv)
				s := &settings{
					addr: listen(t, srv, secure), user: "u", pass: "p", workload: name,
					tls: secure, ca: caFile, count: 40, samples: 3, conns: 5,
				}
				stop := make(chan struct{})
				defer close(stop)
				if name == "W7" {
					go deliver(srv, stop)
				}
				r, err := run(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if r["n"] != want {
					t.Errorf("%v items, want %d", r["n"], want)
				}
				if size, ok := r["bytes"].(int64); ok && (name == "W3" || name == "W4") && size != int64(want*len(message)) {
					t.Errorf("%d bytes", size)
				}
			})
		}
	}
}

var message = imaptest.CRLF("From: a@example.org\nSubject: hello\n\nthere\n")

func fill(t *testing.T, srv *imaptest.Server) {
	t.Helper()
	u := srv.AddUser("u", "p")
	for box, n := range map[string]int{"A": 700, "B": 30, "C": 25} {
		if err := u.CreateMailbox(box); err != nil {
			t.Fatal(err)
		}
		for range n {
			if _, err := srv.Deliver("u", box, message, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// deliver goes on delivering until stop.
func deliver(srv *imaptest.Server, stop <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			_, _ = srv.Deliver("u", "INBOX", message, nil)
		}
	}
}

func listen(t *testing.T, srv *imaptest.Server, secure bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve := srv.Serve
	if secure {
		serve = srv.ServeTLS
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestMistakes(t *testing.T) {
	if _, err := run(t.Context(), &settings{workload: "W99"}); err == nil {
		t.Error("an unknown workload runs")
	}
	if _, err := run(t.Context(), &settings{workload: "W1", addr: "127.0.0.1:1", tls: true, ca: "/nowhere"}); err == nil {
		t.Error("a missing CA file does not matter")
	}
}
