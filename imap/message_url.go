package imap

import (
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// MessageURL names a message, or a part of one, by an IMAP URL (RFC 5092), for
// Catenate and GenURLAuth. All that is zero is left out.
type MessageURL struct {
	// User and Host make the URL an absolute one, which GenURLAuth wants:
	// "imap://user@host/". Host may have a port behind a colon. Without Host
	// the URL is relative to the server.
	User, Host  string
	Mailbox     string
	UIDValidity uint32
	UID         UID
	// Section says which part; of Section only Part, Kind and Fields count.
	Section Section
	// Offset and Count are a range of it in bytes; Count 0: to the end. It
	// needs URL-PARTIAL (RFC 5550 §5.4) where the URL is used.
	Offset, Count int64
	// Access says who may use a URL that GenURLAuth authorizes, such as
	// "anonymous", "user+fred" or "submit+fred" (RFC 4467 §3).
	Access string
	// Expire is until when, of such a URL, as RFC 3339 writes it; "": for ever.
	Expire string
}

// String writes the URL: "/INBOX;UIDVALIDITY=785799047/;UID=113330;SECTION=1.2".
// What a URL cannot hold is percent-encoded, of a mailbox name its UTF-8
// (RFC 5092 §8).
func (u MessageURL) String() string {
	var b strings.Builder
	if u.Host != "" {
		b.WriteString("imap://")
		if u.User != "" {
			b.WriteString(escapeURL(u.User, "&="))
			b.WriteByte('@')
		}
		b.WriteString(escapeURL(u.Host, ":[]"))
	}
	b.WriteByte('/')
	b.WriteString(escapeURL(canonicalName(u.Mailbox), "&=:@/"))
	if u.UIDValidity != 0 {
		b.WriteString(";UIDVALIDITY=" + strconv.FormatUint(uint64(u.UIDValidity), 10))
	}
	if u.UID != 0 {
		b.WriteString("/;UID=" + strconv.FormatUint(uint64(u.UID), 10))
	}
	if s := u.sectionText(); s != "" {
		b.WriteString("/;SECTION=" + escapeURL(s, "&=:@/"))
	}
	if u.Offset > 0 || u.Count > 0 {
		b.WriteString("/;PARTIAL=" + strconv.FormatInt(u.Offset, 10))
		if u.Count > 0 {
			b.WriteString("." + strconv.FormatInt(u.Count, 10))
		}
	}
	if u.Expire != "" {
		b.WriteString(";EXPIRE=" + escapeURL(u.Expire, ":"))
	}
	if u.Access != "" {
		b.WriteString(";URLAUTH=" + escapeURL(u.Access, ""))
	}
	return b.String()
}

// sectionText is the section as it stands between brackets.
func (u MessageURL) sectionText() string {
	s := Section{Part: u.Section.Part, Kind: u.Section.Kind, Fields: u.Section.Fields}.String()
	return strings.TrimSuffix(strings.TrimPrefix(s, "BODY["), "]")
}

// escapeURL percent-encodes what is neither unreserved, a sub-delimiter that
// RFC 5092 §11 lets stand (achar), nor in keep.
func escapeURL(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isLetter(rune(c)) || isDigit(c) || strings.IndexByte("-._~!$'()*+,", c) >= 0 || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// validURL says why a URL cannot be one: URLs are of printable US-ASCII.
func validURL(s string) error {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return &wire.ArgumentError{Kind: "URL", Value: clip(s), Reason: "spaces, controls and 8 bit bytes must be percent-encoded"}
		}
	}
	if s == "" {
		return &wire.ArgumentError{Kind: "URL", Reason: "it is empty"}
	}
	return nil
}
