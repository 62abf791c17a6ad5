package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	p := start(t, "demo", "--for", "3s", "--rate", "50", "--json")
	events := p.rest()
	p.wantExit(0)
	count := map[any]int{}
	for _, v := range events {
		count[v["event"]]++
	}
	last := events[len(events)-1]
	if last["event"] != "summary" || last["appended"] != 150.0 || last["delivered"] != 150.0 ||
		last["missing"] != 0.0 || last["duplicates"] != 0.0 {
		t.Errorf("the last line is %v", last)
	}
	p50, _ := last["p50_ms"].(float64)
	p99, _ := last["p99_ms"].(float64)
	if p50 <= 0 || p99 < p50 {
		t.Errorf("p50_ms %v, p99_ms %v", last["p50_ms"], last["p99_ms"])
	}
	if count["arrived"] != 150 || count["offline"] < 2 || count["online"] < 3 {
		t.Errorf("events: %v", count)
	}
}

func TestDemoForPeople(t *testing.T) {
	t.Parallel()
	p := start(t, "demo", "--for", "600ms", "--rate", "10")
	var all strings.Builder
	for {
		line, ok := p.line()
		if !ok {
			break
		}
		all.WriteString(line + "\n")
	}
	p.wantExit(0)
	if !strings.Contains(all.String(), "6 messages arrived, 6 were printed, nothing is missing") || strings.Contains(all.String(), "\x1b") {
		t.Errorf("got %s", all.String())
	}
}

// Faults all the time, and nothing is missing. The faults are as many as the
// seconds at least, however fast the machine is.
func TestDemoChaos(t *testing.T) {
	t.Parallel()
	seconds := 6
	if os.Getenv("IDLEWILD_LONG") != "" {
		seconds = 30
	}
	p := start(t, "demo", "--chaos", "--for", fmt.Sprintf("%ds", seconds), "--rate", "50", "--json")
	faults, onlines := 0, 0
	var last map[string]any
	for _, v := range p.rest() {
		last = v
		switch v["event"] {
		case "fault":
			faults++
			if v["fault"] == "" || v["text"] == "" {
				t.Errorf("got %v", v)
			}
		case "online":
			onlines++
		case "offline":
			if wait, _ := v["retry_in_ms"].(float64); wait > 250 {
				t.Errorf("it waits too long: %v", v)
			}
		}
	}
	p.wantExit(0)
	number := func(name string) int { n, _ := last[name].(float64); return int(n) }
	if last["event"] != "summary" || number("appended") != seconds*50 || number("delivered") != seconds*50 ||
		last["missing"] != 0.0 || last["duplicates"] != 0.0 || number("seed") == 0 ||
		number("faults") != faults || number("reconnects") != onlines-1 {
		t.Errorf("the last line is %v; there were %d faults, %d times online", last, faults, onlines)
	}
	if faults < seconds || onlines <= seconds {
		t.Errorf("%d faults and %d reconnects are few: %v", faults, onlines-1, last)
	}
}

func TestDemoChaosForPeople(t *testing.T) {
	t.Parallel()
	p := start(t, "demo", "--chaos", "--for", "2s", "--rate", "50", "--seed", "4711")
	var all strings.Builder
	for line, ok := p.line(); ok; line, ok = p.line() {
		all.WriteString(line + "\n")
	}
	p.wantExit(0)
	for _, words := range []string{
		"100 messages arrived, 100 were printed, nothing is missing", "fault: ", "faults and ", "--seed 4711",
	} {
		if !strings.Contains(all.String(), words) {
			t.Errorf("there is no %q in %s", words, all.String())
		}
	}
}

func TestDemoUsage(t *testing.T) {
	t.Parallel()
	start(t, "demo", "--rate", "0").wantExit(2, "--rate")
	start(t, "demo", "--for", "0s").wantExit(2, "--for")
	start(t, "demo", "--seed", "1").wantExit(2, "--seed is about the faults of --chaos")
	start(t, "demo", "more").wantExit(2, "one argument too many")
}

func TestTestserver(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--user", "alice:pass", "--user", "bob:secret:with:colons", "--messages", "100")
	if info, err := os.Stat(s.CAFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the CA file: %v, %v", info, err)
	}
	c := s.login()
	got := strings.Join(c.do("STATUS INBOX (MESSAGES UNSEEN)"), "\n")
	if !strings.Contains(got, "MESSAGES 100") || !strings.Contains(got, "UNSEEN 100") {
		t.Errorf("got %s", got)
	}
	c.do("EXAMINE INBOX")
	headers := strings.Join(c.do("FETCH 1:* BODY.PEEK[HEADER.FIELDS (FROM TO DATE SUBJECT MESSAGE-ID)]"), "\n")
	for _, field := range []string{"From: ", "To: ", "Date: ", "Subject: ", "Message-ID: "} {
		if n := strings.Count("\n"+headers, "\n"+field); n != 100 {
			t.Errorf("%d messages have %q", n, field)
		}
	}
	if flags := strings.Join(c.do("FETCH 1:* FLAGS"), "\n"); strings.Contains(flags, `\Seen`) {
		t.Errorf("there are flags: %s", flags)
	}
	s.signal(syscall.SIGTERM)
	s.wantExit(0)
	if exists(s.CAFile) {
		t.Error("the CA file is still there")
	}
}

func TestTestserverUsage(t *testing.T) {
	t.Parallel()
	start(t, "testserver", "--user", "alice").wantExit(2, "NAME:PASSWORD")
	start(t, "testserver", "--messages", "-1").wantExit(2, "--messages")
	start(t, "testserver", "--listen", "nonsense").wantExit(1, "cannot listen on nonsense")
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		code int
		out  string
		err  string
	}{
		{"", 0, "idlewild demo", ""},
		{"--help", 0, "Exit codes: 0 done", ""},
		{"watch --help", 0, "--password-command", ""},
		{"--version", 0, "idlewild ", ""},
		{"completion bash", 0, "bash completion", ""},
		{"wach", 2, "", `there is no command "wach"; did you mean watch?`},
		{"--nonsense", 2, "", "unknown flag"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			p := start(t, strings.Fields(tt.args)...)
			var all strings.Builder
			for {
				line, ok := p.line()
				if !ok {
					break
				}
				all.WriteString(line + "\n")
			}
			p.wantExit(tt.code, tt.err)
			if !strings.Contains(all.String(), tt.out) {
				t.Errorf("stdout: %s", all.String())
			}
		})
	}
}
