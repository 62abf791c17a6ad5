package search

import (
	"unicode/utf8"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Bcc finds s in the Bcc field.
func Bcc(s string) Query { return text{"BCC", s} }

// Body finds s in the body, the header left out.
func Body(s string) Query { return text{"BODY", s} }

// Cc finds s in the Cc field.
func Cc(s string) Query { return text{"CC", s} }

// From finds s in the From field.
func From(s string) Query { return text{"FROM", s} }

// Subject finds s in the Subject field.
func Subject(s string) Query { return text{"SUBJECT", s} }

// Text finds s in the header or the body.
func Text(s string) Query { return text{"TEXT", s} }

// To finds s in the To field.
func To(s string) Query { return text{"TO", s} }

// text is a key and a string.
type text struct{ key, s string }

// AppendTo adds the key and the string.
func (q text) AppendTo(c *wire.Command) { c.Atom(q.key).String(utf8Only(c, q.s)) }

func (q text) Charset() bool { return !ascii(q.s) }

// Header finds s in the named field of the header, and all messages that have
// this field if s is empty.
func Header(name, s string) Query { return header{name, s} }

type header struct{ name, s string }

// AppendTo adds HEADER, the field's name (RFC 5322 §2.2) and the string.
func (q header) AppendTo(c *wire.Command) {
	for i := range len(q.name) {
		if b := q.name[i]; b <= ' ' || b == ':' || b >= 0x7f {
			fail(c, "header field name", "", "want printable ASCII without spaces and colons")
			return
		}
	}
	if q.name == "" {
		fail(c, "header field name", "", "it is empty")
		return
	}
	c.Atom("HEADER").AString(q.name).String(utf8Only(c, q.s))
}

func (q header) Charset() bool { return !ascii(q.s) }

// utf8Only refuses what would belie CHARSET UTF-8.
func utf8Only(c *wire.Command, s string) string {
	if !utf8.ValidString(s) {
		fail(c, "string", "", "text to search for must be UTF-8")
	}
	return s
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
