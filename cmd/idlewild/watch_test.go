package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestWatchCount(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "3")
	p := start(t, "watch", s.tlsURL("INBOX"), "--ca-file", s.CAFile, "--json", "--from", "all", "--count", "3")
	events := p.rest()
	p.wantExit(0)
	var uids []any
	for _, v := range events {
		if v["event"] != "arrived" {
			continue
		}
		uids = append(uids, v["uid"])
		checkArrived(t, v)
	}
	if fmt.Sprint(uids) != "[1 2 3]" {
		t.Errorf("uids %v, want 1 2 3", uids)
	}
	if events[0]["event"] != "online" || events[0]["attempt"] == nil || events[0]["mailbox"] != "INBOX" ||
		events[0]["mode"] != "idle" {
		t.Errorf("the first line is not a whole online event: %v", events[0])
	}
}

// checkArrived checks that all fields are there, of the right kind.
func checkArrived(t *testing.T, v map[string]any) {
	t.Helper()
	want := regexp.MustCompile(`^\{"event":"arrived","time":"[^"]+Z","account":"alice@127\.0\.0\.1",` +
		`"id":"[0-9a-f]{1,64}","mailbox":"INBOX","uidvalidity":\d+,"uid":\d+,"flags":\[[^]]*\],"size":[1-9]\d*,` +
		`"envelope":\{"subject":"[^"]+","from":\[\{"name":"[^"]*","address":"[^"]+@[^"]+"\}\],` +
		`"to":\[\{"name":"[^"]*","address":"[^"]+@[^"]+"\}\],"date":"\d{4}-[^"]+","message_id":"<[^"]+>"\}\}$`)
	env, _ := v["envelope"].(map[string]any)
	field := func(v any) json.RawMessage { b, _ := json.Marshal(v); return b }
	pair := func(v any) string {
		m := v.([]any)[0].(map[string]any)
		return fmt.Sprintf(`[{"name":%s,"address":%s}]`, field(m["name"]), field(m["address"]))
	}
	ordered := fmt.Sprintf(`{"event":%s,"time":%s,"account":%s,"id":%s,"mailbox":%s,"uidvalidity":%s,"uid":%s,`+
		`"flags":%s,"size":%s,"envelope":{"subject":%s,"from":%s,"to":%s,"date":%s,"message_id":%s}}`,
		field(v["event"]), field(v["time"]), field(v["account"]), field(v["id"]), field(v["mailbox"]),
		field(v["uidvalidity"]), field(v["uid"]), field(v["flags"]), field(v["size"]), field(env["subject"]),
		pair(env["from"]), pair(env["to"]), field(env["date"]), field(env["message_id"]))
	ordered = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(ordered)
	if !want.MatchString(ordered) {
		t.Errorf("not as promised: %s", ordered)
	}
}

func TestWatchFromNow(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "5")
	p := start(t, "watch", s.url("INBOX"), "--json", "--count", "1")
	p.event("online")
	s.login().append("INBOX", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=")
	v := p.event("arrived")
	env := v["envelope"].(map[string]any)
	if v["uid"] != 6.0 || env["subject"] != "Grüße" || env["date"] != "2003-07-01T10:52:37+02:00" {
		t.Errorf("got %v", v)
	}
	p.wantExit(0)
}

func TestWatchRefusals(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	other := startServer(t, "--messages", "0")
	open := writeFile(t, "pass", 0o644)
	for _, tt := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"wrong password", []string{s.url("INBOX"), "--password-command", "echo wrong"}, 3, []string{"refuses the login of alice", s.Listen}},
		{"unknown mailbox", []string{s.url("No%20such")}, 4, []string{`no mailbox "No such"`}},
		{"unknown among others", []string{s.url("INBOX"), "--mailbox", "INBOX", "--mailbox", "Nope"}, 4, []string{`no mailbox "Nope"`}},
		{"bad URL", []string{"imap.example.org"}, 2, []string{"imaps://user@host[:port]/MAILBOX"}},
		{"no URL", nil, 2, []string{"URL is missing"}},
		{"two ways", []string{s.url(""), s.tlsURL("")}, 2, []string{"two URLs reach alice@127.0.0.1 in different ways"}},
		{"one password for two", []string{s.url(""), "imaps://bob@127.0.0.1"}, 2, []string{"IDLEWILD_PASSWORD is for one account"}},
		{"second URL bad", []string{s.url(""), "imaps://127.0.0.1"}, 2, []string{"URL 2: bad URL: the user is missing"}},
		{"--exec without URL", []string{"--exec", "true", s.url("")}, 2, []string{"URL is missing", "flags go before it"}},
		{"-- in place of --exec", []string{s.url(""), "--", "echo", "hi"}, 2, []string{"--exec echo hi"}},
		{"--events of nothing", []string{s.url(""), "--events="}, 2, []string{"--events is empty"}},
		{"--exec of nothing", []string{s.url(""), "--exec"}, 2, []string{"--exec has no command"}},
		{"--exec unknown", []string{s.url(""), "--exec", "no-such-command"}, 2, []string{`no command "no-such-command" in the PATH`}},
		{"--exec in one word", []string{s.url(""), "--exec", "echo hello"}, 2, []string{"words of their own"}},
		{"--exec of a missing file", []string{s.url(""), "--exec", "/no/such/file"}, 2, []string{"there is no file /no/such/file"}},
		{"--exec not executable", []string{s.url(""), "--exec", open}, 2, []string{"chmod +x"}},
		{"--exec-timeout alone", []string{s.url(""), "--exec-timeout", "1s"}, 2, []string{"--exec, which is missing"}},
		{"--exec-timeout of nothing", []string{s.url(""), "--exec-timeout", "0s", "--exec", "true"}, 2, []string{"--exec-timeout"}},
		{"--exec-attempts below 0", []string{s.url(""), "--exec-attempts", "-1", "--exec", "true"}, 2, []string{"--exec-attempts"}},
		{"password in URL", []string{"imaps://alice:Geheim@localhost/"}, 2, []string{"--password-command"}},
		{"unknown flag", []string{s.url(""), "--password", "x"}, 2, []string{"unknown flag", "--help"}},
		{"bad --from", []string{s.url(""), "--from", "yesterday"}, 2, []string{"now, all, last:N", "2026-01-31"}},
		{"--from a cursor of two", []string{s.url(""), s.url("B"), "--from", "1-1-2-0"}, 2, []string{"place in one mailbox", "--state"}},
		{"bad --events", []string{s.url(""), "--events", "arrived,gome"}, 2, []string{`--events has "gome"`, "reauthorize or all"}},
		{"bad --listen", []string{s.url(""), "--listen", "hard"}, 2, []string{"auto, notify, idle, rotate or poll"}},
		{"--listen idle of many", []string{s.url("A"), s.url("B"), "--listen", "idle", "--connections", "1"}, 2, []string{"--connections 2"}},
		{"bad --on-reset", []string{s.url(""), "--on-reset", "x"}, 2, []string{"resume, baseline or replay"}},
		{"bad --connections", []string{s.url(""), "--connections", "0"}, 2, []string{"--connections"}},
		{"bad --scan", []string{s.url(""), "--scan", "1ms"}, 2, []string{"--scan"}},
		{"--quiet with --json", []string{s.url(""), "--quiet", "--exec", "true"}, 2, []string{"give one of them"}},
		{"bad --for", []string{s.url(""), "--for", "soon"}, 2, []string{"--for"}},
		{"bad --count", []string{s.url(""), "--count", "-1"}, 2, []string{"--count"}},
		{"no CA", []string{s.tlsURL("INBOX")}, 1, []string{"--ca-file", s.TLSListen}},
		{"wrong CA", []string{s.tlsURL("INBOX"), "--ca-file", other.CAFile}, 1, []string{"--ca-file", s.TLSListen}},
		{"CA file missing", []string{s.tlsURL("INBOX"), "--ca-file", "/no/such/file"}, 1, []string{"cannot read the --ca-file"}},
		{"CA file is none", []string{s.tlsURL("INBOX"), "--ca-file", open}, 1, []string{"PEM"}},
		{"TLS to a clear port", []string{"imaps://alice@" + s.Listen}, 1, []string{"does not speak TLS", "imap://"}},
		{"open password file", []string{s.url("INBOX"), "--password-file", open}, 1, []string{"chmod 600"}},
		{"nobody there", []string{"imaps://alice@127.0.0.1:1/"}, 1, []string{"nobody listens", "127.0.0.1:1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, append([]string{"watch", "--json"}, tt.args...)...)
			for _, v := range p.rest() {
				if v["event"] == "arrived" {
					t.Errorf("an event: %v", v)
				}
			}
			p.wantExit(tt.code, append(tt.words, "idlewild: ")...)
			if text := p.stderr.String(); strings.Contains(text, "Geheim") || strings.Count(text, "\n") != 1 {
				t.Errorf("stderr: %s", text)
			}
		})
	}
}

func TestWatchSTARTTLS(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	url := "imap://alice@" + s.Listen + "/INBOX"
	p := start(t, "watch", url, "--ca-file", s.CAFile, "--json", "--from", "all", "--count", "1")
	p.event("arrived")
	p.wantExit(0)
	start(t, "watch", url, "--json").wantExit(1, "--ca-file")
}

func TestWatchSignals(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			s := startServer(t, "--messages", "1")
			trace := filepath.Join(t.TempDir(), "trace")
			p := start(t, "watch", s.url("INBOX"), "--json", "--trace", trace)
			p.event("online")
			p.signal(sig)
			p.wantExit(0)
			text, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "LOGOUT") || strings.Contains(string(text), "pass") {
				t.Errorf("no LOGOUT, or a password in the trace:\n%s", text)
			}
			if info, _ := os.Stat(trace); info.Mode().Perm() != 0o600 {
				t.Errorf("the trace has mode %v", info.Mode())
			}
		})
	}
}

func TestWatchFor(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	p := start(t, "watch", s.url("INBOX"), "--json", "--for", "500ms")
	p.wantExit(0)
}

// The same state, again and again: nothing is missed, nothing repeated, wherever
// a run ended.
func TestWatchState(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "10")
	state := filepath.Join(t.TempDir(), "state")
	run := func(count string) (uids []float64, ids []string) {
		p := start(t, "watch", s.url("INBOX"), "--json", "--from", "all", "--state", state, "--count", count)
		for _, v := range p.rest() {
			if v["event"] == "arrived" {
				uids = append(uids, v["uid"].(float64))
				ids = append(ids, v["id"].(string))
			}
		}
		p.wantExit(0)
		return uids, ids
	}
	var all []float64
	var ids []string
	for _, count := range []string{"3", "1", "6"} { // out of one batch of ten
		u, i := run(count)
		all, ids = append(all, u...), append(ids, i...)
	}
	c := s.login()
	for n := range 4 {
		c.append("INBOX", fmt.Sprint("while away ", n))
	}
	for _, count := range []string{"3", "1"} {
		u, i := run(count)
		all, ids = append(all, u...), append(ids, i...)
	}
	want := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	if !slices.Equal(all, want) {
		t.Errorf("uids %v, want %v", all, want)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(want) {
		t.Error("ids are not unique")
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the state file is not private: %v, %v", info, err)
	}
}

func TestWatchStateAfterSignal(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "2")
	state := filepath.Join(t.TempDir(), "state")
	p := start(t, "watch", s.url("INBOX"), "--json", "--state", state)
	p.event("online")
	c := s.login()
	c.append("INBOX", "one")
	if v := p.event("arrived"); v["uid"] != 3.0 {
		t.Errorf("got %v", v)
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	c.append("INBOX", "two")
	p = start(t, "watch", s.url("INBOX"), "--json", "--state", state, "--count", "1")
	if v := p.event("arrived"); v["uid"] != 4.0 {
		t.Errorf("got %v", v)
	}
	p.wantExit(0)
}

func TestWatchStateInUse(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	state := filepath.Join(t.TempDir(), "state")
	p := start(t, "watch", s.url("INBOX"), "--json", "--state", state)
	p.event("online")
	start(t, "watch", s.url("INBOX"), "--json", "--state", state).wantExit(75, state)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

func TestWatchSeveralMailboxes(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	c := s.login()
	c.do("CREATE Work")
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"watch", s.url("ignored"), "--mailbox", "INBOX", "--mailbox", "Work", "--json", "--state", state, "--count", "2"}
	p := start(t, args...)
	p.event("online")
	p.event("online")
	c.append("Work", "w")
	c.append("INBOX", "i")
	got := map[any]any{}
	for range 2 {
		v := p.event("arrived")
		got[v["mailbox"]] = v["uid"]
	}
	if got["INBOX"] != 2.0 || got["Work"] != 1.0 {
		t.Errorf("got %v", got)
	}
	p.wantExit(0)
	c.append("Work", "w2")
	c.append("INBOX", "i2")
	p = start(t, args...)
	for range 2 {
		v := p.event("arrived")
		got[v["mailbox"]] = v["uid"]
	}
	if got["INBOX"] != 3.0 || got["Work"] != 2.0 {
		t.Errorf("after the restart: got %v", got)
	}
	p.wantExit(0)
}

// A server that goes and comes back costs an offline and an online line, and no
// message.
func TestWatchServerRestarts(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "2")
	p := start(t, "watch", s.url("INBOX"), "--json", "--count", "3")
	p.event("online")
	s.signal(syscall.SIGTERM)
	s.wantExit(0)
	off := p.event("offline")
	for _, field := range []string{"mailbox", "reason", "error", "retry_in_ms", "attempt"} {
		if off[field] == nil {
			t.Errorf("offline has no %s: %v", field, off)
		}
	}
	startServer(t, "--messages", "5", "--listen", s.Listen)
	var uids []any
	for _, v := range p.rest() {
		if v["event"] == "arrived" {
			uids = append(uids, v["uid"])
		}
	}
	if fmt.Sprint(uids) != "[3 4 5]" {
		t.Errorf("uids %v, want 3 4 5", uids)
	}
	p.wantExit(0)
}

// Who reads no more gets nothing more, and nothing counts as handled.
func TestWatchStdoutClosed(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "1")
	state := filepath.Join(t.TempDir(), "state")
	p := start(t, "watch", s.url("INBOX"), "--json", "--state", state)
	p.event("online")
	_ = p.stdout.Close()
	s.login().append("INBOX", "unread")
	p.wantExit(1, "cannot write to stdout")
	p = start(t, "watch", s.url("INBOX"), "--json", "--state", state, "--count", "1")
	if v := p.event("arrived"); v["uid"] != 2.0 {
		t.Errorf("got %v", v)
	}
	p.wantExit(0)
}

// Without --json there are plain lines, with no colours: stdout is no terminal.
func TestWatchForPeople(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "0")
	p := start(t, "watch", s.url("INBOX"), "--count", "1")
	if line, _ := p.line(); !strings.Contains(line, "online: INBOX, the server tells of news (IDLE)") {
		t.Errorf("got %q", line)
	}
	s.login().append("INBOX", "=?utf-8?q?=1B[31mred=E2=80=AE?=")
	line, _ := p.line()
	if !strings.Contains(line, `INBOX #1  Zoe <zoe@example.org>  \x1b[31mred\u202e`) {
		t.Errorf("got %q", line)
	}
	p.wantExit(0)
}

// Killed again and again, it loses nothing; what comes twice has the same id.
func TestWatchKilled(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--messages", "0")
	state := filepath.Join(t.TempDir(), "state")
	c := s.login()
	ids := map[any]any{} // uid: id
	take := func(v map[string]any) {
		t.Helper()
		if v["event"] != "arrived" {
			return
		}
		if id, known := ids[v["uid"]]; known && id != v["id"] {
			t.Errorf("uid %v has ids %v and %v", v["uid"], id, v["id"])
		}
		ids[v["uid"]] = v["id"]
	}
	sent := 0
	for round := range 10 {
		p := start(t, "watch", s.url("INBOX"), "--json", "--from", "all", "--state", state)
		p.event("online")
		for range 5 {
			c.append("INBOX", fmt.Sprint("number ", sent))
			sent++
		}
		if round%2 == 0 {
			take(p.event("arrived"))
		}
		_ = p.cmd.Process.Kill()
		for _, v := range p.rest() {
			take(v)
		}
		<-p.exited
	}
	c.append("INBOX", "the last one")
	p := start(t, "watch", s.url("INBOX"), "--json", "--from", "all", "--state", state)
	for ids[float64(sent+1)] == nil {
		take(p.event("arrived"))
	}
	if len(ids) != sent+1 {
		t.Errorf("%d of %d messages were printed", len(ids), sent+1)
	}
}

// A reader that has gone to sleep does not keep it from ending, and loses
// nothing by that.
func TestWatchStdoutStuck(t *testing.T) {
	t.Parallel()
	const messages = 600 // their lines are more than fits into a pipe
	s := startServer(t, "--messages", fmt.Sprint(messages))
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"watch", s.url("INBOX"), "--json", "--from", "all", "--state", state}
	cmd := exec.CommandContext(t.Context(), os.Getenv("IDLEWILD_TEST_BINARY"), args...)
	cmd.Env = append(os.Environ(), "IDLEWILD_PASSWORD=pass")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(stdout)
	var printed []map[string]any
	next := func() bool {
		line, err := read.ReadString('\n')
		if err == nil {
			printed = append(printed, parseEvent(t, line))
		}
		return err == nil
	}
	for len(printed) < 50 && next() {
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	state2, _ := cmd.Process.Wait()
	// 1 if it was in the midst of a line that nobody read, 0 if it was not.
	if code := state2.ExitCode(); code != 0 && code != 1 {
		t.Errorf("exit code %d, want 1 or 0", code)
	}
	for next() {
	}
	p := start(t, append(args, "--for", "2s")...)
	uids := map[any]bool{}
	for _, v := range append(printed, p.rest()...) {
		if v["event"] == "arrived" {
			uids[v["uid"]] = true
		}
	}
	if len(uids) != messages {
		t.Errorf("%d of %d messages were printed", len(uids), messages)
	}
	p.wantExit(0)
}

// A mailbox that was made anew is told, and read from its beginning.
func TestWatchReset(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	s := startServer(t, "--messages", "2")
	start(t, "watch", s.url("INBOX"), "--json", "--from", "all", "--state", state, "--count", "2").wantExit(0)
	s = startServer(t, "--messages", "3", "--user", "bob:pass", "--user", "alice:pass") // UIDVALIDITY 2
	p := start(t, "watch", s.url("INBOX"), "--json", "--state", state, "--count", "3")
	v := p.event("reset")
	if v["mailbox"] != "INBOX" || v["old_uidvalidity"] != 1.0 || v["uidvalidity"] != 2.0 || v["policy"] != "resume" ||
		v["known"] != 0.0 || v["new"] != 3.0 {
		t.Errorf("got %v", v)
	}
	for uid := range 3 {
		if v := p.event("arrived"); v["uid"] != float64(uid+1) || v["uidvalidity"] != 2.0 {
			t.Errorf("got %v", v)
		}
	}
	p.wantExit(0)
}
