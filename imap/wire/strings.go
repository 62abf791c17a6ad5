package wire

import "bytes"

// String reads a quoted string or a literal.
func (r *Reader) String() string {
	if r.Peek() == '"' {
		return r.quoted()
	}
	from, to := r.literal()
	return r.share(from, to)
}

// StringBytes reads a quoted string or a literal into bytes that the caller
// may keep.
func (r *Reader) StringBytes() []byte {
	if r.Peek() == '"' {
		if s := r.quoted(); r.err == nil {
			return []byte(s)
		}
		return nil
	}
	from, to := r.literal()
	if r.err != nil {
		return nil
	}
	return bytes.Clone(r.b[from:to])
}

// NString reads a string or NIL; ok is false for NIL.
func (r *Reader) NString() (s string, ok bool) {
	if r.IsNil() {
		return "", false
	}
	return r.String(), r.err == nil
}

// AString reads an atom, in which ']' is allowed, or a string
// (RFC 9051 §9, astring).
func (r *Reader) AString() string {
	switch r.Peek() {
	case '"', '{', '~':
		if r.Peek() != '~' || r.pos+1 < len(r.b) && r.b[r.pos+1] == '{' {
			return r.String()
		}
	}
	b := r.span(&atomChar, ']')
	if len(b) == 0 {
		r.Fail("a string")
		return ""
	}
	return r.share(r.pos-len(b), r.pos)
}

// quoted reads a quoted string. A backslash hides whatever byte follows it.
func (r *Reader) quoted() string {
	if r.err != nil {
		return ""
	}
	start := r.pos + 1
	escaped := false
	for i := start; i < len(r.b); i++ {
		switch r.b[i] {
		case '"':
			r.pos = i + 1
			if escaped {
				return unescape(r.b[start:i])
			}
			return r.share(start, i)
		case '\\':
			escaped = true
			if i+1 < len(r.b) && r.b[i+1] != '\n' {
				i++
			}
		case '\n':
			r.Fail("the end of the quoted string")
			return ""
		}
	}
	r.Fail("the end of the quoted string")
	return ""
}

func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
		}
		out = append(out, b[i])
	}
	return string(out)
}

// literal reads a literal or a literal8 and returns where its bytes are.
func (r *Reader) literal() (from, to int) {
	if r.err != nil {
		return 0, 0
	}
	n, size, ok := announced(r.b[r.pos:])
	from = r.pos + n
	if from < len(r.b) && r.b[from] == '\r' {
		from++
	}
	if !ok || from >= len(r.b) || r.b[from] != '\n' {
		r.Fail("a string")
		return 0, 0
	}
	from++
	if size > int64(len(r.b)-from) {
		r.Fail("the whole literal")
		return 0, 0
	}
	to = from + int(size)
	r.pos = to
	return from, to
}

// AtPending says whether what is next is the announcement at the very end of
// the response, the one that Response.Pending tells the size of.
func (r *Reader) AtPending() bool {
	if r.err != nil {
		return false
	}
	n, _, ok := announced(r.b[r.pos:])
	return ok && r.pos+n == len(r.b)
}

// share returns part of the response as a string. Those of a short response
// are parts of one copy, so that an envelope costs one allocation, not twenty.
func (r *Reader) share(from, to int) string {
	if r.err != nil || from >= to {
		return ""
	}
	if len(r.b) > shareBelow {
		return string(r.b[from:to])
	}
	if r.text == "" {
		r.text = string(r.b)
	}
	return r.text[from:to]
}
