package imaptest

import (
	"bytes"
	"strings"
)

// eachField calls f with the name and the raw lines of each header field, until
// it returns false. Lines that are no field are passed over.
func eachField(header []byte, f func(name string, raw []byte) bool) {
	for len(header) > 0 {
		n := fieldLength(header)
		raw := header[:n]
		header = header[n:]
		colon := bytes.IndexByte(raw, ':')
		if colon <= 0 {
			continue
		}
		name := strings.TrimRight(string(raw[:colon]), " \t")
		if name == "" || strings.ContainsAny(name, " \t\r\n") {
			continue
		}
		if !f(name, raw) {
			return
		}
	}
}

// fieldLength is the length of the first line and those that continue it.
func fieldLength(header []byte) int {
	n := 0
	for {
		end := bytes.IndexByte(header[n:], '\n')
		if end < 0 {
			return len(header)
		}
		n += end + 1
		if n >= len(header) || header[n] != ' ' && header[n] != '\t' {
			return n
		}
	}
}

// headerValue returns the unfolded value of the first field of that name.
func headerValue(header []byte, name string) string {
	value := ""
	eachField(header, func(have string, raw []byte) bool {
		if !strings.EqualFold(have, name) {
			return true
		}
		value = unfold(raw[bytes.IndexByte(raw, ':')+1:])
		return false
	})
	return value
}

// unfold takes the line ends out of a field's value and trims it.
func unfold(raw []byte) string {
	s := strings.NewReplacer("\r\n", "", "\n", "", "\r", " ", "\x00", " ").Replace(string(raw))
	return strings.Trim(s, " \t")
}

// parseContentType parses what it can of a Content-Type and falls back to the
// default. RFC 2045 §5.2.
func parseContentType(value string, digest bool) contentType {
	fallback := contentType{typ: "text", subtype: "plain"}
	if digest {
		fallback = contentType{typ: "message", subtype: "rfc822"}
	}
	l := words{rest: value}
	typ := strings.ToLower(l.token())
	if typ == "" || !l.accept('/') {
		if value == "" && !digest {
			fallback.params = []param{{"charset", "us-ascii"}}
		}
		return fallback
	}
	subtype := strings.ToLower(l.token())
	if subtype == "" {
		return fallback
	}
	return contentType{typ: typ, subtype: subtype, params: l.params()}
}

// words reads tokens and quoted strings of a structured header field.
type words struct{ rest string }

// skip passes over white space and comments.
func (l *words) skip() {
	depth := 0
	for i := 0; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '\\' && depth > 0:
			i++
		case c != ' ' && c != '\t' && depth == 0:
			l.rest = l.rest[i:]
			return
		}
	}
	l.rest = ""
}

func (l *words) accept(c byte) bool {
	l.skip()
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

// token: RFC 2045 §5.1.
func (l *words) token() string {
	l.skip()
	n := 0
	for n < len(l.rest) && l.rest[n] > ' ' && strings.IndexByte(`()<>@,;:\"/[]?=`, l.rest[n]) < 0 {
		n++
	}
	s := l.rest[:n]
	l.rest = l.rest[n:]
	return s
}

// quoted reads a quoted string; the opening quote is next.
func (l *words) quoted() string {
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '"':
			l.rest = l.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(l.rest):
			i++
			b.WriteByte(l.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	l.rest = ""
	return b.String()
}

// params reads ;name=value as long as there are any.
func (l *words) params() []param {
	var params []param
	for l.accept(';') {
		name := strings.ToLower(l.token())
		if name == "" || !l.accept('=') {
			continue
		}
		l.skip()
		if strings.HasPrefix(l.rest, `"`) {
			params = append(params, param{name, l.quoted()})
		} else {
			params = append(params, param{name, l.token()})
		}
	}
	return params
}
