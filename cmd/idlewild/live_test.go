package main_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/test/live"
)

// A real server: news within moments, its restart survived, and what came while
// we were away is there.
func TestLiveWatchDovecot(t *testing.T) {
	t.Parallel()
	d := live.StartDovecot(t, nil)
	deliver := func(subject string) float64 {
		t.Helper()
		return float64(d.Append("alice", "INBOX", "From: Zoe <zoe@example.org>\r\nSubject: "+subject+"\r\n\r\nHello.\r\n"))
	}
	deliver("before")
	url := fmt.Sprintf("imaps://alice@127.0.0.1:%d/INBOX", d.TLSPort())
	args := []string{"watch", url, "--ca-file", d.CAFile(), "--json", "--state", filepath.Join(t.TempDir(), "state")}
	p := start(t, args...)
	p.event("online")
	expect := func(uid float64) {
		t.Helper()
		if v := p.event("arrived"); v["uid"] != uid {
			t.Errorf("got %v, want uid %v", v, uid)
		}
	}

	began := time.Now()
	expect(deliver("one"))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a message was told after %v", took)
	} else {
		t.Logf("a message was told after %v", took)
	}

	d.Stop()
	p.event("offline")
	d.Start()
	expect(deliver("while the connection was lost"))
	p.signal(syscall.SIGTERM)
	p.wantExit(0)

	while := []float64{deliver("while nobody"), deliver("was there")}
	p = start(t, append(args, "--count", "2")...)
	for _, uid := range while {
		expect(uid)
	}
	p.wantExit(0)
}

// News comes at once from a mailbox whose name is not ASCII, too. (Dovecot's NOTIFY
// does not know it by the name that all other commands want.)
func TestLiveWatchNames(t *testing.T) {
	t.Parallel()
	d := live.StartDovecot(t, nil)
	d.Command("alice", "INBOX", "CREATE Entw&APw-rfe")
	url := fmt.Sprintf("imaps://alice@127.0.0.1:%d/", d.TLSPort())
	p := start(t, "watch", url, url+"Entw%C3%BCrfe", "--ca-file", d.CAFile(), "--json", "--count", "2")
	p.event("online")
	p.event("online")
	d.Append("alice", "Entw&APw-rfe", "Subject: one\r\n\r\nHello.\r\n")
	if v := p.event("arrived"); v["mailbox"] != "Entwürfe" {
		t.Errorf("got %v", v)
	}
	d.Append("alice", "Entw&APw-rfe", "Subject: two\r\n\r\nHello.\r\n")
	p.event("arrived")
	p.wantExit(0)
}

// What a real server refuses has its exit codes.
func TestLiveRefusals(t *testing.T) {
	t.Parallel()
	d := live.StartDovecot(t, nil)
	url := fmt.Sprintf("imaps://alice@127.0.0.1:%d/", d.TLSPort())
	start(t, "watch", url+"Nowhere", "--ca-file", d.CAFile()).wantExit(4, `no mailbox "Nowhere"`)
	startWith(t, []string{"IDLEWILD_PASSWORD=wrong"}, "watch", url, "--ca-file", d.CAFile()).wantExit(3, "refuses the login")
	start(t, "watch", url).wantExit(1, "--ca-file")
	start(t, "watch", fmt.Sprintf("imap://alice@127.0.0.1:%d/", d.Port()), "--ca-file", d.CAFile(), "--for", "2s").wantExit(0)
}
