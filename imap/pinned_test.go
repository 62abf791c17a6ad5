package imap_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// Behaviours that the tests of other clients' pin, and no other test here does.

// A greeting that is cut off is an error at once, wherever it is cut.
func TestGreetingCut(t *testing.T) {
	const greeting = "* OK [CAPABILITY IMAP4rev1] hello\r\n"
	for n := range len(greeting) {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.Pipe()
			if _, err := io.WriteString(server, greeting[:n]); err != nil {
				t.Fatal(err)
			}
			server.Close()
			start := time.Now()
			_, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
			if !errors.Is(err, imap.ErrClosed) || time.Since(start) != 0 {
				t.Errorf("%q: %v after %v", greeting[:n], err, time.Since(start))
			}
		})
	}
}

func TestBadAddresses(t *testing.T) {
	for _, addr := range []string{"", ":", "host:", ":993", "[::1"} {
		if c, err := imap.Dial(t.Context(), addr, nil); err == nil || c != nil || !strings.Contains(err.Error(), "imap: ") {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

// ENABLE is for who is logged in.
func TestEnableBeforeLogin(t *testing.T) {
	c := beforeLogin(t, "ENABLE", `
		C: $1 ENABLE CONDSTORE
		S: $1 BAD not yet
		C: $2 NOOP
		S: $2 OK done`, nil)
	if got, err := c.Enable(t.Context(), "CONDSTORE"); err == nil || len(got) != 0 || c.Enabled("CONDSTORE") {
		t.Error(got, err)
	}
	noop(t, c)
}

// In UTF-8 mode a search names no charset (RFC 6855 §3).
func TestSearchInUTF8Mode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "ENABLE UTF8=ACCEPT", `
			C: $2 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: $2 OK done
			C: $3 UID SEARCH SUBJECT "Grüße"
			S: * SEARCH 7
			S: $3 OK done`, nil)
		if _, err := box.Client().Enable(t.Context(), "UTF8=ACCEPT"); err != nil {
			t.Fatal(err)
		}
		if got, err := box.Search(t.Context(), search.Subject("Grüße")); err != nil || got.String() != "7" {
			t.Error(got, err)
		}
	})
}

// SELECT's answers in odd clothes: brackets in flags, codes in lower case, and
// codes that nobody knows.
func TestSelectOddAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "", `
			C: $1 SELECT x
			S: * flags (\Answered \Seen [foo] $[bar] a]b)
			S: * ok [permanentflags (\Seen [foo] \*)] limited
			S: * 3 exists
			S: * 1 recent
			S: * OK [uidvalidity 9] valid
			S: * OK [uidnext 12] next
			S: * OK [highestmodseq 77] mod
			S: * OK [X-WHATEVER (a "]" b)] new to us
			S: * X-MORE data
			S: $1 ok [read-write] done`, nil)
		box, err := c.Select(t.Context(), "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		st := box.State()
		if got := fmt.Sprint(st.Exists, st.Recent, st.UIDValidity, st.UIDNext, st.HighestModSeq, st.ReadOnly, st.Flags, st.PermanentFlags); got !=
			`3 1 9 12 77 false [\Answered \Seen [foo] $[bar] a]b] [\Seen [foo] \*]` {
			t.Error(got)
		}
	})
}

// Thousands of lines in one read, and one large literal in one FETCH.
func TestManyLinesInOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&lines, `* %d FETCH (UID %d FLAGS (\\Seen))\r\n`, i+1, i+1)
		}
		_, box := talk(t, "", `
			C: $2 UID FETCH 1:5000 (UID FLAGS)
			S!: `+lines.String()+`A2 OK done\r\n
			C: $3 UID FETCH 1 (UID BODY.PEEK[])
			S: * 1 FETCH (UID 1 BODY[] {418898}
			S!: `+strings.Repeat("x", 418898)+`
			S: )
			S: $3 OK done`, nil)
		all, _, err := fetchAll(t, box, imap.UIDRange(1, 5000), &imap.FetchOptions{Flags: true, Slice: 5000})
		if err != nil || len(all) != 5000 || all[4999].UID != 5000 {
			t.Fatal(len(all), err)
		}
		_, bodies, err := fetchAll(t, box, imap.UID(1), whole)
		if err != nil || len(bodies) != 1 || len(bodies[0]) != 418898 {
			t.Error(len(bodies), err)
		}
	})
}
