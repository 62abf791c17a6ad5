package wire

import "bytes"

// literal is what an announcement says.
type literal struct {
	size   int64
	start  int // of the announcement in its line
	binary bool
	ok     bool
}

const (
	// mostDigits is how many digits a literal's size may have.
	mostDigits = 10
	// longestNumber is from how many digits on something in braces is no
	// announcement at all, so that the end of a line is enough to tell.
	longestNumber = 30
)

// announcement looks for {n}, {n+} or ~{n} at the end of a line that ends in
// '}'. It stands behind a space or a bracket; anything else is text. A number
// that cannot be taken is an error: what follows it cannot be told apart.
func announcement(line []byte) (lit literal, err error) {
	open := bytes.LastIndexByte(line, '{')
	if open < 1 {
		return lit, nil
	}
	lit.start = open
	if line[open-1] == '~' {
		lit.binary, lit.start = true, open-1
	}
	if lit.start == 0 || bytes.IndexByte([]byte(" ([]>)"), line[lit.start-1]) < 0 {
		return lit, nil
	}
	lit.size, lit.ok, err = literalSize(line[open+1 : len(line)-1])
	return lit, err
}

// literalSize takes what stands between the braces.
func literalSize(digits []byte) (size int64, ok bool, err error) {
	if n := len(digits); n > 1 && digits[n-1] == '+' {
		digits = digits[:n-1]
	}
	if len(digits) == 0 || len(digits) > longestNumber {
		return 0, false, nil
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false, nil
		}
		size = size*10 + int64(d-'0')
	}
	if len(digits) > mostDigits {
		return 0, false, &LimitError{What: "literal", Max: 9_999_999_999}
	}
	return size, true, nil
}

// announced reads an announcement at the start of b: how many bytes it has
// without its line end, and the literal's size.
func announced(b []byte) (n int, size int64, ok bool) {
	start := 1
	if len(b) > 0 && b[0] == '~' {
		start = 2
	}
	if len(b) < start || b[start-1] != '{' {
		return 0, 0, false
	}
	end := bytes.IndexByte(b[start:min(len(b), start+longestNumber+2)], '}')
	if end < 0 {
		return 0, 0, false
	}
	size, ok, err := literalSize(b[start : start+end])
	return start + end + 1, size, ok && err == nil
}

// inQuotes says whether the end of b, the beginning of a line, is inside a
// quoted string.
func inQuotes(b []byte) bool {
	in := false
	for {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			return in
		}
		if !in {
			in, b = true, b[i+1:]
			continue
		}
		// Inside, a backslash hides the byte behind it.
		j := 0
		for j < len(b) && b[j] != '"' {
			if b[j] == '\\' {
				j++
			}
			j++
		}
		if j >= len(b) {
			return true
		}
		in, b = false, b[j+1:]
	}
}

// lineTail follows a line that is not kept: whether its end is inside quotes,
// and its last bytes.
type lineTail struct {
	quoted, escaped bool
	last            [longestNumber + 10]byte
	n               int
}

func (t *lineTail) add(b []byte) {
	for _, c := range b {
		switch {
		case t.escaped:
			t.escaped = false
		case t.quoted && c == '\\':
			t.escaped = true
		case c == '"':
			t.quoted = !t.quoted
		}
	}
	if k := len(t.last); len(b) >= k {
		t.n = copy(t.last[:], b[len(b)-k:])
	} else {
		if t.n+len(b) > k {
			t.n = copy(t.last[:], t.last[t.n+len(b)-k:t.n])
		}
		t.n += copy(t.last[t.n:], b)
	}
}

// literal says whether the line ended with an announcement.
func (t *lineTail) literal() (size int64, ok bool, err error) {
	line := bytes.TrimSuffix(t.last[:t.n], []byte("\r"))
	if t.quoted || len(line) == 0 || line[len(line)-1] != '}' {
		return 0, false, nil
	}
	a, err := announcement(line)
	return a.size, a.ok, err
}
