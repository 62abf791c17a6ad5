package wire

import "bytes"

// kind is what a response's lines are, as far as literals are concerned.
type kind uint8

const (
	unseen  kind = iota // no line that could end with a literal came yet
	data                // literals may stand in it
	charset             // a list of character sets, then text
	text                // no literal can stand in it
)

// of says what kind the response is now that line came. A status response or
// a continuation request is text; only the code BADCHARSET may hold strings
// (RFC 3501 §9).
func (k kind) of(line []byte) kind {
	switch k {
	case unseen:
		return firstKind(line)
	case charset:
		if closed(line) {
			return text
		}
	}
	return k
}

func firstKind(line []byte) kind {
	if len(line) > 0 && line[0] == '+' {
		return text
	}
	_, rest, _ := bytes.Cut(line, []byte(" "))
	word, rest, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	switch upper(word) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
	default:
		return data
	}
	const code = "[BADCHARSET ("
	rest = bytes.TrimLeft(rest, " ")
	if len(rest) >= len(code) && upper(rest[:len(code)]) == code && !closed(rest[len(code):]) {
		return charset
	}
	return text
}

// closed says whether there is a ')' outside quotes.
func closed(b []byte) bool {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case quoted && b[i] == '\\':
			i++
		case !quoted && b[i] == ')':
			return true
		}
	}
	return false
}

// tooLong says whether the response's lines, of which the present one goes to
// end and perhaps (not whole) further, exceed the limit for its kind.
func (f *Framer) tooLong(end int, whole bool) bool {
	n := end - f.line
	if n > 0 && f.buf[f.r+end-1] == '\r' {
		n-- // of the line end, or counted once it is seen not to be
	}
	if n += f.lines; n <= f.lim.Line || !whole && end < headSize {
		return false
	}
	if f.maxLine == 0 {
		f.maxLine = f.lim.lineOf(f.buf[f.r : f.r+end])
	}
	return n > f.maxLine
}

// lineOf looks at the first words of a response for its limit.
func (l *Limits) lineOf(head []byte) int {
	head, _, _ = bytes.Cut(head[:min(len(head), headSize)], []byte("\n"))
	word, _ := bytes.CutPrefix(head, []byte("* "))
	name, rest, _ := bytes.Cut(word, []byte(" "))
	if len(name) > 0 && name[0] >= '0' && name[0] <= '9' {
		name, _, _ = bytes.Cut(rest, []byte(" "))
	}
	switch upper(bytes.TrimSuffix(name, []byte("\r"))) {
	case "SEARCH", "ESEARCH", "SORT", "THREAD", "VANISHED":
		return max(l.SetLine, l.Line)
	case "FETCH", "UIDFETCH", "LIST", "LSUB", "XLIST", "STATUS", "FLAGS", "METADATA", "ACL", "QUOTA", "NAMESPACE":
		return max(l.LongLine, l.Line)
	}
	return l.Line
}

// truncate reads over the rest of a response that is too long and returns its
// beginning. Quotes and literals are still followed, so its end is found.
func (f *Framer) truncate() (*Response, error) {
	keep := min(f.lim.Line, f.maxLine-f.lines)
	line := f.buf[f.r+f.line : f.w]
	isText := f.kind.of(line[:keep]) == text
	head := bytes.Clone(f.buf[f.r : f.r+f.line+keep])
	f.r += f.line
	for {
		size, ok, err := f.skipLine()
		if err != nil && !(isText && size < 0) {
			return nil, f.fail(err)
		}
		if !ok || isText {
			f.resp = Response{Bytes: head, Pending: -1, Truncated: true}
			f.rest = false
			return &f.resp, nil
		}
		f.left, f.mid = size, true
		if err := f.SkipLiteral(); err != nil {
			return nil, f.fail(err)
		}
	}
}

// skipLine reads over a line and says which literal it announces. If the
// announcement itself is wrong, size is negative.
func (f *Framer) skipLine() (size int64, ok bool, err error) {
	var tail lineTail
	for {
		b := f.buf[f.r:f.w]
		i := bytes.IndexByte(b, '\n')
		if i >= 0 {
			b = b[:i]
		}
		tail.add(b)
		f.r += len(b)
		f.skipped += int64(len(b))
		if f.skipped > f.lim.Skip {
			return 0, false, &LimitError{What: "line", Max: uint64(f.lim.Skip)}
		}
		if i >= 0 {
			break
		}
		if err := f.fill(); err != nil {
			return 0, false, noEOF(err)
		}
	}
	f.r++ // the LF
	if size, ok, err = tail.literal(); err != nil {
		size = -1
	}
	return size, ok, err
}
