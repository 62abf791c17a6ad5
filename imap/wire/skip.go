package wire

// Skip reads one value of any kind: a string, an atom with whatever it holds,
// or a list with everything in it.
func (r *Reader) Skip() {
	base := r.depth
	for r.err == nil {
		switch c := r.Peek(); c {
		case '(':
			r.Open()
		case ')':
			if r.depth == base {
				r.Fail("a value")
				return
			}
			r.pos++
			r.depth--
		case ' ':
			r.pos++
			continue
		case '"':
			r.quoted()
		case '{':
			r.literal()
		case 0:
			r.Fail("a value")
			return
		default:
			r.skipAtom()
		}
		if r.depth == base {
			return
		}
	}
}

// skipAtom reads anything up to a space, parenthesis or quote that is outside
// a section: BODY[HEADER.FIELDS (DATE)]<0>, \Seen, {.
func (r *Reader) skipAtom() {
	if r.Peek() == '~' && r.pos+1 < len(r.b) && r.b[r.pos+1] == '{' {
		r.literal()
		return
	}
	for r.pos < len(r.b) {
		switch r.b[r.pos] {
		case '[':
			if end, ok := r.sectionEnd(); ok {
				r.pos = end
				continue
			}
		case ' ', '(', ')', '"':
			return
		}
		r.pos++
	}
}

// sectionEnd returns where the section ends that begins here, or how far it
// looked to see that it is none: a '[' may also be part of a flag's name. A
// section has no spaces but before and in its one list of header names
// (RFC 9051 §9, section), so that this does not look far for nothing.
func (r *Reader) sectionEnd() (end int, ok bool) {
	look := Reader{b: r.b, pos: r.pos + 1, lim: r.lim}
	listed, list := false, false
	for look.err == nil {
		switch c := look.Peek(); {
		case c == ']' && !list:
			return look.pos + 1, true
		case c == ' ' && !list && !listed:
			look.pos++
			if look.Peek() != '(' {
				return look.pos, false
			}
		case c == '(' && !listed:
			listed, list = true, true
			look.pos++
		case c == ')' && list:
			list = false
			look.pos++
		case c == '"' && list:
			look.quoted()
		case c == '{' && list:
			look.literal()
		case c == 0 || c == '(' || c == ')' || c == '"' || c == ' ' && !list:
			return look.pos, false
		default:
			look.pos++
		}
	}
	return look.pos, false
}
