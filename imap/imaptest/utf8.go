package imaptest

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// rev2Implies are the capabilities that IMAP4rev2 stands for (RFC 9051 Appendix
// E): it is offered where none of them is missing.
var rev2Implies = []string{
	"BINARY", "CHILDREN", "ENABLE", "ESEARCH", "IDLE", "LIST-EXTENDED", "LIST-STATUS", "LITERAL+", "MOVE", "NAMESPACE",
	"SASL-IR", "SEARCHRES", "SPECIAL-USE", "STATUS=SIZE", "UIDPLUS", "UNSELECT",
}

// rev2 says whether the client has enabled IMAP4rev2.
func (c *conn) rev2() bool { return c.enabled["IMAP4REV2"] }

// speaksUTF8 says whether names and quoted strings are UTF-8 now. RFC 9051 §5.1,
// RFC 9755 §3.
func (c *conn) speaksUTF8() bool { return c.rev2() || c.enabled["UTF8=ACCEPT"] }

// takesUTF8 says whether quoted strings of the client may be UTF-8: also before
// it has enabled anything (RFC 9755 §3), which go-imap relies on.
func (c *conn) takesUTF8() bool {
	return c.user.Load() != nil && (c.can("UTF8=ACCEPT") || c.canRev2())
}

// mailbox reads a mailbox name. Within the server names are in modified UTF-7,
// whatever the client speaks.
func (p *parser) mailbox() string { return canonicalName(p.encoded(p.astring())) }

// matchName says whether a mailbox's name, as the client reads it, matches a
// pattern.
func (c *conn) matchName(pattern, name string) bool {
	if c.speaksUTF8() {
		name = decodeUTF7(name)
	}
	return matchName(pattern, name)
}

// encoded is a name as it is within the server.
func (p *parser) encoded(name string) string {
	if p.quotes8 && strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029
	}) {
		p.fail("a mailbox name has a control character")
		return ""
	}
	switch {
	case p.utf8:
		return encodeUTF7(name)
	case p.quotes8:
		return encodeWide(name)
	}
	return name
}

// encodeWide encodes what is not ASCII in a name whose & are encoded already.
func encodeWide(name string) string {
	var b strings.Builder
	for name != "" {
		n := strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 })
		if n < 0 {
			n = len(name)
		}
		b.WriteString(name[:n])
		name = name[n:]
		if n = strings.IndexFunc(name, func(r rune) bool { return r < 0x80 }); n < 0 {
			n = len(name)
		}
		b.WriteString(encodeUTF7(name[:n]))
		name = name[n:]
	}
	return b.String()
}

// pattern is a pattern, or a reference, as matchName wants it.
func (p *parser) pattern(text string) string {
	if p.utf8 || !p.quotes8 {
		return text
	}
	return encodeWide(text)
}

// appendName writes a mailbox name as the client reads it.
func (c *conn) appendName(dst []byte, name string) []byte {
	if !c.speaksUTF8() {
		return appendAstring(dst, name)
	}
	text := decodeUTF7(name)
	if !slices.ContainsFunc([]byte(text), func(b byte) bool { return b >= 0x80 }) {
		return appendAstring(dst, text)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)...)
	return append(dst, '"')
}

// decodeUTF7 undoes encodeUTF7. What is not modified UTF-7 stays as it is.
func decodeUTF7(name string) string {
	var b strings.Builder
	rest := name
	for {
		plain, shifted, found := strings.Cut(rest, "&")
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		code, after, ended := strings.Cut(shifted, "-")
		data, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(code, ",", "/"))
		if !ended || err != nil || len(data)%2 != 0 {
			return name
		}
		if code == "" {
			b.WriteByte('&')
		}
		var units []uint16
		for i := 0; i < len(data); i += 2 {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		}
		for _, r := range utf16.Decode(units) {
			b.WriteString(string(utf8.AppendRune(nil, r)))
		}
		rest = after
	}
}

// canRev2 says whether IMAP4rev2 is offered.
func (c *conn) canRev2() bool {
	return c.can("IMAP4REV2") && !slices.ContainsFunc(rev2Implies, func(name string) bool {
		return !c.can(name)
	}) && slices.Contains(sessionCapabilities, "SEARCHRES")
}
