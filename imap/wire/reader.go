package wire

import (
	"bytes"
	"unicode/utf8"
)

// Reader takes tokens from one framed response. The first error sticks: every
// later call returns a zero, so a parser reads straight on and looks at
// [Reader.Err] once. It is not safe for concurrent use.
//
// Strings that a Reader returns are copies; byte slices are parts of the
// response and live as long as it does.
type Reader struct {
	b     []byte
	pos   int
	depth int
	lim   *Limits
	err   error
	text  string // the response as one string, of which short ones are parts
	word  [32]byte
}

// shareBelow is the response size below which all its strings share one copy.
const shareBelow = 8 << 10

// NewReader returns a Reader of a response's bytes. lim must have its defaults
// filled in ([Limits.WithDefaults]).
func NewReader(b []byte, lim *Limits) Reader { return Reader{b: b, lim: lim} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Pos is the offset of the next byte.
func (r *Reader) Pos() int { return r.pos }

// Bytes returns the response from one offset to another.
func (r *Reader) Bytes(from, to int) []byte { return r.b[from:to] }

// Rest returns what was not read yet and goes to the end.
func (r *Reader) Rest() []byte {
	if r.err != nil {
		return nil
	}
	rest := r.b[r.pos:]
	r.pos = len(r.b)
	return rest
}

// Fail records that want was expected here.
func (r *Reader) Fail(want string) {
	if r.err == nil {
		near := r.b[r.pos:min(r.pos+24, len(r.b))]
		r.err = &SyntaxError{Offset: r.pos, Want: want, Near: string(near)}
	}
}

// FailWith records err.
func (r *Reader) FailWith(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Recover forgets the error and goes to pos: a parser that can keep the damage
// small calls it at the beginning of what it could not read, and then Skip.
func (r *Reader) Recover(pos, depth int) {
	r.err, r.pos, r.depth = nil, pos, depth
}

// Depth is how many parentheses are open.
func (r *Reader) Depth() int { return r.depth }

// AtEnd says whether everything was read.
func (r *Reader) AtEnd() bool { return r.pos >= len(r.b) || r.err != nil }

// Peek returns the next byte, 0 at the end or after an error.
func (r *Reader) Peek() byte {
	if r.AtEnd() {
		return 0
	}
	return r.b[r.pos]
}

// Take reads c if it is next.
func (r *Reader) Take(c byte) bool {
	if r.Peek() != c || c == 0 {
		return false
	}
	r.pos++
	return true
}

// Expect reads c.
func (r *Reader) Expect(c byte) {
	if !r.Take(c) {
		r.Fail(string(rune(c)))
	}
}

// SP reads a space; servers that send several are forgiven.
func (r *Reader) SP() {
	if !r.SkipSP() {
		r.Fail("a space")
	}
}

// SkipSP reads spaces, if any.
func (r *Reader) SkipSP() bool {
	start := r.pos
	for r.Take(' ') {
	}
	return r.pos > start
}

// End expects the end of the response; trailing spaces are forgiven.
func (r *Reader) End() {
	r.SkipSP()
	if r.err == nil && r.pos < len(r.b) {
		r.Fail("the end")
	}
}

// atomChar has the bytes that an atom may hold (RFC 9051 §9, atom-char), and
// those above ASCII that servers send anyway.
var atomChar = func() (t [256]bool) {
	for c := 0x21; c < 0x100; c++ {
		t[c] = c != 0x7f && bytes.IndexByte([]byte(`(){%*"\]`), byte(c)) < 0
	}
	return t
}()

// span reads the longest run of bytes of a class.
func (r *Reader) span(class *[256]bool, extra byte) []byte {
	if r.err != nil {
		return nil
	}
	i := r.pos
	for i < len(r.b) && (class[r.b[i]] || (extra != 0 && r.b[i] == extra)) {
		i++
	}
	b := r.b[r.pos:i]
	r.pos = i
	return b
}

// AtomBytes reads an atom, not copied.
func (r *Reader) AtomBytes() []byte {
	b := r.span(&atomChar, 0)
	if len(b) == 0 {
		r.Fail("an atom")
	}
	return b
}

// Atom reads an atom.
func (r *Reader) Atom() string {
	b := r.AtomBytes()
	return r.share(r.pos-len(b), r.pos)
}

// Name reads an atom that is a keyword and returns it in upper case, valid
// until the next Name. A '[' ends it, so that a section can follow.
func (r *Reader) Name() []byte {
	start := r.pos
	for r.err == nil && r.pos < len(r.b) && atomChar[r.b[r.pos]] && r.b[r.pos] != '[' {
		r.pos++
	}
	if r.pos == start {
		r.Fail("a name")
		return nil
	}
	word := append(r.word[:0], r.b[start:r.pos]...) // elsewhere if it is long
	for i, c := range word {
		if 'a' <= c && c <= 'z' {
			word[i] = c - ('a' - 'A')
		}
	}
	return word
}

// Number reads a 32 bit number (RFC 9051 §9, number).
func (r *Reader) Number() uint32 {
	n, ok := r.digits(1<<32 - 1)
	if !ok {
		return 0
	}
	return uint32(n)
}

// NZNumber reads a number that must not be zero.
func (r *Reader) NZNumber() uint32 {
	start := r.pos
	n := r.Number()
	if n == 0 && r.err == nil {
		r.pos = start
		r.Fail("a number that is not zero")
	}
	return n
}

// Number64 reads a 63 bit number.
func (r *Reader) Number64() uint64 {
	n, _ := r.digits(1<<63 - 1)
	return n
}

func (r *Reader) digits(most uint64) (uint64, bool) {
	if r.err != nil {
		return 0, false
	}
	var n uint64
	i := r.pos
	for ; i < len(r.b) && r.b[i] >= '0' && r.b[i] <= '9'; i++ {
		d := uint64(r.b[i] - '0')
		if n > (most-d)/10 {
			r.Fail("a smaller number")
			return 0, false
		}
		n = n*10 + d
	}
	if i == r.pos {
		r.Fail("a number")
		return 0, false
	}
	r.pos = i
	return n, true
}

// IsNil reads NIL if it is next.
func (r *Reader) IsNil() bool {
	if r.AtEnd() || len(r.b)-r.pos < 3 {
		return false
	}
	b := r.b[r.pos:]
	if b[0]|0x20 != 'n' || b[1]|0x20 != 'i' || b[2]|0x20 != 'l' || len(b) > 3 && atomChar[b[3]] {
		return false
	}
	r.pos += 3
	return true
}

// Open reads '(' and counts the nesting.
func (r *Reader) Open() {
	r.Expect('(')
	r.enter()
}

func (r *Reader) enter() {
	if r.depth++; r.depth > r.lim.Depth && r.err == nil {
		r.err = &LimitError{What: "nesting", Max: uint64(r.lim.Depth)}
	}
}

// Close reads ')' if it is next; spaces before it are forgiven.
func (r *Reader) Close() bool {
	at := r.pos
	for at < len(r.b) && r.b[at] == ' ' {
		at++
	}
	if r.err != nil || at >= len(r.b) || r.b[at] != ')' {
		return false
	}
	r.pos = at + 1
	r.depth--
	return true
}

// List reads a parenthesized list, calling item at each element. It stops at
// the first error, or when item reads nothing.
func (r *Reader) List(item func()) {
	r.Open()
	for r.err == nil && !r.Close() {
		r.SkipSP()
		before := r.pos
		item()
		if r.pos == before {
			r.Fail("a list element or )")
		}
	}
}

// NumSet reads a number set as a server sends it: without '*', kept as ranges.
func (r *Reader) NumSet() NumSet {
	if r.err != nil {
		return nil
	}
	i := r.pos
	for i < len(r.b) && (r.b[i] >= '0' && r.b[i] <= '9' || r.b[i] == ':' || r.b[i] == ',') {
		i++
	}
	set, err := parseNumSet(r.b[r.pos:i], false)
	if err != nil || i < len(r.b) && r.b[i] == '*' {
		r.Fail("a set of numbers")
		return nil
	}
	r.pos = i
	return set
}

// upper returns b in upper case as a string, for comparing with short
// keywords; anything long is no keyword.
func upper(b []byte) string {
	var word [16]byte
	if len(b) > len(word) {
		return ""
	}
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		word[i] = c
	}
	return string(word[:len(b)])
}

// valid says whether s is UTF-8 without NUL.
func valid(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return false
		}
	}
	return utf8.ValidString(s)
}
