package imap

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

func TestFetchAttributes(t *testing.T) {
	m := fetchedMessage(t, `UID 4294967295 FLAGS (\seen $x) RFC822.SIZE 9223372036854775807 MODSEQ (9223372036854775807) INTERNALDATE " 9-Feb-2007 17:08:08 -0430"`)
	if m.Seq != 1 || m.UID != math.MaxUint32 || m.Size != math.MaxInt64 || m.ModSeq != math.MaxInt64 ||
		!reflect.DeepEqual(m.Flags, []Flag{FlagSeen, "$x"}) || FormatInternalDate(m.InternalDate) != " 9-Feb-2007 17:08:08 -0430" {
		t.Errorf("%+v", m)
	}
	if !m.Has(HasUID|HasFlags|HasSize|HasModSeq|HasInternalDate) || m.Has(HasEnvelope) || m.Has(HasBodyStructure) {
		t.Error(m.has)
	}
	m = mustParseLine(t, `* 25997 UIDFETCH (FLAGS ())`).msg
	if m.Seq != 0 || m.UID != 25997 || !m.Has(HasUID|HasFlags) || m.Flags == nil || len(m.Flags) != 0 {
		t.Errorf("%+v", m)
	}
}

// TestFetchTolerance: what is odd but clear is taken as it is meant.
func TestFetchTolerance(t *testing.T) {
	for _, tt := range []struct {
		in    string
		check func(*Message) bool
	}{
		{`uId "5"`, func(m *Message) bool { return m.UID == 5 }},
		{`UID  5 `, func(m *Message) bool { return m.UID == 5 }},
		{` UID 5`, func(m *Message) bool { return m.UID == 5 }},
		{`FLAGS(\Seen)UID 5`, func(m *Message) bool { return m.UID == 5 && len(m.Flags) == 1 }},
		{`FLAGS NIL`, func(m *Message) bool { return m.Has(HasFlags) && len(m.Flags) == 0 }},
		{`FLAGS ("\\Seen" "\Draft" "x y" NIL \SEEN)`, func(m *Message) bool {
			return reflect.DeepEqual(m.Flags, []Flag{FlagSeen, FlagDraft, "x y", FlagSeen})
		}},
		{`FLAGS (OIB-Seen-[Google Mail]/Alle a+b~c'd<e> ünï %x *)`, func(m *Message) bool { return len(m.Flags) == 6 }},
		{`MODSEQ 7`, func(m *Message) bool { return m.ModSeq == 7 }},
		{`MODSEQ ( 7 )`, func(m *Message) bool { return m.ModSeq == 7 }},
		{`MODSEQ (0)`, func(m *Message) bool { return m.Has(HasModSeq) }},
		{`INTERNALDATE NIL`, func(m *Message) bool { return !m.Has(HasInternalDate) && m.InternalDate.IsZero() }},
		{`INTERNALDATE "17-Jul-1996 02:44:25"`, func(m *Message) bool { return m.InternalDate.Equal(time.Date(1996, 7, 17, 2, 44, 25, 0, time.UTC)) }},
		{`X-LABELS (\Inbox "a b" {1}` + "\r\n)) X-ID 12", func(m *Message) bool {
			return len(m.Raw) == 2 && string(m.Raw[0].Value) == "(\\Inbox \"a b\" {1}\r\n))" && m.Raw[1].Name == "X-ID" && string(m.Raw[1].Value) == "12"
		}},
		{`x-thing[a (b c)]<5> (1 2)`, func(m *Message) bool {
			return m.Raw[0].Name == "X-THING[A (B C)]<5>" && string(m.Raw[0].Value) == "(1 2)"
		}},
		{`XID (M1) XTHREAD NIL XVIEW "x"`, func(m *Message) bool { return len(m.Raw) == 3 && string(m.Raw[1].Value) == "NIL" }},
		{`BINARY.SIZE[1.2] 77`, func(m *Message) bool { n, ok := m.BinarySize("1.2"); return ok && n == 77 }},
		{`BODY[] NIL`, func(m *Message) bool { return len(m.bodies) == 1 }},
		{`BODY[] "a\"b"`, func(m *Message) bool { return string(bodyData(m.bodies[0])) == `a"b` }},
		{`BINARY[1] ~{3}` + "\r\na\x00b", func(m *Message) bool { return string(bodyData(m.bodies[0])) == "a\x00b" }},
		{`RFC822.HEADER {2}` + "\r\nab RFC822.TEXT {2}\r\ncd RFC822[] \"\"", func(m *Message) bool { return len(m.bodies) == 3 }},
		{`BODY.PEEK[1.MIME]<0.1024> "x"`, func(m *Message) bool {
			return m.bodies[0].section.same(Section{Part: "1", Kind: MIME}) && m.bodies[0].origin == 0
		}},
	} {
		if m := fetchedMessage(t, tt.in); len(m.Problems) > 0 || !tt.check(m) {
			t.Errorf("%s: %v", tt.in, dumpValue(reflect.ValueOf(m)))
		}
	}
}

// TestBadAttributes: a bad attribute is kept as bytes, and spoils no other.
func TestBadAttributes(t *testing.T) {
	for _, tt := range []struct{ in, name, value string }{
		{`UID 0`, "UID", "0"},
		{`UID 4294967296`, "UID", "4294967296"},
		{`UID X`, "UID", "X"},
		{`UID 5x`, "UID", "5x"},
		{`UID -1`, "UID", "-1"},
		{`UID (5)`, "UID", "(5)"},
		{`RFC822.SIZE 18446744073709551616`, "RFC822.SIZE", "18446744073709551616"},
		{`RFC822.SIZE -1`, "RFC822.SIZE", "-1"},
		{`MODSEQ (18446744073709551616)`, "MODSEQ", "(18446744073709551616)"},
		{`MODSEQ (-1)`, "MODSEQ", "(-1)"},
		{`INTERNALDATE "00-Jan-0000 00:00:00 +0000"`, "INTERNALDATE", `"00-Jan-0000 00:00:00 +0000"`},
		{`FLAGS \Seen`, "FLAGS", `\Seen`},
		{`FLAGS (a {1}` + "\r\nb)", "FLAGS", "(a {1}\r\nb)"},
		{`ENVELOPE NIL`, "ENVELOPE", "NIL"},
		{`ENVELOPE ("d" "s" x)`, "ENVELOPE", `("d" "s" x)`},
		{`BODYSTRUCTURE NIL`, "BODYSTRUCTURE", "NIL"},
		{`BODY[BOGUS] "x"`, "BODY[BOGUS]", `"x"`},
		{`BODY[0] "x"`, "BODY[0]", `"x"`},
		{`BODY[1.] "x"`, "BODY[1.]", `"x"`},
		{`BODY[MIME] "x"`, "BODY[MIME]", `"x"`},
		{`BINARY[HEADER] "x"`, "BINARY[HEADER]", `"x"`},
		{`BODY[]<x> "x"`, "BODY[]<X>", `"x"`},
		{`BODY[1] atom`, "BODY[1]", "atom"},
		{`BODY[] (a list)`, "BODY[]", "(a list)"},
		{`BODY[] {}`, "", ""}, // no literal, and not to be skipped
		{`BODY[] {-1}`, "", ""},
		{`BINARY.SIZE[1] x`, "BINARY.SIZE[1]", "x"},
		{`UNKNOWN`, "UNKNOWN", ""},
	} {
		r, err := parseLine(t, "* 1 FETCH (FLAGS (a) "+tt.in+" RFC822.SIZE 3)")
		if tt.name == "" {
			if err == nil && len(r.msg.Problems) == 0 {
				t.Errorf("%s: taken", tt.in)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		m := r.msg
		if tt.name == "UNKNOWN" { // takes what follows for its value
			continue
		}
		if len(m.Raw) == 0 || m.Raw[0].Name != tt.name || string(m.Raw[0].Value) != tt.value || len(m.Problems) == 0 || !isContained(m.Problems[0].Err) {
			t.Errorf("%s: %q %v", tt.in, m.Raw, m.Problems)
		}
		if m.Has(HasUID) || len(m.Flags) != 1 {
			t.Errorf("%s: %+v", tt.in, m)
		}
	}
}

func TestMissingValues(t *testing.T) {
	m := fetchedMessage(t, "UID 5 BODY[1]") // Yandex
	if m.UID != 5 || len(m.bodies) != 1 || len(m.Problems) != 1 {
		t.Errorf("%+v", m)
	}
	m = fetchedMessage(t, "UID 5 X-THING")
	if m.UID != 5 || len(m.Raw) != 1 || len(m.Raw[0].Value) != 0 || len(m.Problems) != 1 {
		t.Errorf("%+v", m)
	}
	m = mustParseLine(t, "* 1 FETCH (UID 5").msg
	if m.UID != 5 || len(m.Problems) != 1 {
		t.Errorf("%+v", m)
	}
	m = mustParseLine(t, "* 1 FETCH (UID 5))").msg
	if m.UID != 5 || len(m.Problems) != 1 {
		t.Errorf("%+v", m)
	}
	m = fetchedMessage(t, `UID 5 "stray" (values) FLAGS (a)`)
	if m.UID != 5 || len(m.Flags) != 1 || len(m.Problems) != 2 {
		t.Errorf("%+v", m)
	}
}

// TestDuplicateAttributes: the first UID stands, of others the last.
func TestDuplicateAttributes(t *testing.T) {
	m := fetchedMessage(t, `UID 10 UID 11 FLAGS (a) FLAGS (b) RFC822.SIZE 1 RFC822.SIZE 2 BODY[] "a" BODY[] "b" BODY[]<5> "c" BODY[1] "d"`)
	if m.UID != 10 || m.Flags[0] != "b" || m.Size != 2 || len(m.Problems) != 4 {
		t.Errorf("%+v", m)
	}
	if len(m.bodies) != 3 || string(bodyData(m.bodies[0])) != "b" {
		t.Errorf("%v", m.bodies)
	}
}

func TestFetchLimits(t *testing.T) {
	limit := (*wire.LimitError)(nil)
	if m := fetchedMessage(t, strings.Repeat("X 1 ", 1000)); len(m.Raw) != 1000 {
		t.Error(len(m.Raw))
	}
	if _, err := parseLine(t, "* 1 FETCH ("+strings.Repeat("X 1 ", 1001)+")"); !errors.As(err, &limit) {
		t.Error(err)
	}
	if m := fetchedMessage(t, "FLAGS ("+strings.Repeat("x ", 500)+")"); len(m.Flags) != 500 || len(m.Problems) > 0 {
		t.Error(len(m.Flags), m.Problems)
	}
	m := fetchedMessage(t, "FLAGS ("+strings.Repeat("x ", 501)+") UID 5")
	if m.Has(HasFlags) || m.UID != 5 || len(m.Problems) != 1 || !errors.As(m.Problems[0], &limit) {
		t.Errorf("%.100v", m.Problems)
	}
	if r := mustParseLine(t, "* FLAGS ("+strings.Repeat("x ", 5000)+")"); len(r.flags) != 5000 {
		t.Error(len(r.flags))
	}
	if _, err := parseLine(t, "* FLAGS ("+strings.Repeat("x ", 5001)+")"); !errors.As(err, &limit) {
		t.Error(err)
	}
}

// TestManyKeywords: the parser does not remember them all.
func TestManyKeywords(t *testing.T) {
	p := newParser(wire.Limits{})
	for i := range 1000 {
		line := fmt.Sprintf("* 1 FETCH (FLAGS (k%d \\k%d))", i, i)
		if r, err := p.parseResponse(&wire.Response{Bytes: []byte(line), Pending: -1}); err != nil || string(r.msg.Flags[0]) != fmt.Sprint("k", i) {
			t.Fatal(r, err)
		}
		if len(p.keywords) > 100 {
			t.Fatal(len(p.keywords))
		}
	}
}

// TestPendingBody: a response that stops at a large literal says what it is,
// and goes on behind it.
func TestPendingBody(t *testing.T) {
	p := newParser(wire.Limits{})
	r, err := p.parseResponse(&wire.Response{Bytes: []byte("* 1 FETCH (UID 5 BODY[1.TEXT]<0> {100000}"), Pending: 100000})
	if err != nil || r.pending == nil || r.pending.collect || r.pending.size != 100000 || r.pending.origin != 0 ||
		!r.pending.section.same(Section{Part: "1", Kind: Text}) || r.msg.UID != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	body, err := p.readMore(r.msg, &wire.Response{Bytes: []byte(" RFC822.SIZE 7 BINARY[2] ~{70000}"), Pending: 70000})
	if err != nil || body == nil || body.collect || body.origin != -1 || !body.section.same(Section{Part: "2", Binary: true}) || r.msg.Size != 7 {
		t.Fatalf("%+v, %v", body, err)
	}
	body, err = p.readMore(r.msg, &wire.Response{Bytes: []byte(" FLAGS (a))"), Pending: -1})
	if err != nil || body != nil || len(r.msg.Flags) != 1 || len(r.msg.Problems) > 0 {
		t.Fatalf("%+v, %v, %+v", body, err, r.msg)
	}
}

// TestPendingCollect: where a literal cannot be streamed the message is as it
// was, so that what is read again counts once.
func TestPendingCollect(t *testing.T) {
	p := newParser(wire.Limits{})
	for _, in := range []string{
		`ENVELOPE ("d" {70000}`, `ENVELOPE ("d" "s" ((NIL NIL {70000}`, `X-THING {70000}`, `X-THING (a {70000}`, `FLAGS ({70000}`,
		`BODYSTRUCTURE (({70000}`, `INTERNALDATE {70000}`, `BODY[BOGUS] {70000}`, `BODY[HEADER.FIELDS ({70000}`, `UID 7 {70000}`,
	} {
		r, err := p.parseResponse(&wire.Response{Bytes: []byte("* 1 FETCH (" + in), Pending: 70000})
		if err != nil || r.pending == nil || !r.pending.collect || r.pending.size != 70000 {
			t.Errorf("%s: %+v, %v", in, *r, err)
		}
	}
	r, _ := p.parseResponse(&wire.Response{Bytes: []byte("* 1 FETCH (UID 5 BODY[] {100000}"), Pending: 100000})
	body, err := p.readMore(r.msg, &wire.Response{Bytes: []byte(` FLAGS (a) X-A 1 ENVELOPE ("d" {70000}`), Pending: 70000})
	if err != nil || body == nil || !body.collect || r.msg.Has(HasFlags) || len(r.msg.Raw) > 0 {
		t.Fatalf("%+v, %v, %+v", body, err, r.msg)
	}
	held := ` FLAGS (a) X-A 1 ENVELOPE ("d" {70000}` + "\r\n" + strings.Repeat("s", 70000) + "))"
	body, err = p.readMore(r.msg, &wire.Response{Bytes: []byte(held), Pending: -1})
	if err != nil || body != nil || len(r.msg.Envelope.Subject) != 70000 || len(r.msg.Raw) != 1 || len(r.msg.Problems) > 0 {
		t.Fatalf("%+v, %v, %.300v", body, err, r.msg.Problems)
	}
}

// TestLooseReadingBounded: reading again, which may go to the end of the line,
// does not happen as often as there are attributes.
func TestLooseReadingBounded(t *testing.T) {
	line := "* 1 FETCH (" + strings.Repeat(`ENVELOPE ("x"y "z"w) `, 900) + strings.Repeat("X", 900_000) + " 1)"
	p := newParser(wire.Limits{})
	r, err := p.parseResponse(&wire.Response{Bytes: []byte(line), Pending: -1})
	if err != nil || len(r.msg.Raw) != 901 || p.again != 8 {
		t.Errorf("%v, read again %d times", err, p.again)
	}
}
