package imap

import (
	"reflect"
	"testing"
)

// fetchedMessage parses a FETCH with one attribute.
func fetchedMessage(t testing.TB, attribute string) *Message {
	t.Helper()
	return mustParseLine(t, "* 1 FETCH ("+attribute+")").msg
}

func TestEnvelope(t *testing.T) {
	ann, bob := Address{Name: "Ann", Mailbox: "ann", Host: "a.example"}, Address{Mailbox: "bob", Host: "b.example"}
	const rest = ` NIL NIL NIL NIL NIL NIL "<i@x>" "<m@x>")`
	for _, tt := range []struct {
		name, in string
		want     Envelope
	}{
		{"nothing", `(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)`, Envelope{}},
		{"all", `("d" "s" (("Ann" NIL "ann" "a.example")) ((NIL NIL "bob" "b.example")) (("Ann" NIL "ann" "a.example")(NIL NIL "bob" "b.example")) ` +
			`((NIL NIL "bob" "b.example")) (("Ann" NIL "ann" "a.example")) ((NIL "@r" "bob" "b.example")) "<i>" "<m>")`,
			Envelope{"d", "s", []Address{ann}, []Address{bob}, []Address{ann, bob}, []Address{bob}, []Address{ann},
				[]Address{{Route: "@r", Mailbox: "bob", Host: "b.example"}}, "<i>", "<m>"}},
		{"literals", "({1}\r\nd {3}\r\na)b (({3}\r\nAnn NIL {3}\r\nann \"a.example\"))" + ` NIL NIL NIL NIL NIL "<i@x>" "<m@x>")`,
			Envelope{Date: "d", Subject: "a)b", From: []Address{ann}, InReplyTo: "<i@x>", MessageID: "<m@x>"}},
		{"group", `(NIL NIL ((NIL NIL "team" NIL)(NIL NIL "bob" "b.example")(NIL NIL NIL NIL)))`,
			Envelope{From: []Address{{Mailbox: "team"}, bob, {}}}},
		{"8 bit", "(\"d\" \"Grüße \xe9\")", Envelope{Date: "d", Subject: "Grüße \xe9"}},
		{"escapes", `("d" "a\"b\\c")`, Envelope{Date: "d", Subject: `a"b\c`}},
		{"lower-case nil", `(nil Nil nil)`, Envelope{}},

		// What servers send.
		{"spaces", `( "d"  "s" ( ("Ann" NIL "ann" "a.example" )  (NIL NIL "bob" "b.example") ) )`, Envelope{Date: "d", Subject: "s", From: []Address{ann, bob}}},
		{"no spaces", `("d" "s"(("Ann" NIL "ann" "a.example"))((NIL NIL "bob" "b.example"))NIL)`, Envelope{Date: "d", Subject: "s", From: []Address{ann}, Sender: []Address{bob}}},
		{"empty lists", `("d" "s" () "" NIL)`, Envelope{Date: "d", Subject: "s"}},
		{"NIL in a list", `("d" "s" (NIL ("Ann" NIL "ann" "a.example") NIL (NIL NIL "bob" "b.example")NIL))`, Envelope{Date: "d", Subject: "s", From: []Address{ann, bob}}},
		{"empty address", `("d" "s" (()("Ann" NIL "ann" "a.example")))`, Envelope{Date: "d", Subject: "s", From: []Address{ann}}},
		{"short address", `("d" "s" (("Ann" NIL "ann")))`, Envelope{Date: "d", Subject: "s", From: []Address{{Name: "Ann", Mailbox: "ann"}}}},
		{"long address", `("d" "s" (("Ann" NIL "ann" "a.example" "x" (y))))`, Envelope{Date: "d", Subject: "s", From: []Address{ann}}},
		{"atoms", `(12 hello ((Ann NIL ann a.example)))`, Envelope{Date: "12", Subject: "hello", From: []Address{ann}}},
		{"too much at the end", `("d" "s"` + rest[:len(rest)-1] + ` NIL "x" (y (z)))`, Envelope{Date: "d", Subject: "s", InReplyTo: "<i@x>", MessageID: "<m@x>"}},
		{"parentheses around", `(("d" "s"` + rest + `)`, Envelope{Date: "d", Subject: "s", InReplyTo: "<i@x>", MessageID: "<m@x>"}},
		{"a list for a string", `("d" ("s" "t") NIL)`, Envelope{Date: "d"}},
		{"empty", `()`, Envelope{}},
	} {
		m := fetchedMessage(t, "ENVELOPE "+tt.in)
		if m.Envelope == nil || !reflect.DeepEqual(*m.Envelope, tt.want) || len(m.Problems) > 0 || !m.Has(HasEnvelope) {
			t.Errorf("%s: %+v, %v", tt.name, m.Envelope, m.Problems)
		}
	}
}

// TestEnvelopeLoose: quotes that are not escaped are a problem, survived.
func TestEnvelopeLoose(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     Envelope
	}{
		{"iCloud", `("d" "s" NIL NIL NIL NIL NIL NIL NIL "<"a"@b>")`, Envelope{Date: "d", Subject: "s", MessageID: `<"a"@b>`}},
		{"Coremail", `("d" """" ((NIL NIL "bob" "b.example")))`, Envelope{Date: "d", Subject: `""`, From: []Address{{Mailbox: "bob", Host: "b.example"}}}},
		{"QQ", `("d" "s" (("QQ" NIL "q" "qq.com\")) NIL NIL NIL NIL NIL NIL "<m@x>")`,
			Envelope{Date: "d", Subject: "s", From: []Address{{Name: "QQ", Mailbox: "q", Host: `qq.com\`}}, MessageID: "<m@x>"}},
		{"Subject", `("d" "a "b"\"c" NIL)`, Envelope{}},
	} {
		m := mustParseLine(t, "* 1 FETCH (ENVELOPE "+tt.in+" UID 7)").msg
		if len(m.Problems) == 0 || m.UID != 7 && len(m.Raw) == 0 {
			t.Errorf("%s: %+v", tt.name, m)
		}
		if tt.want.Date != "" && (m.Envelope == nil || !reflect.DeepEqual(*m.Envelope, tt.want)) {
			t.Errorf("%s: %+v %v", tt.name, m.Envelope, m.Problems)
		}
	}
}

// TestEnvelopeMemory: addresses share one array, and cannot grow into another.
func TestEnvelopeMemory(t *testing.T) {
	e := fetchedMessage(t, `ENVELOPE ("d" "s" ((NIL NIL "a" "x")) ((NIL NIL "b" "x")))`).Envelope
	_ = append(e.From, Address{Mailbox: "intruder"})
	if e.Sender[0].Mailbox != "b" {
		t.Error(e.Sender)
	}
}
