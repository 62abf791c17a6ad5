package imap

import (
	"slices"
	"strconv"
	"strings"
)

// String returns s as IMAP writes it: "BODY[1.2.HEADER.FIELDS (From To)]<0.512>",
// "BINARY[1]".
func (s Section) String() string {
	b := make([]byte, 0, 32)
	if s.Binary {
		b = append(b, "BINARY["...)
	} else {
		b = append(b, "BODY["...)
	}
	b = append(b, s.Part...)
	if s.Part != "" && s.Kind != Whole {
		b = append(b, '.')
	}
	b = append(b, s.Kind.String()...)
	if s.Kind == HeaderFields || s.Kind == HeaderFieldsNot {
		b = append(b, ' ', '(')
		b = append(b, strings.Join(s.Fields, " ")...)
		b = append(b, ')')
	}
	b = append(b, ']')
	if s.Offset != 0 || s.Count != 0 {
		b = append(b, '<')
		b = strconv.AppendInt(b, s.Offset, 10)
		b = append(b, '.')
		b = strconv.AppendInt(b, s.Count, 10)
		b = append(b, '>')
	}
	return string(b)
}

// String returns the kind as IMAP writes it, "" for Whole.
func (k SectionKind) String() string {
	switch k {
	case Header:
		return "HEADER"
	case HeaderFields:
		return "HEADER.FIELDS"
	case HeaderFieldsNot:
		return "HEADER.FIELDS.NOT"
	case Text:
		return "TEXT"
	case MIME:
		return "MIME"
	}
	return ""
}

// validPart says whether a part is numbered as RFC 9051 §9, section-part, has
// it, or is the message itself.
func validPart(part string) bool {
	if part == "" {
		return true
	}
	for n := range strings.SplitSeq(part, ".") {
		if k, err := strconv.ParseUint(n, 10, 32); err != nil || k == 0 {
			return false
		}
	}
	return true
}

// same says whether s and t are the same section of a message, whatever range
// of it they are.
func (s Section) same(t Section) bool {
	return s.Part == t.Part && s.Kind == t.Kind && s.Binary == t.Binary &&
		slices.EqualFunc(s.Fields, t.Fields, strings.EqualFold)
}
