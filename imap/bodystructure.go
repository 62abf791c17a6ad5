package imap

import (
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// bodyRoot reads a whole BODY or BODYSTRUCTURE.
func (p *parser) bodyRoot() *BodyStructure {
	p.parts = 0
	return p.body()
}

// RFC 9051 §9, body. What stands behind the fields that are known is skipped.
func (p *parser) body() *BodyStructure {
	// Without a bound, "()()()…" would take a hundred times its size.
	if most := 10 * p.lim.Items; p.parts >= most {
		p.r.FailWith(&wire.LimitError{What: "number of body parts", Max: uint64(most)})
		return nil
	}
	p.parts++
	b := new(BodyStructure)
	p.r.Open()
	p.r.SkipSP()
	switch p.r.Peek() {
	case '(':
		p.bodyTypeMpart(b)
	case ')': // Domino, for a part it cannot read
	default:
		p.bodyTypeOnePart(b)
	}
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		p.r.Skip()
	}
	return b
}

// more says whether there is another field, and goes to it.
func (p *parser) more() bool {
	p.r.SkipSP()
	return !p.r.AtEnd() && p.r.Peek() != ')'
}

// RFC 9051 §9, body-type-mpart
func (p *parser) bodyTypeMpart(b *BodyStructure) {
	b.Type = "multipart"
	for p.r.Peek() == '(' {
		b.Parts = append(b.Parts, p.body())
		p.r.SkipSP()
	}
	if p.r.IsNil() { // Gmail: a part in place of which there is NIL, or no subtype
		if p.more() && p.r.Peek() == '"' {
			b.Parts = append(b.Parts, new(BodyStructure))
		}
	}
	if p.more() && p.r.Peek() != '(' {
		b.Subtype = p.nstring()
	}
	p.bodyExtMpart(b)
}

// RFC 9051 §9, body-ext-mpart, with the multipart's own parameters
func (p *parser) bodyExtMpart(b *BodyStructure) {
	if p.more() {
		b.Extended = true
		b.Params = p.bodyFldParam()
	}
	p.bodyExt(b)
}

// bodyExt reads the extension data that all kinds of part have in common.
func (p *parser) bodyExt(b *BodyStructure) {
	if p.more() {
		p.bodyFldDsp(b)
	}
	if p.more() {
		b.Language = p.bodyFldLang()
	}
	if p.more() {
		b.Location = p.nstring()
	}
}

// RFC 9051 §9, body-type-1part
func (p *parser) bodyTypeOnePart(b *BodyStructure) {
	b.Type = p.nstring()
	if p.childless(b.Type) {
		b.Type, b.Subtype = "multipart", b.Type
		p.bodyExtMpart(b)
		return
	}
	if p.more() && p.r.Peek() != '(' {
		b.Subtype = p.nstring()
	}
	if b.Type == "" && b.Subtype != "" && !p.more() { // Dovecot: (NIL "alternative")
		b.Type = "multipart"
		b.Parts = []*BodyStructure{{}}
		return
	}
	p.bodyFields(b)
	p.bodyOfType(b)
	p.bodyExtOnePart(b)
}

// childless says whether a lone first string is the subtype of a multipart
// without parts, ("ALTERNATIVE" (…) NIL NIL), as Gmail, Yandex, QQ and GMX send
// it for nested multiparts with the same boundary.
func (p *parser) childless(first string) bool {
	if p.r.Err() != nil || first == "" || p.more() && p.r.Peek() != '(' && !p.nilNext() {
		return false
	}
	switch strings.ToLower(first) {
	case "text", "image", "audio", "video", "application", "message", "multipart", "model", "font":
		return false
	}
	return true
}

// nilNext says whether NIL is next.
func (p *parser) nilNext() bool {
	at := p.r.Pos()
	is := p.r.IsNil()
	if is {
		p.seek(at)
	}
	return is
}

// RFC 9051 §9, body-fields
func (p *parser) bodyFields(b *BodyStructure) {
	if p.more() {
		b.Params = p.bodyFldParam()
	}
	if p.more() {
		b.ID = p.nstring()
	}
	if p.more() {
		b.Description = p.nstring()
	}
	if p.more() {
		b.Encoding = strings.TrimSpace(p.nstring())
	}
	if p.more() {
		b.Size = p.sloppyNumber()
	}
}

// bodyOfType reads what only some types have. A message/rfc822 without an
// envelope (Gmail, when it is in base64) is a basic part; other types have no
// line count, but some servers send one.
func (p *parser) bodyOfType(b *BodyStructure) {
	switch {
	case strings.EqualFold(b.Type, "text"):
		if p.more() && (p.numberNext() || p.nilNext()) {
			b.Lines = p.sloppyNumber()
		}
	case strings.EqualFold(b.Type, "message") && p.more() && p.r.Peek() == '(':
		b.Envelope = p.envelope()
		if p.more() && p.r.Peek() == '(' {
			b.Parts = []*BodyStructure{p.body()}
		} else if p.more() {
			p.r.IsNil()
		}
		if p.more() && p.numberNext() {
			b.Lines = p.sloppyNumber()
		}
	}
	for p.more() && p.numberNext() {
		p.r.Skip()
	}
}

// RFC 9051 §9, body-ext-1part. A list in place of the MD5 is the disposition.
func (p *parser) bodyExtOnePart(b *BodyStructure) {
	if p.more() {
		b.Extended = true
		if p.r.Peek() != '(' {
			b.MD5 = p.nstring()
		}
	}
	p.bodyExt(b)
}

// RFC 9051 §9, body-fld-param. Anything but a list is as good as NIL.
func (p *parser) bodyFldParam() []Param {
	if p.r.Peek() != '(' {
		return p.bareParam()
	}
	p.params = p.params[:0]
	p.r.Open()
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		param := Param{Name: p.nstring()}
		if p.more() {
			param.Value = p.nstring()
		}
		if param != (Param{}) {
			p.params = append(p.params, param)
		}
	}
	if len(p.params) == 0 || p.r.Err() != nil {
		return nil
	}
	return append(make([]Param, 0, len(p.params)), p.params...)
}

// bareParam reads one parameter that has no parentheses, or NIL.
func (p *parser) bareParam() []Param {
	name := p.nstring()
	if name == "" || !p.more() || p.r.Peek() != '"' {
		return nil
	}
	return []Param{{name, p.nstring()}}
}

// RFC 9051 §9, body-fld-dsp. Exchange sends "inline" without parentheses.
func (p *parser) bodyFldDsp(b *BodyStructure) {
	if p.numberNext() { // Gmail: a line count that belongs nowhere
		p.r.Skip()
		if !p.more() {
			return
		}
	}
	if p.r.Peek() != '(' {
		b.Disposition = p.nstring()
		return
	}
	p.r.Open()
	if p.more() {
		b.Disposition = p.nstring()
	}
	if p.more() {
		b.DispositionParams = p.bodyFldParam()
	}
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		p.r.Skip()
	}
}

// RFC 9051 §9, body-fld-lang
func (p *parser) bodyFldLang() (langs []string) {
	if p.r.Peek() != '(' {
		if lang := p.nstring(); lang != "" {
			langs = append(langs, lang)
		}
		return langs
	}
	p.r.List(func() {
		if lang := p.nstring(); lang != "" {
			langs = append(langs, lang)
		}
	})
	return langs
}

// numberNext says whether a number is next, be it negative.
func (p *parser) numberNext() bool {
	c := p.r.Peek()
	return isDigit(c) || c == '-' && isDigit(p.at(1))
}

// sloppyNumber reads a size or a line count, for which servers also send NIL,
// -1, "12" and 9.37e+06. What is no number that fits is 0.
func (p *parser) sloppyNumber() int64 {
	if p.r.Peek() == '(' {
		return 0
	}
	if isDigit(p.r.Peek()) {
		at := p.r.Pos()
		n := p.r.Number64()
		p.wordEnd()
		if p.r.Err() == nil {
			return int64(n)
		}
		p.seek(at)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(p.nstring()), 64)
	if err != nil || !(f >= 0 && f < 1<<63) {
		return 0
	}
	return int64(f)
}
