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
	if !p.utf8 {
		return name
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029
	}) {
		p.fail("a mailbox name has a control character")
		return ""
	}
	return encodeUTF7(name)
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
	return c.can("IMAP4rev2") && !slices.ContainsFunc(rev2Implies, func(name string) bool {
		return !c.can(name)
	}) && slices.Contains(sessionCapabilities, "SEARCHRES")
}
