package imaptest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"
)

// binaryItem reads the rest of BINARY[...]<...>, BINARY.PEEK and BINARY.SIZE. RFC
// 3516 §4.2.
func (p *parser) binaryItem(name string) fetchItem {
	item := fetchItem{kind: fetchBinary, peek: name != "BINARY"}
	if name == "BINARY.SIZE" {
		item.kind = fetchBinarySize
	}
	p.expect('[')
	item.section = p.section()
	if p.err == nil && item.section.part != "" {
		p.fail("BINARY takes the number of a part")
	}
	p.expect(']')
	label := append(item.section.append([]byte(strings.TrimSuffix(name, ".PEEK")+"[")), ']')
	if item.kind == fetchBinary {
		label = p.partial(&item, label)
	}
	item.label = string(label)
	return item
}

// decoded returns a part without its transfer encoding; known is false if that
// is none this server knows, or the part is not in it.
func (b *body) decoded(s section) (data []byte, found, known bool) {
	if len(s.path) == 0 {
		return b.data, true, true
	}
	p := parsePart(b.data, false, 0).find(s.path)
	if p == nil {
		return nil, false, true
	}
	data, known = p.decoded()
	return data, true, known
}

func (p *part) decoded() (data []byte, known bool) {
	var r io.Reader
	switch p.encoding() {
	case "", "7bit", "8bit", "binary":
		return p.body, true
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(p.body))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(p.body))
	default:
		return nil, false
	}
	data, err := io.ReadAll(r)
	return data, err == nil
}

// encoding is the part's Content-Transfer-Encoding in lower case. Parts with
// parts in them have none.
func (p *part) encoding() string {
	if len(p.children) > 0 || p.message != nil {
		return ""
	}
	value := words{rest: headerValue(p.header, "Content-Transfer-Encoding")}
	return strings.ToLower(value.token())
}

// decodes says whether all that BINARY asks for can be decoded.
func (m *message) decodes(items []fetchItem) bool {
	for _, it := range items {
		if it.kind == fetchBinary || it.kind == fetchBinarySize {
			if _, _, known := m.body.decoded(it.section); !known {
				return false
			}
		}
	}
	return true
}

// binary returns the bytes that a BINARY item asks for.
func (b *body) binary(it fetchItem) (data []byte, found bool) {
	data, found, _ = b.decoded(it.section)
	return it.cut(data), found
}

func (b *body) appendBinarySize(dst []byte, it fetchItem) []byte {
	data, _, _ := b.decoded(it.section)
	return strconv.AppendInt(dst, int64(len(data)), 10)
}

// sayBinary is sayBytes, with a literal8 for what has NUL in it.
func (c *conn) sayBinary(data []byte, found bool) {
	if found && bytes.IndexByte(data, 0) >= 0 {
		c.out = append(c.out, '~')
	}
	c.sayBytes(data, found)
}

// withoutBinary returns a message in which base64 takes the place of parts with
// the encoding binary, so that what FETCH says of it has no NUL. RFC 3516 §4.4.
func withoutBinary(data []byte) []byte {
	var out []byte
	done := 0
	parsePart(data, false, 0).eachLeaf(func(p *part) {
		if p.encoding() != "binary" {
			return
		}
		start := cap(data) - cap(p.header) // they share their end
		out = append(out, data[done:start]...)
		eachField(p.header, func(name string, raw []byte) bool {
			if !strings.EqualFold(name, "Content-Transfer-Encoding") {
				out = append(out, raw...)
			}
			return true
		})
		out = append(out, "Content-Transfer-Encoding: base64\r\n\r\n"...)
		out = appendBase64(out, p.body)
		done = start + len(p.header) + len(p.body)
	})
	return append(out, data[done:]...)
}

// eachLeaf calls f with the parts that have no parts in them, in order.
func (p *part) eachLeaf(f func(*part)) {
	switch {
	case p.message != nil:
		p.message.eachLeaf(f)
	case len(p.children) > 0:
		for _, child := range p.children {
			child.eachLeaf(f)
		}
	default:
		f(p)
	}
}

// appendBase64 writes lines of 76 characters.
func appendBase64(dst, data []byte) []byte {
	const line = 57
	for len(data) > 0 {
		n := min(line, len(data))
		dst = base64.StdEncoding.AppendEncode(dst, data[:n])
		dst = append(dst, "\r\n"...)
		data = data[n:]
	}
	return dst
}
