package search

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Annotation finds s in an annotation of a message (RFC 5257 §4.6): entry is a
// name or pattern such as "/comment" or "/*", attribute "value", "value.priv"
// or "value.shared". It needs the capability ANNOTATE-EXPERIMENT-1.
func Annotation(entry, attribute, s string) Query {
	return annotation{extension{"ANNOTATE-EXPERIMENT-1"}, entry, attribute, s}
}

type annotation struct {
	extension
	entry, attribute, s string
}

// AppendTo adds ANNOTATION and its three strings.
func (q annotation) AppendTo(c *wire.Command) {
	switch q.attribute {
	case "value", "value.priv", "value.shared":
	default:
		fail(c, "annotation attribute", q.attribute, "want value, value.priv or value.shared")
		return
	}
	if !strings.HasPrefix(q.entry, "/") || !ascii(q.entry) {
		fail(c, "annotation entry", q.entry, "want ASCII that begins with a slash")
		return
	}
	c.Atom("ANNOTATION").String(q.entry).String(q.attribute).String(utf8Only(c, q.s))
}

func (q annotation) Charset() bool { return !ascii(q.s) }
