package wire

// CutText splits the set so that head, as IMAP writes it, is no longer than
// some octets and has no more than some ranges; 0: as many as there are. It has
// one range at least. The two may share memory with s.
func (s NumSet) CutText(octets, ranges int) (head, tail NumSet) {
	size := -1 // the first has no comma
	for i, r := range s {
		size += 1 + r.textLen()
		if i > 0 && (size > octets || ranges > 0 && i >= ranges) {
			return s[:i:i], s[i:]
		}
	}
	return s, nil
}

// textLen is how many octets AppendTo takes for the range.
func (r Range) textLen() int {
	n := numLen(r.First)
	if r.Last != r.First {
		n += 1 + numLen(r.Last)
	}
	return n
}

func numLen(n uint32) int {
	if n == Star {
		return 1
	}
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}
