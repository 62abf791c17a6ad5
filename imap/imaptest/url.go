package imaptest

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// messageURL is an IMAP URL of a message or a part of one. RFC 5092 §11, RFC 4467
// §3.
type messageURL struct {
	absolute    bool
	user        string
	mailbox     string // as it is stored: in modified UTF-7
	uidValidity uint32 // 0: any
	uid         uint32
	section     section
	partial     bool
	offset      uint32
	count       uint32

	rump      string // the URL up to the access, for who signs it
	access    string
	expire    time.Time // zero: never
	mechanism string    // behind the rump, if it is signed
	token     string
}

var errURL = errors.New("not the URL of a message")

// parseURL is strict: what it does not know is an error.
func parseURL(text string) (u messageURL, err error) {
	rest := text
	if head, auth, found := cutFold(rest, ";URLAUTH="); found {
		rest = head
		access, signed, _ := strings.Cut(auth, ":")
		u.access, u.rump = access, text[:len(head)+len(";URLAUTH=")+len(access)]
		u.mechanism, u.token, _ = strings.Cut(signed, ":")
		if u.access == "" {
			return u, errURL
		}
	}
	if head, expire, found := cutFold(rest, ";EXPIRE="); found {
		rest = head
		if u.expire, err = time.Parse(time.RFC3339, expire); err != nil {
			return u, errURL
		}
	}
	if len(rest) > 7 && strings.EqualFold(rest[:7], "imap://") {
		u.absolute = true
		authority, path, found := strings.Cut(rest[7:], "/")
		user, _, named := strings.Cut(authority, "@")
		if u.user, err = unescapeURL(user); err != nil || !found || !named {
			return u, errURL
		}
		rest = "/" + path
	}
	return u, u.parsePath(rest)
}

// parsePath reads /mailbox;UIDVALIDITY=n/;UID=n/;SECTION=s/;PARTIAL=a.b.
func (u *messageURL) parsePath(path string) error {
	name, rest, found := cutFold(path, "/;UID=")
	if !found || !strings.HasPrefix(name, "/") {
		return errURL
	}
	name, validity, has := cutFold(name[1:], ";UIDVALIDITY=")
	mailbox, err := unescapeURL(name)
	if err != nil || mailbox == "" || !utf8.ValidString(mailbox) {
		return errURL
	}
	u.mailbox = canonicalName(encodeUTF7(mailbox))
	ok := true
	number := func(s string) uint32 {
		n, err := strconv.ParseUint(s, 10, 32)
		ok = ok && err == nil
		return uint32(n)
	}
	if has {
		u.uidValidity = number(validity)
		ok = ok && u.uidValidity != 0
	}
	if head, partial, found := cutFold(rest, "/;PARTIAL="); found {
		rest = head
		offset, count, some := strings.Cut(partial, ".")
		u.partial, u.offset, u.count = true, number(offset), 1<<32-1
		if some {
			u.count = number(count)
			ok = ok && u.count != 0
		}
	}
	uid, text, found := cutFold(rest, "/;SECTION=")
	if u.uid = number(uid); !ok || u.uid == 0 {
		return errURL
	}
	if !found {
		return nil
	}
	text, err = unescapeURL(text)
	p := parser{lines: []cmdLine{{text: []byte(text)}}}
	if u.section = p.section(); err != nil || text == "" || !p.end() {
		return errURL
	}
	return nil
}

// find returns the message among those of the user, whose mutex is held, or nil.
func (u *messageURL) find(owner *User) *message {
	b := owner.selectable(u.mailbox)
	if b == nil || u.uidValidity != 0 && u.uidValidity != b.uidValidity {
		return nil
	}
	return b.find(u.uid)
}

// item is the FETCH item with the range of the URL.
func (u *messageURL) item() fetchItem {
	return fetchItem{partial: u.partial, offset: u.offset, count: u.count}
}

// printableURL is a URL as a response code can hold it. RFC 4469 §5.
func printableURL(url string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == ']' {
			return -1
		}
		return r
	}, url)
}

// cutFold is strings.Cut without regard to case; sep is in upper case.
func cutFold(s, sep string) (before, after string, found bool) {
	i := strings.Index(strings.ToUpper(s), sep)
	if i < 0 || len(strings.ToUpper(s)) != len(s) {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// unescapeURL decodes %XX.
func unescapeURL(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", errURL
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", errURL
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), nil
}

// encodeUTF7 writes a name in modified UTF-7. RFC 3501 §5.1.3.
func encodeUTF7(name string) string {
	var b strings.Builder
	var wide []rune
	flush := func() {
		if len(wide) == 0 {
			return
		}
		var data []byte
		for _, u := range utf16.Encode(wide) {
			data = append(data, byte(u>>8), byte(u))
		}
		b.WriteString("&" + strings.ReplaceAll(utf7Base64.EncodeToString(data), "/", ",") + "-")
		wide = nil
	}
	for _, r := range name {
		switch {
		case r == '&':
			flush()
			b.WriteString("&-")
		case r >= ' ' && r <= '~':
			flush()
			b.WriteRune(r)
		default:
			wide = append(wide, r)
		}
	}
	flush()
	return b.String()
}
