package imap

import (
	"bytes"
	"math"
	"strings"
)

// sectionName says whether name begins an attribute that holds bytes of the
// message, and reads up to its section.
func (p *parser) sectionName(name []byte) (s Section, ok bool) {
	switch string(name) {
	case "RFC822":
	case "RFC822.HEADER":
		s.Kind = Header
	case "RFC822.TEXT":
		s.Kind = Text
	case "BODY", "BODY.PEEK":
		return s, p.r.Peek() == '['
	case "BINARY", "BINARY.PEEK":
		s.Binary = true
		return s, p.r.Peek() == '['
	default:
		return s, false
	}
	return s, true
}

// bodySection reads the rest of BODY[…]<…>, BINARY[…]<…> or RFC822…; s has
// what the name says. A section that does not parse makes the attribute an
// unknown one.
func (p *parser) bodySection(m *Message, s Section, start int, pending int64) (*pendingBody, error) {
	depth := p.r.Depth()
	if p.r.Peek() == '[' { // also "RFC822[]"
		p.section(&s)
	}
	origin := p.partial()
	if cause := p.r.Err(); cause != nil {
		p.r.Recover(start, depth)
		err := p.unknownAttribute(m, start)
		if err == nil {
			m.problem("BODY", cause)
		}
		return nil, err
	}
	value := p.r.Pos()
	p.r.SkipSP()
	if pending >= 0 && p.r.AtPending() {
		return &pendingBody{section: s, origin: origin, size: pending}, nil
	}
	b, err := p.bodyValue(m, s, origin)
	if err != nil {
		name := strings.ToUpper(string(p.b[start:value]))
		return nil, p.badAttribute(m, name, value, depth, err)
	}
	m.addBody(b)
	return nil, nil
}

// bodyValue reads the bytes of a section. If they are missing, as Yandex sends
// "BODY[1])" for a part it has lost, that is a NIL.
func (p *parser) bodyValue(m *Message, s Section, origin int64) (*Body, error) {
	if p.r.AtEnd() || p.r.Peek() == ')' {
		m.problem(s.String(), p.wanted("a value"))
		return newBody(s, origin, nil, true), nil
	}
	if p.r.IsNil() {
		return newBody(s, origin, nil, true), nil
	}
	literal, from := p.r.Peek() == '{', 0
	data := p.r.StringBytes()
	if err := p.r.Err(); err != nil {
		return nil, err
	}
	if from = p.r.Pos() - len(data); literal && p.shortLiteral() {
		m.problem(s.String(), p.wanted("the end of the literal"))
		data = bytes.Clone(p.b[from:p.r.Pos()])
	}
	return newBody(s, origin, data, false), nil
}

// shortLiteral reads the one or two bytes that Domino leaves out of the count
// of a literal, if they are there.
func (p *parser) shortLiteral() bool {
	for n := range 3 {
		switch p.at(n) {
		case ' ', ')', 0:
			p.seek(p.r.Pos() + n)
			return n > 0 && p.at(0) != 0
		}
	}
	return false
}

// addBody adds a section; one that came before is replaced.
func (m *Message) addBody(b *Body) {
	for i, old := range m.bodies {
		if old.section.same(b.section) && old.origin == b.origin {
			m.problem(b.section.String(), errTwice(b.section.String()))
			m.bodies[i] = b
			return
		}
	}
	m.bodies = append(m.bodies, b)
}

// RFC 9051 §9, section. It stands in brackets.
func (p *parser) section(s *Section) {
	p.r.Expect('[')
	p.r.SkipSP()
	if p.r.Peek() != ']' {
		p.sectionSpec(s)
	}
	p.r.SkipSP()
	p.r.Expect(']')
	if s.Binary && s.Kind != Whole {
		p.r.Fail("a part")
	}
}

// RFC 9051 §9, section-spec
func (p *parser) sectionSpec(s *Section) {
	spec := p.r.Name()
	n := partLen(spec)
	s.Part = string(bytes.TrimSuffix(spec[:n], []byte(".")))
	kind, ok := sectionKind(spec[n:])
	if !ok || kind == MIME && n == 0 || len(spec[n:]) == 0 && len(s.Part) < n {
		p.r.Fail("a section")
		return
	}
	s.Kind = kind
	if kind == HeaderFields || kind == HeaderFieldsNot {
		p.r.SkipSP()
		p.r.List(func() { s.Fields = append(s.Fields, p.r.AString()) })
	}
}

// sectionKind is the meaning of what stands behind the part.
func sectionKind(text []byte) (SectionKind, bool) {
	switch string(text) {
	case "":
		return Whole, true
	case "HEADER":
		return Header, true
	case "HEADER.FIELDS":
		return HeaderFields, true
	case "HEADER.FIELDS.NOT":
		return HeaderFieldsNot, true
	case "TEXT":
		return Text, true
	case "MIME":
		return MIME, true
	}
	return Whole, false
}

// partLen is how much of spec is the number of a part (RFC 9051 §9,
// section-part), with the dot behind it.
func partLen(spec []byte) int {
	n := 0
	for n < len(spec) && spec[n] >= '1' && spec[n] <= '9' {
		for n < len(spec) && isDigit(spec[n]) {
			n++
		}
		if n < len(spec) {
			if spec[n] != '.' {
				return 0
			}
			n++
		}
	}
	return n
}

// partial reads the <origin> behind a section; -1: there is none. Exchange
// adds the length: <0.1024>.
func (p *parser) partial() int64 {
	if !p.r.Take('<') {
		return -1
	}
	n := p.r.Number64()
	if p.r.Take('.') {
		p.r.Number64()
	}
	p.r.Expect('>')
	return int64(n)
}

// binarySize is the answer to BINARY.SIZE[part].
type binarySize struct {
	part string
	size int64
}

// BinarySize returns the decoded size of a part, "1.2", as BINARY.SIZE told it
// (RFC 3516 §4.3); ok is false if it did not.
func (m *Message) BinarySize(part string) (size int64, ok bool) {
	for _, b := range m.binarySizes {
		if b.part == part {
			return b.size, true
		}
	}
	return 0, false
}

// RFC 9051 §9, "BINARY.SIZE" section-binary SP number
func (p *parser) binarySizeAtt(m *Message) {
	s := Section{Binary: true}
	p.section(&s)
	if p.r.SP(); p.r.Err() != nil {
		return
	}
	at, depth := p.r.Pos(), p.r.Depth()
	n := p.quotableNumber(math.MaxInt64)
	if cause := p.r.Err(); cause == nil {
		m.binarySizes = append(m.binarySizes, binarySize{s.Part, int64(n)})
	} else if name := "BINARY.SIZE[" + s.Part + "]"; p.keep(m, name, at, depth) == nil {
		m.problem(name, cause) // iCloud
	}
}

// quotableNumber reads a number up to most that may stand in quotes.
func (p *parser) quotableNumber(most uint64) uint64 {
	start := p.r.Pos()
	quoted := p.r.Take('"')
	n := p.r.Number64()
	if quoted {
		p.r.Expect('"')
	}
	p.wordEnd()
	if n > most && p.r.Err() == nil {
		p.seek(start)
		p.r.Fail("a smaller number")
	}
	if p.r.Err() != nil {
		return 0
	}
	return n
}
