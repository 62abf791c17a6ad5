package imaptest

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf16"
)

// canonicalName gives INBOX its one spelling. RFC 3501 §5.1.
func canonicalName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// checkName says why a mailbox of that name cannot be made, or nil.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > 1000:
		return errors.New("the name is too long")
	case strings.HasPrefix(name, "/"), strings.Contains(name, "//"):
		return errors.New("the name has an empty part")
	case strings.ContainsAny(name, "*%"):
		return errors.New("the name has a wildcard")
	}
	return checkUTF7(name)
}

// checkUTF7 says why a name is not modified UTF-7, or nil. RFC 3501 §5.1.3.
func checkUTF7(name string) error {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c < ' ' || c > '~' {
			return errors.New("the name is not in modified UTF-7: it has a byte that is not ASCII")
		}
		if c != '&' {
			continue
		}
		end := strings.IndexByte(name[i:], '-')
		if end < 0 {
			return errors.New("the name is not in modified UTF-7: & without its -")
		}
		if err := checkShift(name[i+1 : i+end]); err != nil {
			return err
		}
		if end > 1 && strings.HasPrefix(name[i+end+1:], "&") && !strings.HasPrefix(name[i+end+1:], "&-") {
			return errors.New("the name is not in modified UTF-7: two shifts in a row")
		}
		i += end
	}
	return nil
}

// checkShift checks what stands between & and -.
func checkShift(text string) error {
	if text == "" {
		return nil // &- is &
	}
	enc := base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,")
	data, err := enc.WithPadding(base64.NoPadding).Strict().DecodeString(text)
	if err != nil || len(data)%2 != 0 {
		return errors.New("the name is not in modified UTF-7: bad base64")
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
	}
	for _, r := range utf16.Decode(units) {
		switch {
		case r == '�':
			return errors.New("the name is not in modified UTF-7: half a surrogate pair")
		case r >= ' ' && r <= '~':
			return errors.New("the name is not in modified UTF-7: ASCII inside a shift")
		}
	}
	return nil
}

// matchName says whether a name matches a pattern of LIST, in time that does not
// explode. RFC 3501 §6.3.8.
func matchName(pattern, name string) bool {
	at := make([]bool, len(name)+1) // at[i]: the pattern so far matches name[:i]
	at[0] = true
	for _, p := range []byte(pattern) {
		if p == '*' || p == '%' {
			for i := range len(name) {
				at[i+1] = at[i+1] || at[i] && (p == '*' || name[i] != '/')
			}
			continue
		}
		for i := len(name); i > 0; i-- {
			at[i] = at[i-1] && name[i-1] == p
		}
		at[0] = false
	}
	return at[len(name)]
}

// canonicalPattern gives INBOX its one spelling at the start of a pattern.
func canonicalPattern(pattern string) string {
	const inbox = len("INBOX")
	if len(pattern) >= inbox && strings.EqualFold(pattern[:inbox], "INBOX") {
		if rest := pattern[inbox:]; rest == "" || rest[0] == '*' || rest[0] == '%' {
			return "INBOX" + rest
		}
	}
	return pattern
}
