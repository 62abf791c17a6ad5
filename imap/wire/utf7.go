package wire

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mailboxBase64 is the alphabet of modified UTF-7 (RFC 3501 §5.1.3).
var mailboxBase64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding)

// EncodeMailbox returns a mailbox name in modified UTF-7. Bytes that are not
// UTF-8 are encoded as U+FFFD.
func EncodeMailbox(name string) string {
	if plainMailbox(name) {
		return name
	}
	var out strings.Builder
	var run []byte // UTF-16, big endian
	flush := func() {
		if len(run) > 0 {
			out.WriteByte('&')
			out.WriteString(mailboxBase64.EncodeToString(run))
			out.WriteByte('-')
			run = run[:0]
		}
	}
	for _, c := range name {
		switch {
		case c == '&':
			flush()
			out.WriteString("&-")
		case c >= 0x20 && c < 0x7f:
			flush()
			out.WriteByte(byte(c))
		default:
			for _, u := range utf16.AppendRune(nil, c) {
				run = append(run, byte(u>>8), byte(u))
			}
		}
	}
	flush()
	return out.String()
}

func plainMailbox(name string) bool {
	for i := range len(name) {
		if name[i] < 0x20 || name[i] >= 0x7f || name[i] == '&' {
			return false
		}
	}
	return true
}

// DecodeMailbox returns the name that modified UTF-7 stands for. ok is false,
// and the name is raw itself, if raw is not modified UTF-7: broken base64, a
// lone surrogate, a NUL. Names that a strict encoder would have written
// otherwise (ASCII inside base64, "&AGE-&AGI-") and names in plain UTF-8 are
// decoded all the same; whoever sends one back must send raw, because two
// mailboxes may decode to one name.
func DecodeMailbox(raw string) (name string, ok bool) {
	if plainMailbox(raw) {
		return raw, true
	}
	var out strings.Builder
	whole := raw
	for len(raw) > 0 {
		i := strings.IndexByte(raw, '&')
		if i < 0 {
			i = len(raw)
		}
		out.WriteString(raw[:i])
		if raw = raw[i:]; raw == "" {
			break
		}
		end := strings.IndexByte(raw, '-')
		if end < 0 || end > 1 && !decodeRun(&out, raw[1:end]) {
			return whole, false
		}
		if end == 1 {
			out.WriteByte('&')
		}
		raw = raw[end+1:]
	}
	if name = out.String(); !valid(name) {
		return whole, false
	}
	return name, true
}

// decodeRun decodes one run of base64. It fails without having written.
func decodeRun(out *strings.Builder, run string) bool {
	if strings.ContainsAny(run, "\r\n") { // which base64 would read over
		return false
	}
	b, err := mailboxBase64.DecodeString(run)
	if err != nil || len(b)%2 != 0 || len(b) == 0 {
		return false
	}
	text := make([]byte, 0, len(b)*3/2)
	for i := 0; i < len(b); i += 2 {
		c := rune(b[i])<<8 | rune(b[i+1])
		if utf16.IsSurrogate(c) {
			if i+3 >= len(b) {
				return false
			}
			if c = utf16.DecodeRune(c, rune(b[i+2])<<8|rune(b[i+3])); c == utf8.RuneError {
				return false
			}
			i += 2
		}
		if c == 0 {
			return false
		}
		text = utf8.AppendRune(text, c)
	}
	out.Write(text)
	return true
}
