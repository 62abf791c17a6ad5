package imap

import (
	"context"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// AnnotationQuery says which annotations of a message to fetch (RFC 5257 §4.3).
type AnnotationQuery struct {
	// Entries are names such as "/comment" or "/1.2/comment"; "*" stands for
	// anything, "%" for anything without a "/". None: all, "*".
	Entries []string
	// Attributes are "value", "size", and these with ".priv" or ".shared"
	// behind: without, both come. None: "value".
	Attributes []string
}

// Annotation is an entry of a message's annotations.
type Annotation struct {
	Entry      string
	Attributes []AnnotationAttribute
}

// AnnotationAttribute is an attribute of an entry.
type AnnotationAttribute struct {
	// Name is such as "value.priv", "value.shared" or "size.shared".
	Name string
	// Value is text in UTF-8, as a rule. Nil: there is none (NIL), and to the
	// methods that change annotations: it is removed.
	Value []byte
}

// AnnotationSupport is what a mailbox allows of annotations (RFC 5257 §4.1).
type AnnotationSupport struct {
	MaxSize   uint32 // of a value, in bytes; 0: none can be stored
	NoPrivate bool   // there are only shared ones
	None      bool   // there are none at all
}

// RFC 5257 §5, ann-size
func annotationSupport(data string) *AnnotationSupport {
	var s AnnotationSupport
	for _, word := range strings.Fields(strings.ToUpper(data)) {
		switch n, err := strconv.ParseUint(word, 10, 32); {
		case err == nil:
			s.MaxSize = uint32(n)
		case word == "NOPRIVATE":
			s.NoPrivate = true
		case word == "NONE":
			s.None = true
		}
	}
	return &s
}

// StoreAnnotations changes annotations of messages (RFC 5257 §4.5). Attributes
// are "value.priv" and "value.shared". A value that is too large is refused
// with CodeAnnotate, "TOOBIG" behind it; one too many with "TOOMANY". It does
// nothing for an empty set. Without the capability ANNOTATE-EXPERIMENT-1 the
// error is an *UnsupportedError.
func (m *Mailbox) StoreAnnotations(ctx context.Context, uids UIDs, annotations ...Annotation) error {
	if !m.client.offers("ANNOTATE-EXPERIMENT-1") {
		return &UnsupportedError{Capability: "ANNOTATE-EXPERIMENT-1", What: "STORE ANNOTATION"}
	}
	saved, err := m.savedIn(uids)
	set := uids.uidSet().set
	if err != nil || len(set) == 0 || len(annotations) == 0 {
		return err
	}
	if err := m.check(m.writable); err != nil {
		return err
	}
	beside := wire.NewCommand("STORE")
	addAnnotations(beside, annotations)
	return m.inPartsOf(ctx, set, saved, beside.Len(), func(part wire.NumSet) (*call, error) {
		foot := footprint{class: classStore, uids: concerned(part), usesSaved: saved != nil}
		k := m.call("UID STORE", foot, func(cmd *wire.Command) {
			m.addUIDs(cmd, part, saved)
			addAnnotations(cmd, annotations)
		})
		return k, m.do(ctx, k)
	})
}

// RFC 5257 §5, att-annotate
func addAnnotations(cmd *wire.Command, annotations []Annotation) {
	cmd.Atom("ANNOTATION").List(func() {
		for _, a := range annotations {
			cmd.AString(a.Entry)
			if len(a.Attributes) == 0 {
				cmd.Fail(&wire.ArgumentError{Kind: "annotation", Value: a.Entry, Reason: "it has no attribute"})
			}
			cmd.List(func() { addAnnotationValues(cmd, a.Attributes) })
		}
	})
}

func addAnnotationValues(cmd *wire.Command, values []AnnotationAttribute) {
	for _, v := range values {
		cmd.AString(v.Name)
		if v.Value == nil {
			cmd.Nil()
		} else {
			cmd.Bytes(v.Value)
		}
	}
}

// RFC 5257 §5, fetch-att
func writeAnnotationQuery(cmd *wire.Command, o *FetchOptions) {
	entries, attributes := []string{"*"}, []string{"value"}
	if q := o.Annotations; q != nil {
		if len(q.Entries) > 0 {
			entries = q.Entries
		}
		if len(q.Attributes) > 0 {
			attributes = q.Attributes
		}
	}
	cmd.Atom("ANNOTATION").List(func() {
		addOneOrMore(cmd, entries, func(s string) { cmd.ListPattern(s) })
		addOneOrMore(cmd, attributes, func(s string) { cmd.AString(s) })
	})
}

// addOneOrMore adds one string as it is, several in parentheses.
func addOneOrMore(cmd *wire.Command, all []string, add func(string)) {
	if len(all) == 1 {
		add(all[0])
		return
	}
	cmd.List(func() {
		for _, s := range all {
			add(s)
		}
	})
}

// RFC 5257 §5, msg-att-dynamic: entries with attributes, or, of a change that
// the server tells unasked, their names alone.
func (p *parser) annotationAtt(m *Message) {
	var got []Annotation
	var changed []string
	n := 0
	p.r.List(func() {
		entry := p.r.AString()
		if p.r.SkipSP(); p.r.Peek() == '(' {
			got = append(got, Annotation{Entry: entry, Attributes: p.annotationValues(&n)})
		} else {
			changed = append(changed, entry)
		}
		p.countAnnotation(&n)
	})
	if p.r.Err() != nil {
		return
	}
	if len(changed) > 0 {
		m.AnnotationsChanged, m.has = changed, m.has|HasAnnotationsChanged
	}
	if len(got) > 0 || len(changed) == 0 {
		m.first(HasAnnotations, "ANNOTATION")
		m.Annotations = got
	}
}

// RFC 5257 §5, entry-att
func (p *parser) annotationValues(n *int) (values []AnnotationAttribute) {
	p.r.List(func() {
		v := AnnotationAttribute{Name: p.r.AString()}
		p.r.SP()
		if !p.r.IsNil() {
			v.Value = append([]byte{}, p.r.StringBytes()...)
		}
		values = append(values, v)
		p.countAnnotation(n)
	})
	return values
}

func (p *parser) countAnnotation(n *int) {
	if *n++; *n > p.lim.Items {
		p.r.FailWith(&wire.LimitError{What: "number of annotations", Max: uint64(p.lim.Items)})
	}
}
