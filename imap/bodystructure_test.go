package imap

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

func TestBodyStructure(t *testing.T) {
	plain := BodyStructure{Type: "TEXT", Subtype: "PLAIN", Encoding: "7BIT", Size: 16, Lines: 1}
	with := func(b BodyStructure, f func(*BodyStructure)) BodyStructure { f(&b); return b }
	extended := with(plain, func(b *BodyStructure) { b.Extended = true })
	for _, tt := range []struct {
		name, in string
		want     BodyStructure
	}{
		{"text", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1)`, plain},
		{"all of it", `("TEXT" "PLAIN" ("CHARSET" "utf-8" "a" "b") "<id>" "desc" "7BIT" 16 1 "md5" ("inline" ("filename" "x")) ("en" "de") "loc" "ext" 1 (2))`,
			BodyStructure{Type: "TEXT", Subtype: "PLAIN", Params: []Param{{"CHARSET", "utf-8"}, {"a", "b"}}, ID: "<id>", Description: "desc",
				Encoding: "7BIT", Size: 16, Lines: 1, MD5: "md5", Disposition: "inline", DispositionParams: []Param{{"filename", "x"}},
				Language: []string{"en", "de"}, Location: "loc", Extended: true}},
		{"basic", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 9 NIL NIL "en" NIL)`,
			BodyStructure{Type: "IMAGE", Subtype: "PNG", Encoding: "BASE64", Size: 9, Language: []string{"en"}, Extended: true}},
		{"multipart", `(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1)("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1) "MIXED" ("BOUNDARY" "x") ("inline" NIL) NIL "loc" 5)`,
			BodyStructure{Type: "multipart", Subtype: "MIXED", Parts: []*BodyStructure{&plain, &plain}, Params: []Param{{"BOUNDARY", "x"}},
				Disposition: "inline", Location: "loc", Extended: true}},
		{"message", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1) 7)`,
			BodyStructure{Type: "MESSAGE", Subtype: "RFC822", Encoding: "7BIT", Size: 99, Lines: 7, Envelope: &Envelope{Subject: "s"}, Parts: []*BodyStructure{&plain}}},

		// What servers send.
		{"message as basic", `("MESSAGE" "RFC822" ("NAME" "x") NIL NIL "BASE64" 99 NIL ("ATTACHMENT" ("FILENAME" "x")) NIL)`,
			BodyStructure{Type: "MESSAGE", Subtype: "RFC822", Params: []Param{{"NAME", "x"}}, Encoding: "BASE64", Size: 99,
				Disposition: "ATTACHMENT", DispositionParams: []Param{{"FILENAME", "x"}}, Extended: true}},
		{"message without body", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 (NIL "s") NIL 7)`,
			BodyStructure{Type: "MESSAGE", Subtype: "RFC822", Encoding: "7BIT", Size: 99, Lines: 7, Envelope: &Envelope{Subject: "s"}}},
		{"childless", `("MIXED")`, BodyStructure{Type: "multipart", Subtype: "MIXED"}},
		{"childless with parameters", `("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)`,
			BodyStructure{Type: "multipart", Subtype: "ALTERNATIVE", Params: []Param{{"BOUNDARY", "x"}}, Extended: true}},
		{"childless without parameters", `("ALTERNATIVE" NIL NIL NIL)`, BodyStructure{Type: "multipart", Subtype: "ALTERNATIVE", Extended: true}},
		{"NIL part", `(NIL "alternative")`, BodyStructure{Type: "multipart", Subtype: "alternative", Parts: []*BodyStructure{{}}}},
		{"NIL second part", `(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1) NIL "mixed")`, BodyStructure{Type: "multipart", Subtype: "mixed", Parts: []*BodyStructure{&plain, {}}}},
		{"empty part", `(()("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1) "mixed")`, BodyStructure{Type: "multipart", Subtype: "mixed", Parts: []*BodyStructure{{}, &plain}}},
		{"no multipart subtype", `(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1))`, BodyStructure{Type: "multipart", Parts: []*BodyStructure{&plain}}},
		{"NIL multipart subtype", `(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1) NIL)`, BodyStructure{Type: "multipart", Parts: []*BodyStructure{&plain}}},
		{"multipart as basic", `("MULTIPART" "MIXED" NIL NIL NIL "7BIT" -1 NIL NIL NIL)`, BodyStructure{Type: "MULTIPART", Subtype: "MIXED", Encoding: "7BIT", Extended: true}},
		{"no media type", `(NIL NIL NIL NIL NIL "7BIT" 0 NIL)`, BodyStructure{Encoding: "7BIT", Extended: true}},
		{"no subtype", `("TEXT" ("CHARSET" "x") NIL NIL "7BIT" 16 1)`, BodyStructure{Type: "TEXT", Params: []Param{{"CHARSET", "x"}}, Encoding: "7BIT", Size: 16, Lines: 1}},
		{"no lines", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 NIL ("inline") NIL)`, with(extended, func(b *BodyStructure) { b.Lines = 0; b.Disposition = "inline" })},
		{"NIL lines", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 NIL NIL ("inline") NIL)`, with(extended, func(b *BodyStructure) { b.Lines = 0; b.Disposition = "inline" })},
		{"nothing but a type", `("TEXT" "PLAIN")`, BodyStructure{Type: "TEXT", Subtype: "PLAIN"}},
		{"lines on an image", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 9 12 NIL NIL)`, BodyStructure{Type: "IMAGE", Subtype: "PNG", Encoding: "BASE64", Size: 9, Extended: true}},
		{"floats", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1.6e+01 1)`, plain},
		{"quoted size", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" "16" 1)`, plain},
		{"absurd sizes", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 99999999999999999999 -5)`, with(plain, func(b *BodyStructure) { b.Size, b.Lines = 0, 0 })},
		{"NIL size", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" NIL NIL)`, with(plain, func(b *BodyStructure) { b.Size, b.Lines = 0, 0 })},
		{"atoms", `(TEXT PLAIN (CHARSET utf-8) NIL NIL 7BIT 16 1)`, with(plain, func(b *BodyStructure) { b.Params = []Param{{"CHARSET", "utf-8"}} })},
		{"padded encoding", `("TEXT" "PLAIN" NIL NIL NIL " 7BIT " 16 1)`, plain},
		{"bare disposition", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1 NIL "inline" NIL)`, with(extended, func(b *BodyStructure) { b.Disposition = "inline" })},
		{"NIL disposition", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1 NIL (NIL NIL) NIL)`, extended},
		{"NIL in parameters", `("TEXT" "PLAIN" ("CHARSET" NIL NIL "x" "odd") NIL NIL "7BIT" 16 1)`,
			with(plain, func(b *BodyStructure) { b.Params = []Param{{"CHARSET", ""}, {"", "x"}, {"odd", ""}} })},
		{"empty parameters", `("TEXT" "PLAIN" () NIL NIL "7BIT" 16 1 NIL () ())`, extended},
		{"glued", `("TEXT" "PLAIN" ("a" "b")NIL NIL "7BIT" 16 1 NIL("inline" ("a" "b"))NIL NIL)`,
			with(extended, func(b *BodyStructure) {
				b.Params, b.Disposition, b.DispositionParams = []Param{{"a", "b"}}, "inline", []Param{{"a", "b"}}
			})},
		{"extensions", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 1 NIL NIL NIL NIL ((((((4)))))) "x" ("y" 5) {3}` + "\r\n))))", extended},
		{"empty", `()`, BodyStructure{}},
	} {
		for _, name := range []string{"BODYSTRUCTURE ", "BODYSTRUCTURE", "BODY "} {
			m := fetchedMessage(t, name+tt.in+" UID 7")
			if m.BodyStructure == nil || !reflect.DeepEqual(*m.BodyStructure, tt.want) || len(m.Problems) > 0 || m.UID != 7 {
				t.Errorf("%s: %v, %v\n%v", tt.name, dumpValue(reflect.ValueOf(m.BodyStructure)), m.Problems, dumpValue(reflect.ValueOf(tt.want)))
			}
		}
	}
}

func TestBodyStructureLoose(t *testing.T) { // Domino
	m := fetchedMessage(t, `BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "3D"Windows-1252"") NIL NIL "7BIT" 16 1) UID 7`)
	if m.BodyStructure == nil || m.BodyStructure.Params[0].Value != `3D"Windows-1252"` || len(m.Problems) != 1 || m.UID != 7 {
		t.Errorf("%+v %+v", m.BodyStructure, m)
	}
}

// TestBodyAndBodyStructure: the one that says more is kept, whichever is first.
func TestBodyAndBodyStructure(t *testing.T) {
	body, structure := `BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)`, `BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1 "md5")`
	for _, line := range []string{body + " " + structure, structure + " " + body} {
		if m := fetchedMessage(t, line); m.BodyStructure.MD5 != "md5" || len(m.Problems) != 0 {
			t.Errorf("%s: %+v", line, m)
		}
	}
}

// TestDeepNesting: no stack grows, no time passes.
func TestDeepNesting(t *testing.T) {
	message := strings.Repeat(`("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 10 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) `, 1000)
	for _, n := range []int{65, 1000, 100000} {
		deep := strings.Repeat("(", n)
		for _, line := range []string{
			"* 1 FETCH (BODYSTRUCTURE " + deep + ")",
			"* 1 FETCH (BODYSTRUCTURE " + deep + strings.Repeat(")", n) + ")",
			"* 1 FETCH (BODYSTRUCTURE " + message + ")",
			"* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" " + deep + ")",
			"* 1 FETCH (ENVELOPE " + deep + ")",
			"* 1 FETCH (X-UNKNOWN " + deep + strings.Repeat(")", n) + ")",
			"* LIST () \"/\" x (A " + deep + strings.Repeat(")", n) + ")",
			"* STATUS x (A " + deep + strings.Repeat(")", n) + ")",
			"* ESEARCH X " + deep + strings.Repeat(")", n),
		} {
			best := time.Hour // of three: the machine may be busy
			for range 3 {
				start := time.Now()
				if _, err := parseLine(t, line); !isContained(err) {
					t.Errorf("%.30s, %d deep: %v", line, n, err)
				}
				best = min(best, time.Since(start))
			}
			if best > 30*time.Second {
				t.Errorf("%.30s, %d deep: %v", line, n, best)
			}
		}
	}
	limit := (*wire.LimitError)(nil)
	if _, err := parseLine(t, "* 1 FETCH (BODYSTRUCTURE "+strings.Repeat("(", 1000)+")"); !errors.As(err, &limit) {
		t.Error(err)
	}
}

// TestBodyPartsBounded: many empty parts do not take many times their size.
func TestBodyPartsBounded(t *testing.T) {
	line := "* 1 FETCH (BODYSTRUCTURE (" + strings.Repeat("()", 400_000) + ` "mixed") UID 5)`
	limit := (*wire.LimitError)(nil)
	r := mustParseLine(t, line)
	if len(r.msg.Problems) != 1 || !errors.As(r.msg.Problems[0], &limit) || r.msg.UID != 5 {
		t.Errorf("%.200v", r.msg.Problems)
	}
	if n := bytesToParse(t, line); n > 16<<20 {
		t.Errorf("%d bytes", n)
	}
}
