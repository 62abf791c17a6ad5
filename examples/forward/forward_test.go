package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch/watchtest"
)

// What was written but not committed comes again, and must not be written again;
// nor may half a line, of a program that was killed, lose its message.
func TestExactlyOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forward.txt")
	start := func(src *watchtest.Source) error {
		out, err := openLog(path)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		return forward(t.Context(), src, out)
	}
	src := new(watchtest.Source)
	src.Arrive("INBOX", watchtest.Message(imap.Envelope{Subject: "one"}, "Hi."))
	src.Disconnect(nil)
	src.Arrive("Archive", watchtest.Message(imap.Envelope{Subject: "two"}, "Hi."), nil)

	full := errors.New("the disk is full")
	src.FailCommit(full)
	if err := start(src); !errors.Is(err, full) {
		t.Errorf("the first start ended with %v", err)
	}
	src.FailCommit(nil)
	if err := start(src); !errors.Is(err, watchtest.ErrEnd) {
		t.Errorf("the second start ended with %v", err)
	}
	if left := src.Uncommitted(); len(left) > 0 {
		t.Errorf("not committed: %v", left)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{` INBOX 1 "one"`, ` Archive 1 "two"`, ` Archive 2 ""`} {
		if n := strings.Count(string(text), want+"\n"); n != 1 {
			t.Errorf("%s is there %d times:\n%s", want, n, text)
		}
	}
}

func TestHalfALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forward.txt")
	if err := os.WriteFile(path, []byte("id1 INBOX 1 \"one\"\nid2 INB"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "id1 INBOX 1 \"one\"\n" || !out.ids["id1"] || len(out.ids) != 1 {
		t.Errorf("%q, %v, %v", text, out.ids, err)
	}
}
