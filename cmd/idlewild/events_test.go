package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestWatchChanges(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "3")
	p := start(t, "watch", s.url("INBOX"), "--json", "--events", "online,flags,gone")
	p.event("online")
	c := s.login()
	c.do("SELECT INBOX")
	c.do("STORE 1 +FLAGS (\\Flagged)")
	if v := p.event("flags"); v["uid"] != 1.0 || fmt.Sprint(v["flags"]) != `[\Flagged]` || v["id"] == "" {
		t.Errorf("got %v", v)
	}
	c.do("STORE 2 +FLAGS (\\Deleted)")
	c.do("EXPUNGE")
	if v := p.event("gone"); v["uid"] != 2.0 || v["mailbox"] != "INBOX" {
		t.Errorf("got %v", v)
	}
	p.signal(os.Interrupt)
	p.wantExit(0)
}

func TestWatchFrom(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "5")
	run := func(from, count string) (uids []any, cursor string) {
		t.Helper()
		p := start(t, "watch", s.url("INBOX"), "--json", "--events", "arrived", "--from", from, "--count", count)
		for _, v := range p.rest() {
			if v["event"] != "arrived" {
				t.Errorf("not asked for: %v", v)
			}
			uids, cursor = append(uids, v["uid"]), fmt.Sprint(v["cursor"])
		}
		p.wantExit(0)
		return uids, cursor
	}
	uids, cursor := run("last:3", "2")
	if fmt.Sprint(uids) != "[3 4]" {
		t.Errorf("the last 3: %v", uids)
	}
	if uids, _ := run(cursor, "1"); fmt.Sprint(uids) != "[5]" {
		t.Errorf("behind %s: %v", cursor, uids)
	}
	if uids, _ := run("2020-01-31", "1"); fmt.Sprint(uids) != "[1]" {
		t.Errorf("since a date: %v", uids)
	}
}

// A cron job that finds mail and no trouble says nothing.
func TestWatchQuiet(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "2")
	p := start(t, "watch", s.url("INBOX"), "-q", "--from", "all", "--state", filepath.Join(t.TempDir(), "state"),
		"--count", "2", "--exec", "true")
	if events := p.rest(); len(events) > 0 {
		t.Errorf("got %v", events)
	}
	p.wantExit(0)
	if text := p.stderr.String(); text != "" {
		t.Errorf("stderr: %s", text)
	}
	start(t, "watch", s.url("INBOX"), "-q").wantExit(2, "give --exec COMMAND too")
	start(t, "watch", s.url("INBOX"), "--listen", "rotate", "--from", "all", "--count", "1").wantExit(0)
}
