package imaptest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// FETCH items of extensions. Their values are worked out without the user's
// mutex; those that need it take it.

// extensionItem reads the item of an extension that the server offers.
func (p *parser) extensionItem(name string) (it fetchItem, known bool) {
	it = fetchItem{kind: fetchExtension, label: name, peek: true}
	switch {
	case name == "PREVIEW" && p.can("PREVIEW"):
		it.value = (*message).appendPreview
		if p.accept(' ') && p.previewModifiers() {
			return it, true
		}
	case name == "SAVEDATE" && p.can("SAVEDATE"):
		it.value = (*message).appendSaveDate
	case name == "EMAILID" && p.can("OBJECTID"):
		it.value = (*message).appendEmailID
	case name == "THREADID" && p.can("OBJECTID"):
		it.value = (*message).appendThreadID
	case name == "X-GM-MSGID" && p.can("X-GM-EXT-1"):
		it.value = (*message).appendGmailID
	case name == "X-GM-THRID" && p.can("X-GM-EXT-1"):
		it.value = (*message).appendGmailThread
	case name == "X-GM-LABELS" && p.can("X-GM-EXT-1"):
		it.value = (*message).appendLabels
	default:
		return it, false
	}
	return it, true
}

// previewModifiers reads (LAZY), which makes no difference here. RFC 8970 §4.1.
// A space that belongs to the next item is given back.
func (p *parser) previewModifiers() bool {
	if p.peek() != '(' {
		p.pos--
		return false
	}
	p.list(1, func() {
		if !p.keyword("LAZY") {
			p.fail("PREVIEW knows no modifier but LAZY")
		}
	})
	return true
}

// appendSaveDate: RFC 8514 §4.2.
func (m *message) appendSaveDate(_ *conn, dst []byte) []byte {
	return append(m.saved.AppendFormat(append(dst, '"'), dateTimeLayout), '"')
}

// appendEmailID: RFC 8474 §5.1.
func (m *message) appendEmailID(_ *conn, dst []byte) []byte {
	return fmt.Appendf(dst, "(%s)", m.body.emailID())
}

// appendThreadID: RFC 8474 §5.2.
func (m *message) appendThreadID(_ *conn, dst []byte) []byte {
	return fmt.Appendf(dst, "(%s)", m.body.threadID())
}

func (m *message) appendGmailID(_ *conn, dst []byte) []byte {
	return strconv.AppendUint(dst, m.body.gmailID(), 10)
}

func (m *message) appendGmailThread(_ *conn, dst []byte) []byte {
	return strconv.AppendUint(dst, number(m.body.thread()), 10)
}

// emailID is made of the message's text, so that copies have the same.
func (b *body) emailID() string {
	sum := sha256.Sum256(b.salted())
	return fmt.Sprintf("M%x", sum[:10])
}

func (b *body) threadID() string { return fmt.Sprintf("T%016x", number(b.thread())) }

func (b *body) gmailID() uint64 { return number(string(b.salted())) }

// salted is what identifiers are made of.
func (b *body) salted() []byte {
	if b.salt == 0 {
		return b.data
	}
	return strconv.AppendUint(slices.Clip(b.data), uint64(b.salt), 10)
}

// thread is the identifier of the message that began the thread.
func (b *body) thread() string {
	header, _ := splitHeader(b.data)
	for _, field := range []string{"References", "In-Reply-To", "Message-ID"} {
		if ids := strings.Fields(headerValue(header, field)); len(ids) > 0 {
			return ids[0]
		}
	}
	return string(b.data)
}

// number makes a number of 63 bits of a text.
func number(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:]) >> 1
}

// previewLength is how many characters a preview has at most. RFC 8970 §3.2.
const previewLength = 200

// appendPreview says the beginning of the first text. RFC 8970.
func (m *message) appendPreview(_ *conn, dst []byte) []byte {
	text := []rune(strings.Join(strings.Fields(firstText(parsePart(m.body.data, false, 0))), " "))
	if len(text) > previewLength {
		text = text[:previewLength]
	}
	return appendString(dst, strings.ToValidUTF8(string(text), "\uFFFD"))
}

// firstText finds the first part that is plain text.
func firstText(p *part) string {
	if p.message != nil {
		return firstText(p.message)
	}
	for _, child := range p.children {
		if text := firstText(child); text != "" {
			return text
		}
	}
	if len(p.children) == 0 && p.media.is("text") && p.media.subtype == "plain" {
		return string(p.body)
	}
	return ""
}
