//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// taken is a named pipe that the events come out of which commands got.
type taken struct {
	*process
	name  string
	lines chan map[string]any
}

func newTaken(t *testing.T) *taken {
	t.Helper()
	k := &taken{name: filepath.Join(t.TempDir(), "taken"), lines: make(chan map[string]any, 1000)}
	if err := syscall.Mkfifo(k.name, 0o600); err != nil {
		t.Fatal(err)
	}
	// Open for writing too: else it ended with every command.
	f, err := os.OpenFile(k.name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = f.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		in := bufio.NewScanner(f)
		for in.Scan() {
			var v map[string]any
			if json.Unmarshal(in.Bytes(), &v) == nil {
				k.lines <- v
			}
		}
	}()
	return k
}

// start runs watch with a command.
func (k *taken) start(t *testing.T, what, more string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"watch"}, append(args, "--exec", self, "hook", what, k.name, more)...)
	k.process = start(t, args...)
	return k.process
}

// next waits for the next event that a command got.
func (k *taken) next() map[string]any {
	k.t.Helper()
	select {
	case v := <-k.lines:
		return v
	case <-k.t.Context().Done():
		return nil
	case <-after():
		k.t.Fatalf("the command was not run within %v; stderr: %s", patience, k.stderr.String())
		return nil
	}
}

func (k *taken) uids(n int) (uids []any) {
	k.t.Helper()
	for range n {
		uids = append(uids, k.next()["uid"])
	}
	return uids
}

// What the command took does not come again; what comes is what is printed.
func TestExec(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "3")
	state := filepath.Join(t.TempDir(), "state")
	k := newTaken(t)
	args := []string{s.url("INBOX"), "--json", "--from", "all", "--state", state}
	p := k.start(t, "record", "", append(args, "--count", "2")...)
	var printed []map[string]any
	for _, v := range p.rest() {
		if v["event"] == "arrived" {
			printed = append(printed, v)
		}
	}
	p.wantExit(0)
	if p.stderr.String() != "" {
		t.Errorf("stderr: %s", p.stderr.String())
	}
	got := []map[string]any{k.next(), k.next()}
	if fmt.Sprint(got) != fmt.Sprint(printed) {
		t.Errorf("the command got %v, printed was %v", got, printed)
	}
	p = k.start(t, "record", "", args...)
	if uids := k.uids(1); fmt.Sprint(uids) != "[3]" {
		t.Errorf("uids %v", uids)
	}
	s.login().append("INBOX", "four")
	if uids := k.uids(1); fmt.Sprint(uids) != "[4]" {
		t.Errorf("uids %v", uids)
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

// B-69: a message whose command always fails is skipped, which cannot be
// overlooked; the others come through.
func TestB69_ExecSkips(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "3")
	state := filepath.Join(t.TempDir(), "state")
	k := newTaken(t)
	args := []string{s.url("INBOX"), "--json", "--from", "all", "--state", state, "--exec-attempts", "2"}
	p := k.start(t, "poison", "", append(args, "--count", "3")...)
	v := p.event("skipped")
	if v["mailbox"] != "INBOX" || v["uids"] != "2" || v["reason"] != "command" || v["id"] == "" || v["uidvalidity"] != 1.0 || v["count"] != 1.0 ||
		!strings.Contains(fmt.Sprint(v["error"]), "exit status 1") {
		t.Errorf("got %v", v)
	}
	p.wantExit(5, "arrived INBOX #2: the command ended with exit status 1 (failure 1 of 2); next try in ",
		"SKIPPED arrived INBOX #2", `I do not like \x1b[31mthis`, "1 event was skipped")
	if uids := k.uids(2); fmt.Sprint(uids) != "[1 3]" {
		t.Errorf("uids %v", uids)
	}
	start(t, append([]string{"watch"}, append(args[:6], "--for", "300ms")...)...).wantExit(0)
}

// However it ends: an event that the command did not take comes again, with the
// same id, and nothing before it does.
func TestExecEnds(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Kill, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--messages", "3")
			state := filepath.Join(t.TempDir(), "state")
			k := newTaken(t)
			args := []string{s.url("INBOX"), "--json", "--from", "all", "--state", state}
			p := k.start(t, "hang", "", args...)
			if uids := k.uids(1); fmt.Sprint(uids) != "[1]" {
				t.Errorf("uids %v", uids)
			}
			second := k.next()
			p.signal(sig)
			if code := p.exit(); sig == syscall.SIGTERM && code != 0 {
				t.Errorf("exit code %d; stderr: %s", code, p.stderr.String())
			}
			k.start(t, "record", "", append(args, "--count", "2")...).wantExit(0)
			again := k.next()
			if again["uid"] != 2.0 || again["id"] != second["id"] {
				t.Errorf("first %v, then %v", second, again)
			}
			if uids := k.uids(1); fmt.Sprint(uids) != "[3]" {
				t.Errorf("uids %v", uids)
			}
		})
	}
}

// A command that is under way when we are to end may be done, and that counts.
func TestExecDoneAtTheEnd(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "2")
	state := filepath.Join(t.TempDir(), "state")
	k := newTaken(t)
	args := []string{s.url("INBOX"), "--from", "all", "--state", state}
	block := writeFile(t, "", 0o600)
	p := k.start(t, "slow", block, args...)
	k.uids(1)
	p.signal(syscall.SIGTERM)
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	p.wantExit(0)
	k.start(t, "record", "", append(args, "--count", "1")...).wantExit(0)
	if uids := k.uids(1); fmt.Sprint(uids) != "[2]" {
		t.Errorf("uids %v", uids)
	}
}

// Several accounts: each with its own password, and one command for all.
func TestWatchSeveralAccounts(t *testing.T) {
	t.Parallel()
	a := startServer(t, "--messages", "1", "--user", "alice:first")
	b := startServer(t, "--messages", "1", "--user", "bob:second")
	a.loginAs("alice", "first").do("CREATE Work")
	urls := []string{
		a.url("INBOX"), "imap+plaintext://bob@" + b.Listen, a.url("Work"), a.url("INBOX"),
		"--password-command", `case $IDLEWILD_USER@$IDLEWILD_HOST in alice@127.0.0.1) echo first;; bob@127.0.0.1) echo second;; esac`,
		"--from", "all", "--json", "--state", filepath.Join(t.TempDir(), "state"),
	}
	k := newTaken(t)
	k.start(t, "record", "", append(urls, "--count", "3")...)
	a.loginAs("alice", "first").append("Work", "w")
	var got []string
	for range 3 {
		v := k.next()
		got = append(got, fmt.Sprint(v["account"], " ", v["mailbox"], " ", v["uid"]))
	}
	k.wantExit(0)
	slices.Sort(got)
	if want := "[alice@127.0.0.1 INBOX 1 alice@127.0.0.1 Work 1 bob@127.0.0.1 INBOX 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
