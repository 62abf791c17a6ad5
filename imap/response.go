package imap

import (
	"bytes"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// parser turns framed responses into values. It keeps what one response needs
// while that is parsed, and nothing of it afterwards. One goroutine owns it.
type parser struct {
	lim wire.Limits
	// utf8 says that mailbox names come as UTF-8: IMAP4rev2 or UTF8=ACCEPT is
	// enabled.
	utf8 bool
	// asIs says that mailbox names are not to be decoded: Options.RawNames.
	asIs bool

	b     []byte // what r reads
	r     wire.Reader
	items int  // attributes of the present FETCH so far
	parts int  // parts of the present body structure so far
	loose bool // quotes inside quoted strings are not escaped
	again int  // how often something was read again, loosely

	zones    map[int]*time.Location // by offset, of INTERNALDATE
	keywords map[string]Flag        // flags seen before, as they are spelled

	flags  []Flag // scratch, like the following
	addrs  []Address
	params []Param
}

func newParser(lim wire.Limits) *parser { return &parser{lim: lim.WithDefaults()} }

// parseResponse parses a response. One that nobody knows is of kindUnknown,
// without an error. One that does not parse is of kindUnknown too, with its
// name, tag and number as far as they are known, and the error is a
// *[wire.SyntaxError] or *[wire.LimitError].
//
// If wr has a pending literal, the result's pending says what it is; without
// one (an error, a literal where none belongs) it can only be skipped.
func (p *parser) parseResponse(wr *wire.Response) (*response, error) {
	p.read(wr.Bytes)
	p.items, p.again = 0, 0
	defer p.release()
	resp := new(response)
	err := p.response(resp, wr)
	if err != nil {
		*resp = response{name: resp.name, tag: resp.tag, num: resp.num}
	}
	if resp.kind == kindUnknown {
		resp.raw = bytes.Clone(wr.Bytes)
		if err == nil && wr.Pending >= 0 {
			resp.pending = &pendingBody{size: wr.Pending, collect: true}
		}
	}
	return resp, err
}

// read makes b what p.r reads.
func (p *parser) read(b []byte) { p.b, p.r = b, wire.NewReader(b, &p.lim) }

// release lets go of the response.
func (p *parser) release() {
	p.read(nil)
	clear(p.addrs[:cap(p.addrs)])
	clear(p.params[:cap(p.params)])
	clear(p.flags[:cap(p.flags)])
	const enough = 128
	if cap(p.addrs) > enough || cap(p.params) > enough || cap(p.flags) > enough {
		p.addrs, p.params, p.flags = nil, nil, nil
	}
}

// seek goes back (or on) to an offset of the response.
func (p *parser) seek(pos int) { p.r.Recover(pos, p.r.Depth()) }

// at returns the byte that is n behind the next, 0 beyond the end.
func (p *parser) at(n int) byte {
	if i := p.r.Pos() + n; i < len(p.b) {
		return p.b[i]
	}
	return 0
}

// RFC 9051 §9, response
func (p *parser) response(resp *response, wr *wire.Response) error {
	// NULs before a response are padding that some servers leave.
	for !p.r.AtEnd() && p.r.Peek() == 0 {
		p.seek(p.r.Pos() + 1)
	}
	switch c := p.r.Peek(); {
	case c == '+':
		return p.continueReq(resp, wr)
	case c == '[':
		return p.strayCode(resp)
	case c == '*' && p.at(1) == ' ':
		p.seek(p.r.Pos() + 2)
		return p.responseData(resp, wr)
	}
	return p.responseTagged(resp)
}

// RFC 9051 §9, continue-req
func (p *parser) continueReq(resp *response, wr *wire.Response) error {
	p.r.Expect('+')
	if !p.r.Take(' ') && !p.r.AtEnd() {
		p.r.Fail("a space")
		return p.r.Err()
	}
	if wr.Truncated {
		return p.truncated(wr)
	}
	resp.kind, resp.text = kindContinue, string(p.r.Rest())
	return nil
}

// RFC 9051 §9, response-tagged
func (p *parser) responseTagged(resp *response) error {
	start := p.r.Pos()
	tag, rest, _ := bytes.Cut(p.b[start:], []byte(" "))
	for i, c := range tag {
		if !tagChar(c) {
			p.seek(start + i)
			p.r.Fail("a tag")
			return p.r.Err()
		}
	}
	if len(tag) == 0 {
		p.r.Fail("a tag")
		return p.r.Err()
	}
	if len(tag) > p.lim.Tag {
		return &wire.LimitError{What: "tag", Size: uint64(len(tag)), Max: uint64(p.lim.Tag)}
	}
	resp.tag = string(tag)
	word, text, _ := bytes.Cut(rest, []byte(" "))
	resp.name = keyword(word)
	switch status := Status(resp.name); status {
	case StatusOK, StatusNo, StatusBad:
		resp.kind, resp.status = kindTagged, status
		p.respText(resp, text)
		return nil
	}
	p.seek(min(start+len(tag)+1, len(p.b)))
	p.r.Fail("OK, NO or BAD")
	return p.r.Err()
}

// tagChar says whether a tag may hold c (RFC 9051 §9, tag).
func tagChar(c byte) bool {
	return c > ' ' && c < 0x7f && bytes.IndexByte([]byte(`(){%*"\+`), c) < 0
}

// keyword returns b in upper case, cut to what a keyword may reasonably be.
func keyword(b []byte) string { return string(bytes.ToUpper(b[:min(len(b), 64)])) }

// RFC 9051 §9, response-data
func (p *parser) responseData(resp *response, wr *wire.Response) error {
	switch c := p.r.Peek(); {
	case c == '[':
		return p.strayCode(resp)
	case c == ' ' && p.spacesThenDigit():
		// GroupWise and others: "*  22279 EXISTS".
		p.r.SkipSP()
		return p.messageData(resp, wr)
	case isDigit(c):
		return p.messageData(resp, wr)
	}
	name := p.r.Name()
	if err := p.r.Err(); err != nil {
		return err
	}
	switch string(name) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		resp.name = string(name)
		resp.kind, resp.status = kindUntagged, Status(resp.name)
		p.r.Take(' ')
		p.respText(resp, p.r.Rest())
		return nil
	}
	kind, parse := dataParser(string(name))
	resp.name = keyword(name)
	switch {
	case wr.Truncated:
		return p.truncated(wr)
	case parse == nil:
		return nil
	case wr.Pending >= 0:
		return p.tooLarge(wr)
	}
	if parse(p, resp); p.r.Err() == nil {
		p.r.End()
	}
	resp.kind = kind
	return p.r.Err()
}

// RFC 9051 §9, message-data and mailbox-data that begins with a number
func (p *parser) messageData(resp *response, wr *wire.Response) error {
	n := p.r.Number()
	err := p.r.Err()
	if err != nil {
		p.seek(p.r.Pos())
		p.r.AtomBytes()
	}
	p.r.SP()
	name := p.r.Name()
	if p.r.Err() != nil {
		return p.r.Err()
	}
	resp.num, resp.name = n, numberedName(name)
	if err != nil {
		return err // the number is too large
	}
	if wr.Truncated {
		return p.truncated(wr)
	}
	switch resp.name {
	case "FETCH":
		return p.fetchResponse(resp, &Message{Seq: n}, n, wr)
	case "UIDFETCH": // RFC 9586 §3.3
		return p.fetchResponse(resp, &Message{UID: UID(n), has: HasUID}, n, wr)
	case "EXISTS":
		resp.kind = kindExists
	case "RECENT":
		resp.kind = kindRecent
	case "EXPUNGE":
		resp.kind = kindExpunge
		p.notZero(n)
	default:
		return nil
	}
	if wr.Pending >= 0 {
		return p.tooLarge(wr)
	}
	p.r.End()
	return p.r.Err()
}

// wire is the response as it stood on the wire, a copy.
func (r *response) wire() []byte {
	if r.raw != nil {
		return r.raw
	}
	return bytes.Clone(r.bytes)
}

// numberedName is keyword for the names that come with every message, without
// an allocation.
func numberedName(name []byte) string {
	switch string(name) {
	case "FETCH":
		return "FETCH"
	case "UIDFETCH":
		return "UIDFETCH"
	case "EXISTS":
		return "EXISTS"
	case "EXPUNGE":
		return "EXPUNGE"
	}
	return keyword(name)
}

func (p *parser) notZero(n uint32) {
	if n == 0 {
		p.r.FailWith(&wire.SyntaxError{Want: "a number that is not zero", Near: "0"})
	}
}

func (p *parser) spacesThenDigit() bool {
	n := 0
	for p.at(n) == ' ' {
		n++
	}
	return isDigit(p.at(n))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// truncated is the error for a response that is only there in part.
func (p *parser) truncated(wr *wire.Response) error {
	return &wire.LimitError{What: "response", Max: uint64(len(wr.Bytes))}
}

// tooLarge is the error for a literal larger than any that belongs where it is.
func (p *parser) tooLarge(wr *wire.Response) error {
	return &wire.LimitError{What: "literal", Size: uint64(wr.Pending), Max: uint64(p.lim.Inline)}
}
