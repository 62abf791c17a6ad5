package sasl

import (
	"encoding/base64"
	"errors"
	"strings"
)

// serverFirst is server-first-message.
type serverFirst struct {
	nonce      string
	salt       []byte
	iterations int
}

// RFC 5802 §7, server-first-message. Extensions behind it mean nothing here;
// one in front must be understood, and none is.
func parseServerFirst(s string) (m serverFirst, err error) {
	if strings.HasPrefix(s, "m=") {
		return m, errors.New("the server asks for an extension that is not known here")
	}
	nonce, s, okNonce := cutAttribute(s, "r=")
	salt, s, okSalt := cutAttribute(s, "s=")
	count, _, okCount := cutAttribute(s, "i=")
	if !okNonce || !okSalt || !okCount {
		return m, errors.New("the server's first message is not nonce, salt and iteration count")
	}
	m.nonce = nonce
	if m.salt, err = base64.StdEncoding.DecodeString(salt); err != nil || len(m.salt) == 0 {
		return m, errors.New("the server's salt is not base64")
	}
	if m.iterations = positive(count); m.iterations == 0 {
		return m, errors.New("the server's iteration count is no number, or too large")
	}
	return m, nil
}

// cutAttribute takes an attribute from the front.
func cutAttribute(s, name string) (value, rest string, ok bool) {
	value, rest, _ = strings.Cut(s, ",")
	value, ok = strings.CutPrefix(value, name)
	return value, rest, ok && value != ""
}

// RFC 5802 §7, posit-number; 0 for what is none, or is more than nine digits.
func positive(s string) (n int) {
	if len(s) > 9 || s[0] == '0' {
		return 0
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
