package imaptest

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser reads the words of one command. It is strict: what RFC 3501 §9 does
// not allow is an error. The first error stays, and everything after it returns
// zero values, so that a command is parsed without looking up and judged once,
// by end.
type parser struct {
	lines    []cmdLine
	line     int // the current line,
	pos      int // and the place in it
	err      error
	eightBit bool // allow bytes above 127 in quoted strings
	quotes8  bool // quoted strings may be UTF-8
	utf8     bool // and mailbox names are

	offers func(capability string) bool // nil: none
}

// can says whether the server offers an extension, so that its words are known.
func (p *parser) can(capability string) bool { return p.offers != nil && p.offers(capability) }

// cmdLine is one line of a command and the literal that it announced. All lines
// but the last have one.
type cmdLine struct {
	text    []byte
	literal []byte
}

// fail keeps the first error.
func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// rest is the unread text of the current line.
func (p *parser) rest() []byte {
	if p.err != nil {
		return nil
	}
	return p.lines[p.line].text[p.pos:]
}

// peek returns the next byte, or 0 at the end of the line.
func (p *parser) peek() byte {
	if rest := p.rest(); len(rest) > 0 {
		return rest[0]
	}
	return 0
}

// accept reads c if it is next.
func (p *parser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// expect reads c or fails.
func (p *parser) expect(c byte) {
	if !p.accept(c) {
		p.fail("expected %q %s", c, p.where())
	}
}

// sp reads the one space between two words.
func (p *parser) sp() { p.expect(' ') }

// where says what comes instead, for errors.
func (p *parser) where() string {
	rest := p.rest()
	if len(rest) == 0 {
		return "at the end of the command"
	}
	if len(rest) > 20 {
		rest = rest[:20]
	}
	return fmt.Sprintf("before %+q", rest)
}

// atEnd says whether the command is read to its end.
func (p *parser) atEnd() bool {
	return p.err == nil && p.line == len(p.lines)-1 && len(p.rest()) == 0
}

// end fails unless the command is read to its end, and says whether all is well.
func (p *parser) end() bool {
	if p.err == nil && !p.atEnd() {
		p.fail("unexpected text %s", p.where())
	}
	return p.err == nil
}

// keyword reads the given word, whatever its case, if it is next.
func (p *parser) keyword(word string) bool {
	rest := p.rest()
	if len(rest) < len(word) || !strings.EqualFold(string(rest[:len(word)]), word) {
		return false
	}
	if len(rest) > len(word) && isAtomChar(rest[len(word)]) {
		return false
	}
	p.pos += len(word)
	return true
}

// span reads the longest run of bytes that are in.
func (p *parser) span(in func(byte) bool) string {
	rest := p.rest()
	n := 0
	for n < len(rest) && in(rest[n]) {
		n++
	}
	p.pos += n
	return string(rest[:n])
}

// atom reads an atom.
func (p *parser) atom() string {
	s := p.span(isAtomChar)
	if s == "" {
		p.fail("expected a word %s", p.where())
	}
	return s
}

// astring reads an atom, which may have ], or a string.
func (p *parser) astring() string {
	if c := p.peek(); c == '"' || c == '{' {
		return p.str()
	}
	s := p.span(isAstringChar)
	if s == "" {
		p.fail("expected a string %s", p.where())
	}
	return s
}

// listMailbox reads a pattern of LIST: like astring, with wildcards.
func (p *parser) listMailbox() string {
	if c := p.peek(); c == '"' || c == '{' {
		return p.str()
	}
	s := p.span(func(c byte) bool { return isAstringChar(c) || c == '%' || c == '*' })
	if s == "" {
		p.fail("expected a mailbox pattern %s", p.where())
	}
	return s
}

// str reads a quoted string or a literal.
func (p *parser) str() string {
	switch p.peek() {
	case '"':
		return p.quoted()
	case '{':
		return string(p.literal())
	}
	p.fail("expected a quoted string or a literal %s", p.where())
	return ""
}

func (p *parser) quoted() string {
	p.expect('"')
	rest := p.rest()
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			p.pos += i + 1
			if p.quotes8 && !p.eightBit && !utf8.ValidString(b.String()) {
				p.fail("a quoted string is not UTF-8")
			}
			return b.String()
		case c == '\\':
			i++
			if i == len(rest) || rest[i] != '"' && rest[i] != '\\' {
				p.fail(`backslash in a quoted string quotes only " and \`)
				return ""
			}
			b.WriteByte(rest[i])
		case c >= 0x80 && !p.eightBit && !p.quotes8:
			p.fail("byte %#x in a quoted string: send a literal", c)
			return ""
		default:
			b.WriteByte(c)
		}
	}
	p.fail("quoted string without its end")
	return ""
}

// literal returns the literal announced here, which may not have NUL.
func (p *parser) literal() []byte {
	data := p.literalBytes()
	if bytes.IndexByte(data, 0) >= 0 {
		p.fail("NUL in a literal")
		return nil
	}
	return data
}

// literal8 returns the literal announced here, which may be any bytes if there
// is a ~ before it. RFC 3516 §4.4.
func (p *parser) literal8() []byte {
	if p.accept('~') {
		return p.literalBytes()
	}
	return p.literal()
}

func (p *parser) literalBytes() []byte {
	rest := p.rest()
	if _, _, isLiteral := literalAt(rest); !isLiteral || p.line == len(p.lines)-1 ||
		bytes.LastIndexByte(rest, '{') != 0 {
		p.fail("expected a literal %s", p.where())
		return nil
	}
	data := p.lines[p.line].literal
	p.line, p.pos = p.line+1, 0
	return data
}

// number reads a number of 32 bits.
func (p *parser) number() uint32 {
	s := p.span(isDigit)
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		p.fail("expected a number %s", p.where())
	}
	return uint32(n)
}

// list reads a parenthesised list of at least n items.
func (p *parser) list(n int, item func()) {
	p.expect('(')
	for i := 0; p.err == nil; i++ {
		if i >= n && p.accept(')') {
			return
		}
		if i > 0 {
			p.sp()
		}
		item()
		if p.accept(')') {
			if i+1 < n {
				p.fail("list too short")
			}
			return
		}
	}
}

// flag reads one flag as STORE and APPEND take it.
func (p *parser) flag() string {
	if !p.accept('\\') {
		return p.atom()
	}
	name := `\` + p.atom()
	if p.err == nil && systemFlag(name)&^flagRecent == 0 {
		p.fail("no client may set the flag %s", name)
	}
	return name
}

// flagList reads a parenthesised list of flags.
func (p *parser) flagList() flagSet {
	var names []string
	p.list(0, func() { names = append(names, p.flag()) })
	return flagsOf(names)
}

// set reads a sequence set. RFC 3501 §9 sequence-set.
func (p *parser) set() numSet {
	var set numSet
	if p.can("SEARCHRES") && p.accept('$') {
		return numSet{{}}
	}
	for {
		r := numRange{lo: p.setNumber()}
		r.hi = r.lo
		if p.accept(':') {
			r.hi = p.setNumber()
		}
		set = append(set, r)
		if !p.accept(',') {
			return set
		}
	}
}

// setNumber reads a number of a set; * is the largest of all.
func (p *parser) setNumber() uint32 {
	if p.accept('*') {
		return star
	}
	where := p.where()
	n := p.number()
	if p.err == nil && (n == 0 || n == math.MaxUint32) {
		p.fail("expected a number from 1 %s", where)
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isAtomChar: RFC 3501 §9 ATOM-CHAR.
func isAtomChar(c byte) bool {
	return c > ' ' && c < 0x7f && strings.IndexByte(`(){%*"\]`, c) < 0
}

// isAstringChar: RFC 3501 §9 ASTRING-CHAR.
func isAstringChar(c byte) bool { return isAtomChar(c) || c == ']' }

// isTagChar: RFC 3501 §9 tag.
func isTagChar(c byte) bool { return isAstringChar(c) && c != '+' }
