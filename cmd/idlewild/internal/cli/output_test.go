package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
)

func arrived(mailbox, name, subject string) arrivedRecord {
	h := newHead(eventArrived, "a@h", time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local))
	return arrivedRecord{
		message: message{head: h, Mailbox: mailbox, UID: 4711}, Flags: []string{},
		Envelope: envelope{Subject: subject, From: []address{{name, "zoe@example.org"}}, To: []address{}},
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("long ", 40)
	for _, tt := range []struct {
		name    string
		r       record
		columns int
		want    string
	}{
		{"plain", arrived("INBOX", "Zoë", "Hello"), 0, "03:04:05  INBOX #4711  Zoë <zoe@example.org>  Hello"},
		{"plain is not cut", arrived("INBOX", "Zoë", long), 0, "03:04:05  INBOX #4711  Zoë <zoe@example.org>  " + long},
		{"no subject", arrived("INBOX", "", ""), 0, "03:04:05  INBOX #4711  zoe@example.org  (no subject)"},
		{"80 columns", arrived("INBOX", "Zoë", long), 80,
			"03:04:05  INBOX #4711     Zoë                       long long long long long lo…"},
		{"long mailbox", arrived("Archive/2026/January", "Zoë", "Hi"), 80, "03:04:05  Archive… #4711  Zoë                       Hi"},
		{"wide", arrived("INBOX", "山田 太郎", "会議の予定"), 80, "03:04:05  INBOX #4711     山田 太郎                 会議の予定"},
		{"narrow", arrived("INBOX", "Zoë", "Hello"), 20, "03:04:05  Zoë  Hello"},
		{"alert", alertRecord{newHead("alert", "a@h", time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)), "INBOX", long}, 20,
			"03:04:05  alert: " + long},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.r.line(style{}, tt.columns)
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestLiveLine(t *testing.T) {
	var screen strings.Builder
	o := &output{stdout: &screen, columns: func() int { return 40 }}
	s := statusOf("INBOX")
	o.setLive(func(columns int) string { return s.live(o.style, columns) })
	r := arrived("INBOX", "Zoë", "Hello")
	s.note(r)
	if err := o.emit(r); err != nil {
		t.Fatal(err)
	}
	o.setLive(nil)
	shown := strings.Split(screen.String(), eraseLine)
	want := []string{
		"", "… connecting to a@h for 0s · Ctrl-C ends", "03:04:05  Zoë  Hello\n",
		"… connecting to a@h for 0s · 1 arrived …", "",
	}
	if strings.Join(shown, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", shown, want)
	}
	for _, line := range shown {
		if runewidth.StringWidth(line) > 40 {
			t.Errorf("too wide: %q", line)
		}
	}
}

func statusOf(mailboxes ...string) *status {
	s := &status{}
	s.watch([]*follower{{target: target{user: "a", host: "h"}, mailboxes: mailboxes}})
	return s
}

func TestStatus(t *testing.T) {
	s := statusOf("A", "B")
	live := func() string { return s.live(style{}, 200) }
	head := head{Account: "a@h"}
	for _, step := range []struct {
		r    record
		want string
	}{
		{nil, "… connecting to a@h for 0s"},
		{onlineRecord{connection: connectionOf(head, []string{"A"})}, "◐ watching A, B (1 of 2 online) for 0s"},
		{onlineRecord{connection: connectionOf(head, []string{"B"})}, "● watching A, B for 0s"},
		{arrivedRecord{}, "● watching A, B for 0s · 1 arrived"},
		{offlineRecord{connection: connectionOf(head, []string{"A"})}, "◐ watching A, B (1 of 2 online) for 0s · 1 arrived"},
		{offlineRecord{connection: connectionOf(head, []string{"B"})}, "○ offline, trying again: A, B for 0s · 1 arrived"},
	} {
		if step.r != nil {
			s.note(step.r)
		}
		if got := live(); got != step.want+" · Ctrl-C ends" {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}

func TestEmitFails(t *testing.T) {
	broken := errors.New("broken pipe")
	o := &output{stdout: failingWriter{broken}, json: true}
	if err := o.emit(arrived("INBOX", "", "")); !errors.Is(err, broken) || !strings.Contains(err.Error(), "cannot write to stdout") {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestRoundTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0 ms", 400 * time.Microsecond: "0.4 ms", 657 * time.Millisecond: "657 ms",
		1500 * time.Millisecond: "1.5 s", 42 * time.Second: "42 s", 5 * time.Minute: "5m",
		70 * time.Second: "1m10s", time.Hour: "1h0m",
	} {
		if got := roundTime(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var d []time.Duration
	if percentile(d, 50) != 0 {
		t.Error("of nothing it is not 0")
	}
	for i := range 100 {
		d = append(d, time.Duration(i+1)*time.Millisecond)
	}
	if p50, p99 := percentile(d, 50), percentile(d, 99); p50 != 50 || p99 != 99 {
		t.Errorf("got %v and %v", p50, p99)
	}
}

// The end of a demo is the first thing that people read of us.
func TestSummaryFits(t *testing.T) {
	r := summaryRecord{Appended: 1_000_000, Delivered: 1_000_000, P50: 1234, P99: 12345, Faults: 99_999, Reconnects: 99_999}
	for _, seed := range []uint64{0, 1_000_000} {
		r.Seed = seed
		for line := range strings.SplitSeq(r.line(style{}, 80), "\n") {
			if runewidth.StringWidth(line) > 80 {
				t.Errorf("too wide: %s", line)
			}
		}
	}
}
