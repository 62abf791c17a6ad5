package wire

import (
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Command is a command being built: a name and typed arguments. Spaces go
// between arguments by themselves. The first bad argument sticks and is
// returned by [Command.Err]; such a command is never sent.
//
// No method takes text that goes out as it is: a string that a quoted string
// cannot hold becomes a literal, an atom with other than atom characters and
// any NUL outside a literal8 are refused.
type Command struct {
	name  string
	parts []part
	open  int // lists
	glue  bool
	saved []any
	err   error
}

// part is a run of bytes, a literal, or a secret, quoted or literal.
type part struct {
	data    []byte // of a run or a literal
	literal bool
	binary  bool // literal8
	utf8    bool // a literal that can be quoted where UTF-8 may be
	charset bool // left out where UTF-8 is what everything is in
	stream  io.Reader
	size    int64
	// secret returns the data in its place. A function is printed as its
	// address even where fmt finds no method to call.
	secret func() []byte
}

func (p *part) bytes() []byte {
	if p.secret != nil {
		return p.secret()
	}
	return p.data
}

// NewCommand begins a command. name is one or more atoms separated by single
// spaces, such as "UID FETCH".
func NewCommand(name string) *Command {
	c := &Command{name: name}
	for word := range strings.SplitSeq(name, " ") {
		if !isAtom(word) {
			c.Fail(&ArgumentError{Kind: "command name", Value: clip(name), Reason: "want atoms"})
		}
	}
	c.append([]byte(name))
	return c
}

// Name returns the command's name.
func (c *Command) Name() string { return c.name }

// Err returns the first error of an argument.
func (c *Command) Err() error {
	if c.err == nil && c.open > 0 {
		return &ArgumentError{Kind: "command", Value: c.name, Reason: "a list is not closed"}
	}
	return c.err
}

// Fail records an error, so that Err returns it and nothing is sent.
func (c *Command) Fail(err error) *Command {
	if c.err == nil {
		c.err = err
	}
	return c
}

func (c *Command) append(b []byte) {
	if k := len(c.parts); k == 0 || c.parts[k-1].literal || c.parts[k-1].charset || c.parts[k-1].secret != nil {
		c.parts = append(c.parts, part{})
	}
	p := &c.parts[len(c.parts)-1]
	p.data = append(p.data, b...)
}

// space puts a space before the next argument, but behind "(".
func (c *Command) space() {
	if c.glue {
		c.glue = false
		return
	}
	c.append([]byte{' '})
}

func (c *Command) word(s string) *Command {
	c.space()
	c.append([]byte(s))
	return c
}

// Atom adds an atom.
func (c *Command) Atom(s string) *Command {
	if !isAtom(s) {
		return c.Fail(&ArgumentError{Kind: "atom", Value: clip(s), Reason: atomReason(s)})
	}
	return c.word(s)
}

// Number adds a number.
func (c *Command) Number(n uint64) *Command { return c.word(strconv.FormatUint(n, 10)) }

// Nil adds NIL.
func (c *Command) Nil() *Command { return c.word("NIL") }

// Star adds "*", alone.
func (c *Command) Star() *Command { return c.word("*") }

// Set adds a set of numbers.
func (c *Command) Set(s NumSet) *Command {
	if len(s) == 0 {
		return c.Fail(&ArgumentError{Kind: "number set", Reason: "it is empty"})
	}
	for _, r := range s {
		if r.First == 0 || r.Last < r.First {
			return c.Fail(&ArgumentError{Kind: "number set", Value: clip(s.String()), Reason: "numbers begin at 1, ranges ascend"})
		}
	}
	c.space()
	c.append(s.AppendTo(nil))
	return c
}

// Saved adds "$", which stands for the messages that the last SEARCH saved
// (RFC 5182). of says which search that is meant to be; [Command.SavedRefs]
// returns it to whoever sends the command.
func (c *Command) Saved(of any) *Command {
	c.saved = append(c.saved, of)
	return c.word("$")
}

// SavedRefs returns what Saved was called with.
func (c *Command) SavedRefs() []any { return c.saved }

// Arguments adds the arguments of another command, without its name.
func (c *Command) Arguments(of *Command) *Command {
	if err := of.Err(); err != nil {
		return c.Fail(err)
	}
	c.saved = append(c.saved, of.saved...)
	for i, p := range of.parts {
		if i == 0 {
			p.data = p.data[len(of.name):]
			if c.glue && len(p.data) > 0 {
				c.glue, p.data = false, p.data[1:]
			}
		}
		if p.literal || p.charset || p.secret != nil {
			c.parts = append(c.parts, p)
		} else {
			c.append(p.data)
		}
	}
	return c
}

// Flag adds a flag: an atom, or one behind a backslash. A ']' is allowed,
// because servers have such flags.
func (c *Command) Flag(s string) *Command {
	name := strings.TrimPrefix(s, `\`)
	if name == "*" && s != name || isAtom(strings.ReplaceAll(name, "]", "")) || name != "" && strings.Trim(name, "]") == "" {
		return c.word(s)
	}
	return c.Fail(&ArgumentError{Kind: "flag", Value: clip(s), Reason: atomReason(name)})
}

// String adds a string: quoted if it can be, else a literal. Text beyond ASCII
// is quoted only where RenderUTF8 is used.
func (c *Command) String(s string) *Command { return c.str(s, false) }

// Charset adds CHARSET and the name of a character set, as SEARCH has it. It is
// left out where strings are in UTF-8 anyway, and the server must not be told
// (RFC 9755 §3).
func (c *Command) Charset(name string) *Command {
	if !isAtom(name) {
		return c.Fail(&ArgumentError{Kind: "charset", Value: clip(name), Reason: atomReason(name)})
	}
	c.parts = append(c.parts, part{charset: true, data: []byte(" CHARSET " + name)})
	return c
}

// Secret is String for what must not appear in a trace or an error.
func (c *Command) Secret(s string) *Command { return c.str(s, true) }

// Secret64 adds base64 of b as AUTHENTICATE's initial response has it: "=" if
// it is empty (RFC 4959 §3). It does not appear in a trace or an error.
func (c *Command) Secret64(b []byte) *Command {
	s := "="
	if len(b) > 0 {
		s = base64.StdEncoding.EncodeToString(b)
	}
	c.space()
	c.parts = append(c.parts, part{size: int64(len(s)), secret: func() []byte { return []byte(s) }})
	return c
}

func (c *Command) str(s string, secret bool) *Command {
	if strings.IndexByte(s, 0) >= 0 {
		if secret {
			s = ""
		}
		return c.Fail(&ArgumentError{Kind: "string", Value: clip(s), Reason: "IMAP strings cannot hold NUL"})
	}
	c.space()
	literal, b := !quotable(s), []byte(s)
	if !literal {
		b = quote(s)
	}
	switch p := (part{literal: literal, utf8: literal && quotable8(s), size: int64(len(s))}); {
	case secret:
		p.secret = func() []byte { return b }
		c.parts = append(c.parts, p)
	case literal:
		p.data = b
		c.parts = append(c.parts, p)
	default:
		c.append(b)
	}
	return c
}

func quote(s string) []byte {
	q := make([]byte, 0, len(s)+2)
	q = append(q, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			q = append(q, '\\')
		}
		q = append(q, s[i])
	}
	return append(q, '"')
}

// AString adds an astring: an atom if s is one, else as String does. NIL is
// always quoted.
func (c *Command) AString(s string) *Command {
	if isAtom(s) && !strings.EqualFold(s, "NIL") {
		return c.word(s)
	}
	return c.String(s)
}

// ListPattern adds a mailbox name or pattern of LIST, in which '*' and '%' may
// stand bare (RFC 9051 §9, list-mailbox). NIL is always quoted.
func (c *Command) ListPattern(s string) *Command {
	if isAtom(strings.NewReplacer("*", "", "%", "").Replace(s)) && !strings.EqualFold(s, "NIL") {
		return c.word(s)
	}
	return c.String(s)
}

// Literal adds a literal of size bytes read from src when the command is
// written.
func (c *Command) Literal(src io.Reader, size int64) *Command { return c.stream(src, size, false) }

// Literal8 is Literal for bytes that may hold NUL (RFC 3516 §4.4).
func (c *Command) Literal8(src io.Reader, size int64) *Command { return c.stream(src, size, true) }

func (c *Command) stream(src io.Reader, size int64, binary bool) *Command {
	if size < 0 || src == nil {
		return c.Fail(&ArgumentError{Kind: "literal", Reason: "its size must be known and its source not nil"})
	}
	c.space()
	c.parts = append(c.parts, part{literal: true, binary: binary, stream: src, size: size})
	return c
}

// List adds a parenthesized list of whatever items adds.
func (c *Command) List(items func()) *Command {
	c.space()
	c.append([]byte{'('})
	c.open++
	c.glue = true
	items()
	c.glue = false
	c.open--
	c.append([]byte{')'})
	return c
}

// isAtom says whether s can go out as an atom (RFC 9051 §9, atom).
func isAtom(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x7f || !atomChar[s[i]] {
			return false
		}
	}
	return s != ""
}

func atomReason(s string) string {
	if s == "" {
		return "it is empty"
	}
	return `it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`
}

// quotable says whether s can be a quoted string. 8 bit text goes as a literal,
// which every server takes; long text does so that no line grows long.
func quotable(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x7f {
			return false
		}
	}
	return quotable8(s)
}

// quotable8 is quotable where UTF-8 may be quoted (RFC 9051 §9, QUOTED-CHAR).
func quotable8(s string) bool {
	if len(s) > 1000 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c == 0x7f || c < 0x20 && c != '\t' {
			return false
		}
	}
	return utf8.ValidString(s)
}

// Len is how many octets the command has so far, without its tag, what
// announces its literals, and the line end.
func (c *Command) Len() int {
	n := 0
	for i := range c.parts {
		n += len(c.parts[i].bytes())
	}
	return n
}
