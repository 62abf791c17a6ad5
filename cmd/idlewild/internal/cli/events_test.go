package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

var updateDocs = flag.Bool("update-docs", false, "write the examples of docs/events.md from this run")

// sampleRecords has one of every kind of line.
func sampleRecords() []record {
	const id = "7d8f1e0c5ab9…"
	const box = "INBOX"
	inbox := []string{box}
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	envelope := &imap.Envelope{
		Subject: "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", Date: "Sat, 31 Jan 2026 12:59:58 +0100", MessageID: "<1@example.org>",
		From: []imap.Address{{Name: "Zoe", Mailbox: "zoe", Host: "example.org"}},
		To:   []imap.Address{{Mailbox: "alice", Host: "example.org"}},
	}
	flags := []imap.Flag{"\\Seen", "$Work"}
	uids := imap.UIDSetOf(4709, 4710)
	refused := errors.New("imap: AUTHENTICATE: NO [AUTHENTICATIONFAILED] Invalid credentials")
	events := []watch.Event{
		watch.Arrived{ID: id, Mailbox: box, UIDValidity: 7, Message: &imap.Message{UID: 4711, Size: 2048, Envelope: envelope}},
		watch.Flags{ID: id, Mailbox: box, UIDValidity: 7, UID: 4711, Flags: flags, ModSeq: 90210},
		watch.Gone{ID: id, Mailbox: box, UIDValidity: 7, UID: 4711},
		watch.Moved{ID: id, Mailbox: box, UIDValidity: 7, UID: 4711, To: "Archive", ToUIDValidity: 3, ToUID: 12},
		watch.Reset{ID: id, Mailbox: box, OldUIDValidity: 7, UIDValidity: 8, Policy: watch.PolicyResume, Known: 1200, New: 3},
		watch.Skipped{ID: id, Mailbox: box, UIDValidity: 7, UIDs: uids, Count: 2, Reason: watch.SkippedExpunged},
		watch.Missing{Mailbox: "Lists", Reason: watch.MissingNonExistent, Err: errors.New("imap: EXAMINE: NO [NONEXISTENT] no such mailbox"), Retry: time.Minute},
		watch.Renamed{Mailbox: "Lists", To: "Old/Lists"},
		watch.Stale{Mailbox: box, For: 330 * time.Second},
		watch.Recovered{Mailbox: box, After: 400 * time.Second},
		watch.Offline{Mailboxes: inbox, Reason: watch.ReasonEOF, Class: watch.ClassOutage, Err: errors.New("imap: connection closed: EOF"), Retry: 700 * time.Millisecond, Attempt: 1},
		watch.Online{Mailboxes: inbox, Mode: watch.ModeIdle, Attempt: 2,
			Cursors: []watch.Cursor{{UIDValidity: 1748779991, UIDNext: 4711}}},
		watch.Alert{Text: "Your mailbox is nearly full"},
		watch.AuthFailed{Err: refused, Help: "Make an app password.", Refusals: 2, Retry: 30 * time.Minute},
		watch.Reauthorize{Err: errors.New("invalid_grant"), Retry: time.Hour},
	}
	var all []record
	for _, e := range events {
		all = append(all, each(recordOf("alice@imap.example.org", box, e))...)
	}
	h := func(event string) head { return newHead(event, "demo@localhost", at) }
	return append(all, faultRecord{h(eventFault), "half-open", "the connection dies without a word"},
		summaryRecord{h(eventSummary), 1500, 1500, 0, 0, 178.2, 1105.5, 96, 52, 4711})
}

// docs/events.md has an example of every event, as it is printed, and says
// something of every field.
func TestDocsOfEvents(t *testing.T) {
	const file = "../../../../docs/events.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	var documented []string
	for _, r := range sampleRecords() {
		line := sampleLine(t, r)
		event := r.about().Event
		documented = append(documented, event)
		_, section, found := strings.Cut(doc, "\n## "+event+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !found {
			t.Errorf("%s has no section for %q, whose line is\n%s", file, event, line)
			continue
		}
		example := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindStringSubmatch(section)
		if example == nil || example[1] != line {
			if *updateDocs && example != nil {
				doc = strings.Replace(doc, section, strings.Replace(section, example[1], line, 1), 1)
				continue
			}
			t.Errorf("the example of %q is not\n%s", event, line)
		}
		var fields map[string]any
		_ = json.Unmarshal([]byte(line), &fields)
		for name := range fields {
			if !strings.Contains(section, "`"+name+"`") && !slices.Contains([]string{"event", "time", "account", "id", "mailbox", "uidvalidity", "uid"}, name) {
				t.Errorf("the section on %q does not explain `%s`", event, name)
			}
		}
	}
	for _, name := range eventNames() {
		if !slices.Contains(documented, name) {
			t.Errorf("there is no sample of %q", name)
		}
	}
	if *updateDocs && doc != string(text) {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sampleLine is the line of JSON, at a fixed time.
func sampleLine(t *testing.T, r record) string {
	t.Helper()
	text, err := encodeJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(strings.TrimSpace(string(text)), `"time":"2026-01-31T12:00:00.000Z"`)
}

// Every kind of event that watch has can be chosen, and is printed.
func TestEveryKindHasALine(t *testing.T) {
	src, err := os.ReadFile("../../../../watch/event.go")
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, m := range regexp.MustCompile(`Kind\w+\s+Kind = "(\w+)"`).FindAllStringSubmatch(string(src), -1) {
		known++
		if !slices.Contains(eventNames(), m[1]) {
			t.Errorf("%s is not known here", m[1])
		}
	}
	if known < 15 {
		t.Errorf("only %d kinds found", known)
	}
	for _, r := range sampleRecords() {
		for _, columns := range []int{0, 80} {
			line := r.line(style{}, columns)
			if event := r.about().Event; line == "" || event != eventArrived && event != eventSummary && event != eventFault && !strings.Contains(line, event+": ") {
				t.Errorf("%q is shown as %q", event, line)
			}
		}
	}
}

// docs/events.md has every word that watch may use for a reason or a class.
func TestDocsOfReasons(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"reason", "class", "event", "mode"} {
		src, err := os.ReadFile("../../../../watch/" + file + ".go")
		if err != nil {
			t.Fatal(err)
		}
		words := regexp.MustCompile(`(?:Reason|Class|Policy|Mode) = "(\w+)"`).FindAllStringSubmatch(string(src), -1)
		if len(words) < 3 {
			t.Errorf("only %d words in watch/%s.go", len(words), file)
		}
		for _, m := range words {
			if !strings.Contains(string(doc), "`"+m[1]+"`") {
				t.Errorf("docs/events.md does not have `%s`, of watch/%s.go", m[1], file)
			}
		}
	}
}

func TestChooseEvents(t *testing.T) {
	names := func(set map[string]bool) string {
		var all []string
		for _, name := range eventNames() {
			if set[name] {
				all = append(all, name)
			}
		}
		return strings.Join(all, " ")
	}
	all := strings.Join(eventNames(), " ")
	for _, tt := range []struct{ in, printed, taken string }{
		{"", strings.Replace(all, " flags gone moved", "", 1), "arrived"},
		{"arrived", "arrived", "arrived"},
		{"gone arrived gone", "arrived gone", "arrived gone"},
		{"all", all, all},
		{"arrived all", all, all},
	} {
		printed, taken, err := chooseEvents(strings.Fields(tt.in))
		if err != nil || names(printed) != tt.printed || names(taken) != tt.taken {
			t.Errorf("%q: printed %q, taken %q, %v", tt.in, names(printed), names(taken), err)
		}
	}
	if _, _, err := chooseEvents([]string{"arrived", "Gone"}); exitCode(err) != exitUsage {
		t.Errorf("got %v", err)
	}
}

func TestQuiet(t *testing.T) {
	c := connection{head: head{Account: "a@h"}}
	lost := func(class string, attempt int, expected bool) record {
		return offlineRecord{connection: c, Class: class, Attempt: attempt, Expected: expected}
	}
	q := &quiet{}
	for i, step := range []struct {
		r    record
		want bool
	}{
		{arrivedRecord{}, false}, {onlineRecord{connection: c}, false},
		{lost("outage", 1, false), false}, {onlineRecord{connection: c}, false},
		{lost("outage", 5, true), false}, {onlineRecord{connection: c}, false},
		{lost("outage", 2, false), true}, {onlineRecord{connection: c}, true}, {onlineRecord{connection: c}, false},
		{lost("credential", 1, false), true}, {onlineRecord{connection: c}, true},
		{alertRecord{}, true}, {skippedRecord{Reason: "expunged"}, false}, {skippedRecord{Reason: "command"}, true},
		{flagsRecord{}, false}, {staleRecord{}, true},
	} {
		if got := q.tells(step.r); got != step.want {
			t.Errorf("step %d: %v", i, fmt.Sprint(got))
		}
	}
}
