package imap

import (
	"bytes"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9051 §9, resp-text
func (p *parser) respText(resp *response, b []byte) {
	if name, data, text, ok := cutCode(b); ok {
		resp.code = p.respTextCode(name, data)
		b = text
	}
	resp.text = string(b)
}

// strayCode parses a status response that lacks its beginning, as Exchange
// and home.pl send them: "[COPYUID 1 2 3] text", "* [COPYUID 1 2 3] text".
func (p *parser) strayCode(resp *response) error {
	b := p.b[p.r.Pos():]
	if name, _, _, ok := cutCode(b); ok && typedCode(Code(keyword(name))) {
		resp.kind, resp.status, resp.name = kindUntagged, StatusOK, "OK"
		p.respText(resp, b)
		return nil
	}
	p.r.Fail("a response")
	return p.r.Err()
}

// cutCode splits "[NAME data] text". ok is false if b does not begin with a
// response code; then all of it is text, as in Exchange's
// `[Error="…" Service=Imap4] AUTHENTICATE completed.`
func cutCode(b []byte) (name, data, text []byte, ok bool) {
	if len(b) == 0 || b[0] != '[' {
		return nil, nil, nil, false
	}
	end := codeEnd(b)
	if end < 0 {
		return nil, nil, nil, false
	}
	name, data, _ = bytes.Cut(b[1:end], []byte(" "))
	if len(name) == 0 || !bytes.ContainsFunc(name, isLetter) || bytes.ContainsAny(name, "()[]{}%*\"\\\r\n") {
		return nil, nil, nil, false
	}
	return name, data, bytes.TrimPrefix(b[end+1:], []byte(" ")), true
}

func isLetter(c rune) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// codeEnd finds the bracket that closes the code at the beginning of b, or -1.
// One inside quotes, parentheses or a literal does not; if that leaves none,
// because a quote or a parenthesis is never closed, the first one does.
func codeEnd(b []byte) int {
	parens := 0
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case ']':
			if parens == 0 {
				return i
			}
		case '(':
			parens++
		case ')':
			parens = max(parens-1, 0)
		case '"':
			n := quotedLen(b[i:])
			if n == 0 {
				return bytes.IndexByte(b, ']')
			}
			i += n
		case '{':
			i += literalLen(b[i:])
		}
	}
	return bytes.IndexByte(b, ']')
}

// quotedLen is how many bytes behind the first belong to the quoted string at
// the beginning of b; 0 if it is never closed.
func quotedLen(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return 0
}

// literalLen is the same for a literal. BADCHARSET is the one code that can
// have one.
func literalLen(b []byte) int {
	n, i := 0, 1
	for ; i < len(b) && isDigit(b[i]) && n < len(b); i++ {
		n = n*10 + int(b[i]-'0')
	}
	for _, want := range "}\r\n" {
		if i < len(b) && b[i] == byte(want) {
			i++
		} else if want != '\r' {
			return 0
		}
	}
	if n > len(b)-i {
		return 0
	}
	return i + n - 1
}

// typedCode says whether ResponseCode has fields for what a code says.
func typedCode(c Code) bool {
	switch c {
	case CodeUIDNext, CodeUIDValidity, CodeUnseen, CodeHighestModSeq, CodePermanentFlags,
		CodeCapability, CodeBadCharset, CodeAppendUID, CodeCopyUID, CodeModified, CodeMessageLimit, CodeURLMech, CodeMailboxID, CodeInProgress:
		return true
	}
	return false
}

// RFC 9051 §9, resp-text-code
func (p *parser) respTextCode(name, data []byte) *ResponseCode {
	c := &ResponseCode{Code: Code(keyword(name)), Data: string(data)}
	p.read(data)
	switch c.Code {
	case CodeUIDNext, CodeUIDValidity, CodeUnseen:
		p.r.SkipSP()
		c.Number = uint64(p.r.NZNumber())
	case CodeHighestModSeq:
		p.r.SkipSP()
		c.Number = p.nzNumber64()
	case CodePermanentFlags:
		c.Flags = p.flagList(10 * p.lim.Flags)
	case CodeCapability:
		c.Capabilities = p.capabilityData()
	case CodeBadCharset:
		c.Charsets = p.charsets()
	case CodeAppendUID:
		c.UIDValidity = p.uidValidity()
		c.appended = p.uidSet()
		c.Dest = UIDSet{c.appended.set()}
	case CodeCopyUID:
		p.copyUID(c)
	case CodeModified: // RFC 7162 §7, resp-text-code
		p.r.SkipSP()
		c.Modified = UIDSet{p.numSet()}
	case CodeMailboxID:
		p.r.SkipSP()
		c.MailboxID = p.mailboxID()
	case CodeMessageLimit:
		p.messageLimit(c)
	case CodeInProgress:
		p.inProgress(c)
	case CodeURLMech:
		c.URLMechs = p.urlMechs()
	default:
		return c
	}
	p.r.End()
	if c.Problem = p.r.Err(); c.Problem != nil {
		*c = ResponseCode{Code: c.Code, Data: c.Data, Problem: c.Problem}
	}
	return c
}

// nzNumber64 reads a mod-sequence (RFC 7162 §7).
func (p *parser) nzNumber64() uint64 {
	start := p.r.Pos()
	n := p.r.Number64()
	if n == 0 && p.r.Err() == nil {
		p.seek(start)
		p.r.Fail("a number that is not zero")
	}
	return n
}

// charsets reads the charsets that a server offers instead; some leave the
// parentheses out, many have none to offer.
func (p *parser) charsets() (names []string) {
	p.r.SkipSP()
	if p.r.Peek() == '(' {
		p.r.List(func() { names = append(names, p.r.AString()) })
		return names
	}
	for !p.r.AtEnd() {
		names = append(names, p.r.AString())
		p.r.SkipSP()
	}
	return names
}

// RFC 9051 §9, resp-code-apnd and resp-code-copy
func (p *parser) uidValidity() uint32 {
	p.r.SkipSP()
	n := p.r.NZNumber()
	p.r.SP()
	return n
}

func (p *parser) copyUID(c *ResponseCode) {
	c.UIDValidity = p.uidValidity()
	source := p.uidSet()
	p.r.SP()
	dest := p.uidSet()
	if p.r.Err() != nil {
		return
	}
	var ok bool
	if c.Copied, ok = pairUIDs(source, dest); !ok {
		p.r.FailWith(&wire.SyntaxError{Offset: p.r.Pos(), Want: "two sets of UIDs that pair up", Near: clip(c.Data)})
		return
	}
	c.Source, c.Dest = UIDSet{source.set()}, UIDSet{dest.set()}
}

// clip cuts text of the server for an error.
func clip(s string) string { return s[:min(len(s), 40)] }
