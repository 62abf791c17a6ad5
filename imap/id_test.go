package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 2971 §3.1 and §3.2: the examples.
func TestID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ID", `
			C: $1 ID ("name" "sodr" "version" "19.34" "vendor" "Pink Floyd Music Limited")
			S: * ID NIL
			S: $1 OK ID completed
			C: $2 ID NIL
			S: * ID ("name" "Cyrus" "version" "1.5" "os" "sunos" "os-version" "5.5" "support-url" "mailto:cyrus-bugs+@andrew.cmu.edu")
			S: $2 OK ID command completed`, nil)
		mine := imap.ID{{Name: "name", Value: "sodr"}, {Name: "version", Value: "19.34"}, {Name: "vendor", Value: "Pink Floyd Music Limited"}}
		if got, err := c.ID(t.Context(), mine); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		got, err := c.ID(t.Context(), nil)
		if err != nil || len(got) != 5 || got.Get("NAME") != "Cyrus" || got.Get("os-version") != "5.5" || got.Get("date") != "" {
			t.Fatal(got, err)
		}
		if id := c.ServerID(); !slices.Equal(id, got) {
			t.Error(id)
		}
	})
}

// What servers answer to ID, and what is made of it.
func TestIDAnswers(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{`* ID ("name" "GImap" "vendor" "Google, Inc." "support-url" NIL)`, `[{name GImap false} {vendor Google, Inc. false} {support-url  true}]`},
		{`* ID nil`, `[]`},
		{`* ID`, `[]`},
		{`* ID ()`, `[]`},
		{`* ID (name Zimbra version 8.8_GA)`, `[{name Zimbra false} {version 8.8_GA false}]`},
		{`* ID  ( "name"  "x" )`, `[{name x false}]`},
		{`* ID "name" "x"`, `[{name x false}]`},
		{`* ID ("name" "x" "odd")`, `[{name x false} {odd  true}]`},
		{`* ID ("name" "Kölner Büro")`, `[{name Kölner Büro false}]`},
		{`* ID (NIL NIL)`, `[{NIL  true}]`},
		{`* ID ("name" "x"`, `[{name x false}]`},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := talkTo(t, "ID", "C: $1 ID NIL\nS: "+tt.line+"\nS: $1 OK done", nil)
			got, err := c.ID(t.Context(), nil)
			if s := fmt.Sprint([]imap.IDField(got)); err != nil || s != tt.want {
				t.Errorf("%s: %s, %v; want %s", tt.line, s, err, tt.want)
			}
		})
	}
}

func TestIDRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "IDLE", "", nil)
		if _, err := c.ID(t.Context(), nil); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		c = talkTo(t, "ID", `
			C: $1 ID ("`+strings.Repeat("n", 30)+`" {1024}
			S: + go
			C!: `+strings.Repeat("v", 1024)+`
			C: )
			S: $1 NO [UNAVAILABLE] not now
			C: $2 ID NIL
			S: $2 OK nothing said
			C: $3 ID NIL
			S: * ID ("name" ("nested"))
			S: $3 OK done
			C: $4 ID NIL
			S: $4 BAD what`, nil)
		many := make(imap.ID, 31)
		for i := range many {
			many[i].Name = fmt.Sprint("field", i)
		}
		for _, bad := range []imap.ID{
			many,
			{{Name: ""}},
			{{Name: strings.Repeat("n", 31)}},
			{{Name: "n", Value: strings.Repeat("v", 1025)}},
			{{Name: "name"}, {Name: "NAME"}},
			{{Name: "n", Value: "v", Nil: true}},
			{{Name: "n", Value: "a\x00b"}},
		} {
			var arg *wire.ArgumentError
			if _, err := c.ID(t.Context(), bad); !errors.As(err, &arg) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if _, err := c.ID(t.Context(), imap.ID{{Name: strings.Repeat("n", 30), Value: strings.Repeat("v", 1024)}}); !errors.Is(err, imap.CodeUnavailable) {
			t.Error(err)
		}
		for range 3 {
			if got, err := c.ID(t.Context(), nil); err == nil {
				t.Error(got)
			}
		}
	})
}
