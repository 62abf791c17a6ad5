package imap

import (
	"bytes"
	"errors"
	"math"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9051 §7.5.2, FETCH response
func (p *parser) fetchResponse(resp *response, m *Message, n uint32, wr *wire.Response) error {
	nobody := n == 0 && resp.name == "FETCH" && wr.Pending < 0
	if !nobody {
		p.notZero(n)
	}
	p.r.SkipSP()
	p.r.Open()
	if p.r.Err() != nil {
		return p.r.Err()
	}
	pending, err := p.readAttributes(m, wr.Pending)
	switch {
	case !nobody:
	case m.UID == 0:
		return err // Courier's "* 0 FETCH": about no message
	default:
		m.problem("FETCH", p.wanted("a number that is not zero"))
	}
	resp.kind, resp.msg, resp.pending = kindFetch, m, pending
	return err
}

// readMore goes on with a FETCH behind a pending literal that was consumed: wr
// is what [wire.Framer.Continue] returned. If what it returns has collect set,
// m is as it was; hold that literal and call it again.
func (p *parser) readMore(m *Message, wr *wire.Response) (*pendingBody, error) {
	p.read(wr.Bytes)
	defer p.release()
	if wr.Truncated {
		return nil, p.truncated(wr)
	}
	return p.readAttributes(m, wr.Pending)
}

// readAttributes reads what stands in the parentheses of a FETCH, up to their
// end or to the pending literal (pending: its size, or -1).
func (p *parser) readAttributes(m *Message, pending int64) (*pendingBody, error) {
	before, items := *m, p.items
	body, err := p.msgAtt(m, pending)
	if pending < 0 || body != nil {
		return body, err
	}
	if limit := (*wire.LimitError)(nil); errors.As(err, &limit) {
		return nil, err // more of the same does not help
	}
	*m, p.items = before, items
	return &pendingBody{origin: -1, size: pending, collect: true}, nil
}

// RFC 9051 §9, msg-att
func (p *parser) msgAtt(m *Message, pending int64) (*pendingBody, error) {
	for p.r.SkipSP(); !p.r.Close(); p.r.SkipSP() {
		if p.r.AtEnd() {
			if pending < 0 {
				p.r.Fail(")")
				m.problem("FETCH", p.r.Err())
			}
			return nil, nil
		}
		if p.items++; p.items > p.lim.Items {
			return nil, &wire.LimitError{What: "number of attributes", Max: uint64(p.lim.Items)}
		}
		if body, err := p.attribute(m, pending); body != nil || err != nil {
			return body, err
		}
	}
	if p.r.End(); p.r.Err() != nil {
		m.problem("FETCH", p.r.Err())
	}
	return nil, nil
}

// attribute reads one attribute. Whatever is wrong with it is kept from the
// others if its end can be found.
func (p *parser) attribute(m *Message, pending int64) (*pendingBody, error) {
	start := p.r.Pos()
	name := p.r.Name()
	if p.r.Err() != nil {
		return nil, p.skipStray(m, start)
	}
	if section, ok := p.sectionName(name); ok {
		return p.bodySection(m, section, start, pending)
	}
	label, read := p.attributeReader(name)
	if read == nil {
		return nil, p.unknownAttribute(m, start)
	}
	value, depth := p.r.Pos(), p.r.Depth()
	p.r.SkipSP()
	read(p, m)
	if err := p.r.Err(); err != nil {
		return nil, p.badAttribute(m, label, value, depth, err)
	}
	return nil, nil
}

// attributeReader returns what reads the value of an attribute, and the
// attribute's name. (Method expressions cost no allocation.)
func (p *parser) attributeReader(name []byte) (string, func(*parser, *Message)) {
	switch string(name) {
	case "UID":
		return "UID", (*parser).uidAtt
	case "FLAGS":
		return "FLAGS", (*parser).flagsAtt
	case "ENVELOPE":
		return "ENVELOPE", (*parser).envelopeAtt
	case "INTERNALDATE":
		return "INTERNALDATE", (*parser).internalDateAtt
	case "RFC822.SIZE":
		return "RFC822.SIZE", (*parser).sizeAtt
	case "MODSEQ":
		return "MODSEQ", (*parser).modSeqAtt
	case "BODYSTRUCTURE":
		return "BODYSTRUCTURE", (*parser).bodyStructureAtt
	case "BODY":
		return "BODY", (*parser).bodyAtt
	case "BINARY.SIZE":
		return "BINARY.SIZE", (*parser).binarySizeAtt
	case "SAVEDATE":
		return "SAVEDATE", (*parser).saveDateAtt
	case "PREVIEW":
		return "PREVIEW", (*parser).previewAtt
	case "EMAILID":
		return "EMAILID", (*parser).emailIDAtt
	case "THREADID":
		return "THREADID", (*parser).threadIDAtt
	case "X-GM-MSGID":
		return "X-GM-MSGID", (*parser).gmailMessageIDAtt
	case "X-GM-THRID":
		return "X-GM-THRID", (*parser).gmailThreadIDAtt
	case "X-GM-LABELS":
		return "X-GM-LABELS", (*parser).gmailLabelsAtt
	case "ANNOTATION":
		return "ANNOTATION", (*parser).annotationAtt
	}
	return "", nil
}

func (p *parser) uidAtt(m *Message) {
	n := p.quotableNumber(math.MaxUint32)
	p.notZero(uint32(n))
	if m.Seq == 0 && m.UID == UID(n) {
		return // a UIDFETCH that was asked for UID says it twice
	}
	if p.r.Err() == nil && m.first(HasUID, "UID") {
		m.UID = UID(n)
	}
}

func (p *parser) flagsAtt(m *Message) {
	if flags := p.flagList(p.lim.Flags); p.r.Err() == nil {
		m.first(HasFlags, "FLAGS")
		m.Flags = flags
	}
}

func (p *parser) sizeAtt(m *Message) {
	at, depth := p.r.Pos(), p.r.Depth()
	n := int64(p.quotableNumber(math.MaxInt64))
	if cause := p.r.Err(); cause != nil && bytes.IndexByte(p.b[at:min(at+20, len(p.b))], 'e') > 0 {
		p.r.Recover(at, depth) // mail.ru: 9.37e+06
		if n = p.sloppyNumber(); n > 0 {
			m.problem("RFC822.SIZE", cause)
		} else {
			p.r.FailWith(cause)
		}
	}
	if p.r.Err() == nil {
		m.first(HasSize, "RFC822.SIZE")
		m.Size = n
	}
}

// RFC 7162 §7, fetch-mod-resp. Gmail sends 0.
func (p *parser) modSeqAtt(m *Message) {
	parens := p.r.Take('(')
	p.r.SkipSP()
	n := p.quotableNumber(math.MaxInt64)
	if p.r.SkipSP(); parens {
		p.r.Expect(')')
	}
	if p.r.Err() == nil {
		m.first(HasModSeq, "MODSEQ")
		m.ModSeq = n
	}
}

func (p *parser) internalDateAtt(m *Message) {
	if p.r.IsNil() {
		return
	}
	if d, ok := p.dateTime(); ok {
		m.first(HasInternalDate, "INTERNALDATE")
		m.InternalDate = d
	}
}

// dateTime reads a date-time, in its zone.
func (p *parser) dateTime() (time.Time, bool) {
	at := p.r.Pos()
	d, ok := scanInternalDate(p.r.AString())
	if p.r.Err() == nil && !ok {
		p.seek(at)
		p.r.Fail("a date and time")
	}
	if p.r.Err() != nil {
		return time.Time{}, false
	}
	return d.in(p.zone(d.offset)), true
}

func (p *parser) envelopeAtt(m *Message) {
	e := leniently(p, m, "ENVELOPE", (*parser).envelope)
	if p.r.Err() == nil {
		m.first(HasEnvelope, "ENVELOPE")
		m.Envelope = e
	}
}

func (p *parser) bodyStructureAtt(m *Message) {
	b := leniently(p, m, "BODYSTRUCTURE", (*parser).bodyRoot)
	if p.r.Err() == nil {
		m.first(gotBodyStructure, "BODYSTRUCTURE")
		m.BodyStructure, m.has = b, m.has|HasBodyStructure
	}
}

// gotBodyStructure tells BODYSTRUCTURE from BODY; both are HasBodyStructure.
const gotBodyStructure Attribute = 1 << 63

// bodyAtt reads BODY without a section. BODYSTRUCTURE says more, if both come.
func (p *parser) bodyAtt(m *Message) {
	b := leniently(p, m, "BODY", (*parser).bodyRoot)
	if p.r.Err() != nil || m.Has(gotBodyStructure) {
		return
	}
	m.first(HasBodyStructure, "BODY")
	m.BodyStructure = b
}

// leniently reads a value, and if that fails reads it again as a server means
// it that does not escape the quotes inside its strings.
func leniently[T any](p *parser, m *Message, name string, read func(*parser) T) T {
	start, depth := p.r.Pos(), p.r.Depth()
	v := read(p)
	err := p.r.Err()
	if err == nil {
		return v
	}
	const most = 8 // a response: each time may read all of it
	if limit := (*wire.LimitError)(nil); errors.As(err, &limit) || p.again >= most || bytes.IndexByte(p.b[start:], '"') < 0 {
		return v
	}
	p.again++
	p.r.Recover(start, depth)
	p.loose = true
	v = read(p)
	p.loose = false
	if p.r.Err() == nil {
		m.problem(name, err)
		return v
	}
	p.r.Recover(start, depth)
	p.r.FailWith(err)
	return v
}

// unknownAttribute keeps an attribute that this library does not know.
func (p *parser) unknownAttribute(m *Message, start int) error {
	p.seek(start)
	p.r.Skip() // the name, with brackets and what is in them
	if p.r.Err() != nil {
		return p.r.Err()
	}
	name := string(bytes.ToUpper(p.b[start:p.r.Pos()]))
	if p.r.SkipSP(); p.r.AtEnd() || p.r.Peek() == ')' {
		m.problem(name, p.wanted("a value"))
	}
	return p.keep(m, name, p.r.Pos(), p.r.Depth())
}

// badAttribute keeps an attribute that did not parse.
func (p *parser) badAttribute(m *Message, name string, value, depth int, cause error) error {
	if err := p.keep(m, name, value, depth); err != nil {
		return cause
	}
	m.problem(name, cause)
	return nil
}

// keep keeps a value as it stands on the wire.
func (p *parser) keep(m *Message, name string, value, depth int) error {
	p.r.Recover(value, depth)
	p.r.SkipSP()
	from := p.r.Pos()
	if !p.r.AtEnd() && p.r.Peek() != ')' {
		p.r.Skip()
	}
	if p.r.Err() != nil {
		return p.r.Err()
	}
	m.Raw = append(m.Raw, RawAttribute{Name: name, Value: bytes.Clone(p.b[from:p.r.Pos()])})
	return nil
}

// skipStray reads over something that is no attribute: a value too many.
func (p *parser) skipStray(m *Message, start int) error {
	cause := p.r.Err()
	p.seek(start)
	if p.r.Skip(); p.r.Err() != nil {
		return cause
	}
	m.problem("FETCH", cause)
	return nil
}

// wanted returns the error for something missing here, and goes on.
func (p *parser) wanted(what string) error {
	p.r.Fail(what)
	err := p.r.Err()
	p.seek(p.r.Pos())
	return err
}

func (m *Message) problem(where string, err error) {
	m.Problems = append(m.Problems, Problem{Where: where, Err: err})
}

// first notes that an attribute came, and says whether it did so for the first
// time.
func (m *Message) first(a Attribute, name string) bool {
	if m.has&a != 0 {
		m.problem(name, errTwice(name))
		return false
	}
	m.has |= a
	return true
}

// isNil reads NIL, which says that there is no such attribute.
func (p *parser) isNil(m *Message, a Attribute, name string) bool {
	if !p.r.IsNil() {
		return false
	}
	m.noValue(a, name)
	return true
}

// noValue notes that an attribute was answered with NIL.
func (m *Message) noValue(a Attribute, name string) {
	if m.answered()&a != 0 {
		m.problem(name, errTwice(name))
	}
	m.nils |= a &^ m.has
}

func errTwice(name string) error {
	return &wire.SyntaxError{Want: "an attribute only once", Near: name}
}
