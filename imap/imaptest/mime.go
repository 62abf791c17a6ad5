package imaptest

import (
	"bytes"
	"strings"
)

// maxNesting is how deep parts are looked into; what is deeper is text.
const maxNesting = 50

// part is one part of a message, or a whole message. It refers to the message's
// bytes and copies none.
type part struct {
	header   []byte // with the empty line that ends it
	body     []byte
	media    contentType
	children []*part // of a multipart
	message  *part   // of a message/rfc822
}

// contentType is a parsed Content-Type, in lower case but for the values.
type contentType struct {
	typ, subtype string
	params       []param
}

type param struct{ name, value string }

func (t contentType) is(typ string) bool { return t.typ == typ }

func (t contentType) param(name string) string {
	for _, p := range t.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// parsePart parses a message or a part. In a multipart/digest, parts are
// messages unless they say something else.
func parsePart(data []byte, digest bool, depth int) *part {
	p := new(part)
	p.header, p.body = splitHeader(data)
	p.media = parseContentType(headerValue(p.header, "Content-Type"), digest)
	if depth >= maxNesting {
		return p
	}
	switch {
	case p.media.is("multipart") && p.media.param("boundary") != "":
		for _, piece := range splitParts(p.body, p.media.param("boundary")) {
			child := parsePart(piece, p.media.subtype == "digest", depth+1)
			p.children = append(p.children, child)
		}
	case p.media.is("message") && p.media.subtype == "rfc822":
		p.message = parsePart(p.body, false, depth+1)
	}
	if p.media.is("multipart") && len(p.children) == 0 {
		p.media = contentType{typ: "text", subtype: "plain"}
	}
	return p
}

// splitHeader cuts data after the first empty line.
func splitHeader(data []byte) (header, body []byte) {
	for i := 0; i < len(data); {
		end := bytes.IndexByte(data[i:], '\n')
		if end < 0 {
			break
		}
		line := data[i : i+end]
		i += end + 1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return data[:i], data[i:]
		}
	}
	return data, nil
}

// splitParts cuts the body of a multipart at its boundary lines. The line end
// before a boundary belongs to the boundary. RFC 2046 §5.1.1.
func splitParts(body []byte, boundary string) [][]byte {
	var pieces [][]byte
	start := -1 // of the current piece
	for i := 0; i < len(body); {
		next := len(body)
		if end := bytes.IndexByte(body[i:], '\n'); end >= 0 {
			next = i + end + 1
		}
		line := body[i:next]
		if isBoundary(line, boundary) {
			if start >= 0 {
				pieces = append(pieces, trimLineEnd(body[start:max(start, i)]))
			}
			start = next
			if bytes.HasPrefix(line[2+len(boundary):], []byte("--")) {
				return pieces
			}
		}
		i = next
	}
	if start >= 0 {
		pieces = append(pieces, body[start:])
	}
	return pieces
}

func isBoundary(line []byte, boundary string) bool {
	if len(line) < 2+len(boundary) || line[0] != '-' || line[1] != '-' ||
		string(line[2:2+len(boundary)]) != boundary {
		return false
	}
	rest := bytes.TrimPrefix(line[2+len(boundary):], []byte("--"))
	return len(bytes.TrimSpace(rest)) == 0
}

func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// find returns the part with the number. RFC 3501 §6.4.5.
func (p *part) find(path []uint32) *part {
	at := &part{message: p}
	for _, n := range path {
		if at.message != nil {
			at = at.message
			if len(at.children) == 0 {
				if n != 1 {
					return nil
				}
				continue
			}
		}
		if int64(n) > int64(len(at.children)) {
			return nil
		}
		at = at.children[n-1]
	}
	return at
}

// section returns the bytes of a section, and whether there is such a part.
func (b *body) section(s section) ([]byte, bool) {
	if len(s.path) == 0 {
		if s.part == "" {
			return b.data, true
		}
		header, text := splitHeader(b.data)
		return s.of(header, text), true
	}
	p := parsePart(b.data, false, 0).find(s.path)
	switch {
	case p == nil:
		return nil, false
	case s.part == "":
		return p.body, true
	case s.part == "MIME":
		return p.header, true
	case p.message == nil:
		return nil, false
	}
	return s.of(p.message.header, p.message.body), true
}

// of returns the section of a message that consists of header and text.
func (s section) of(header, text []byte) []byte {
	switch s.part {
	case "TEXT":
		return text
	case "HEADER":
		return header
	}
	return filterHeader(header, s.fields, s.part == "HEADER.FIELDS")
}

// filterHeader returns the fields that are named, or the others, and an empty
// line.
func filterHeader(header []byte, names []string, wanted bool) []byte {
	var out []byte
	eachField(header, func(name string, raw []byte) bool {
		named := false
		for _, n := range names {
			named = named || strings.EqualFold(n, name)
		}
		if named == wanted {
			out = append(out, raw...)
		}
		return true
	})
	return append(out, "\r\n"...)
}
