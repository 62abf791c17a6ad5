package imap_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// Damage stays where it is: each kind costs the attribute, code or response
// that it is in, is counted and logged, and leaves the connection good.
func TestDegradation(t *testing.T) {
	fetch := func(line string) string {
		return "C: $2 UID FETCH 1 (UID FLAGS RFC822.SIZE ENVELOPE BODYSTRUCTURE)\nS: * 1 FETCH (" + line + ")\nS: $2 OK done\nC: $3 NOOP\nS: $3 OK alive"
	}
	const envelope = `ENVELOPE (NIL "hi" NIL NIL NIL NIL NIL NIL NIL NIL)`
	const structure = `BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL NIL NIL NIL)`
	for name, tt := range map[string]struct{ line, where, raw string }{
		"envelope": {`UID 1 FLAGS (\Seen) ENVELOPE (NIL (("x" "y")) 3 ")" (7 8)) RFC822.SIZE 3 ` + structure,
			"ENVELOPE", `(NIL (("x" "y")) 3 ")" (7 8))`},
		"body structure": {`UID 1 FLAGS (\Seen) BODYSTRUCTURE 7 RFC822.SIZE 3 ` + envelope, "BODYSTRUCTURE", `7`},
		"size":           {`UID 1 FLAGS (\Seen) RFC822.SIZE large ` + envelope + " " + structure, "RFC822.SIZE", `large`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			_, box := talk(t, "", fetch(tt.line), &imap.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			opts := &imap.FetchOptions{Flags: true, Size: true, Envelope: true, BodyStructure: true}
			n := 0
			for m, err := range box.Fetch(t.Context(), imap.UID(1), opts) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				if !m.Has(imap.HasFlags) || len(m.Raw) != 1 || m.Raw[0].Name != tt.where || string(m.Raw[0].Value) != tt.raw {
					t.Errorf("%+v", m)
				}
				if len(m.Problems) != 1 || m.Problems[0].Where != tt.where || m.Problems[0].Err == nil || fmt.Sprint(m.Missing) != "["+tt.where+"]" {
					t.Errorf("problems %v, missing %v", m.Problems, m.Missing)
				}
			}
			noop(t, box.Client())
			if s := box.Client().Stats(); n != 1 || s != (imap.Stats{Problems: 1}) {
				t.Errorf("%d messages, %+v", n, s)
			}
			if !strings.Contains(log.String(), "level=DEBUG") || !strings.Contains(log.String(), tt.where) {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}

// A code that does not parse is kept as text, and counted.
func TestDegradedCode(t *testing.T) {
	c := talkTo(t, "", `
		C: $1 NOOP
		S: * OK [COPYUID 7 1:3 x] text
		S: * OK [UIDVALIDITY many] text
		S: $1 OK [X-ODD (a] b] done
		C: $2 NOOP
		S: $2 OK alive
	`, nil)
	noop(t, c)
	noop(t, c)
	if s := c.Stats(); s != (imap.Stats{Problems: 2}) {
		t.Errorf("%+v", s)
	}
}

// Responses that cannot be read, lines that are none, replies to nothing and
// requests that nobody waits for are left out, and counted.
func TestDegradedResponses(t *testing.T) {
	c := talkTo(t, "", `
		C: $1 NOOP
		S: * LIST ("
		S: hello
		S: * 99999999999 EXISTS
		S: X1 OK what
		S: + go on
		S: $1 OK done
		C: $2 NOOP
		S: $2 OK alive
	`, nil)
	noop(t, c)
	noop(t, c)
	if s := c.Stats(); s != (imap.Stats{Skipped: 3, StrayTags: 1, StrayContinuations: 1}) {
		t.Errorf("%+v", s)
	}
}

// What a command asked for and cannot be read is that command's error, not an
// answer that looks empty; the next command works.
func TestDegradedAnswer(t *testing.T) {
	_, box := talk(t, "", `
		C: $2 UID SEARCH ALL
		S: * SEARCH 1 what
		S: $2 OK done
		C: $3 UID FETCH 1:2 (UID FLAGS)
		S: * 1 FETCH (UID 1 FLAGS (
		S: * 2 FETCH (UID 2 FLAGS ())
		S: $3 OK done
		C: $4 UID SEARCH ALL
		S: * SEARCH 1
		S: $4 OK done
	`, nil)
	if found, err := box.Search(t.Context(), nil); err == nil || errors.Is(err, imap.ErrClosed) {
		t.Errorf("%v, %v", found, err)
	}
	n := 0
	var last error
	for m, err := range box.Fetch(t.Context(), imap.UIDSetOf(1, 2), nil) {
		if last = err; m != nil {
			n++
		}
	}
	if s := box.Client().Stats(); n == 0 || last == nil && s.Problems+s.Skipped == 0 {
		t.Errorf("%d messages, %v, %+v", n, last, s)
	}
	if found, err := box.Search(t.Context(), nil); err != nil || found.String() != "1" {
		t.Errorf("%v, %v", found, err)
	}
}
