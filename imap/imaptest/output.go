package imaptest

import (
	"strconv"
	"strings"
)

func appendUint(dst []byte, n uint32) []byte { return strconv.AppendUint(dst, uint64(n), 10) }

// appendAstring writes s as an atom if it can be one, else as a string.
func appendAstring(dst []byte, s string) []byte {
	if s == "" || strings.EqualFold(s, "NIL") {
		return appendString(dst, s)
	}
	for i := 0; i < len(s); i++ {
		if !isAtomChar(s[i]) {
			return appendString(dst, s)
		}
	}
	return append(dst, s...)
}

// appendString writes s quoted, or as a literal when it cannot be quoted.
func appendString(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c == '\r' || c == '\n' || c == 0 {
			return appendLiteral(dst, []byte(s))
		}
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// appendNstring is appendString with NIL for an empty string.
func appendNstring(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "NIL"...)
	}
	return appendString(dst, s)
}

func appendLiteral(dst, data []byte) []byte {
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, int64(len(data)), 10)
	dst = append(dst, "}\r\n"...)
	return append(dst, data...)
}
