package imaptest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// textKey: the keys that look for a string, whatever its case.
func (s *searcher) textKey(name string) criterion {
	switch name {
	case "BCC", "CC", "FROM", "SUBJECT", "TO":
		return s.headerKey(name)
	case "HEADER":
		s.p.sp()
		return s.headerKey(s.p.astring())
	case "BODY", "TEXT":
		s.p.sp()
		want := s.str()
		return func(m *candidate) bool {
			if name == "TEXT" && contains(string(m.headerBytes()), want) {
				return true
			}
			if name == "TEXT" && contains(decodeHeader(string(m.headerBytes())), want) {
				return true
			}
			return parsePart(m.body.data, false, 0).contains(want)
		}
	}
	return nil
}

// headerKey looks into all fields of a name. An empty string finds every message
// that has the field.
func (s *searcher) headerKey(name string) criterion {
	s.p.sp()
	want := s.str()
	return func(m *candidate) bool {
		found := false
		eachField(m.headerBytes(), func(have string, raw []byte) bool {
			if strings.EqualFold(have, name) {
				value := unfold(raw[bytes.IndexByte(raw, ':')+1:])
				found = contains(value, want) || contains(decodeHeader(value), want)
			}
			return !found
		})
		return found
	}
}

// str reads a string in the charset of the command.
func (s *searcher) str() string {
	raw := []byte(s.p.astring())
	text := s.decode(raw)
	if !utf8.ValidString(text) {
		s.badText = true
	}
	return text
}

func (m *candidate) headerBytes() []byte {
	header, _ := splitHeader(m.body.data)
	return header
}

// sent returns the date of the Date field, zero if it has none.
func (m *candidate) sent() time.Time {
	t, err := mail.ParseDate(headerValue(m.headerBytes(), "Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// contains says whether text has want in it, whatever the case.
func contains(text, want string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(want))
}

// decodeHeader decodes encoded words, those it can.
func decodeHeader(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

// contains looks into the text of a part, decoded, and of those in it.
func (p *part) contains(want string) bool {
	for _, child := range p.children {
		if child.contains(want) {
			return true
		}
	}
	switch {
	case len(p.children) > 0:
		return contains(string(p.body), want)
	case p.message != nil:
		return contains(decodeHeader(string(p.message.header)), want) || p.message.contains(want)
	}
	return contains(string(p.body), want) || p.media.is("text") && contains(p.text(), want)
}

// text returns the part's text without its transfer encoding, as UTF-8.
func (p *part) text() string {
	var r io.Reader = bytes.NewReader(p.body)
	switch strings.ToLower(headerValue(p.header, "Content-Transfer-Encoding")) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	data, _ := io.ReadAll(r) // what could be decoded is good enough
	if strings.EqualFold(p.media.param("charset"), "iso-8859-1") {
		return latin1(data)
	}
	return string(data)
}

func latin1(data []byte) string {
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
	}
	return string(runes)
}
