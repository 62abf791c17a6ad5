package imaptest

import (
	"bytes"
	"strconv"
	"strings"
)

func (b *body) bodyText() string {
	return cached(&b.basic, func() string {
		return string(parsePart(b.data, false, 0).appendBody(nil, false))
	})
}

func (b *body) structureText() string {
	return cached(&b.structure, func() string {
		return string(parsePart(b.data, false, 0).appendBody(nil, true))
	})
}

// appendBody writes BODY or, with extension data, BODYSTRUCTURE. RFC 3501
// §7.4.2.
func (p *part) appendBody(dst []byte, extended bool) []byte {
	dst = append(dst, '(')
	if len(p.children) > 0 {
		for _, child := range p.children {
			dst = child.appendBody(dst, extended)
		}
		dst = append(dst, ' ')
		dst = appendString(dst, p.media.subtype)
		if extended {
			dst = append(dst, ' ')
			dst = appendParams(dst, p.media.params)
			dst = p.appendExtension(dst)
		}
		return append(dst, ')')
	}
	dst = p.appendFields(dst)
	switch {
	case p.message != nil:
		dst = append(dst, ' ')
		dst = appendEnvelope(dst, p.message.header)
		dst = append(dst, ' ')
		dst = p.message.appendBody(dst, extended)
		dst = appendLines(dst, p.body)
	case p.media.is("text"):
		dst = appendLines(dst, p.body)
	}
	if extended {
		dst = append(dst, ' ')
		dst = appendNstring(dst, headerValue(p.header, "Content-MD5"))
		dst = p.appendExtension(dst)
	}
	return append(dst, ')')
}

// appendFields writes what every part that is no multipart has. RFC 3501 §9
// body-fields.
func (p *part) appendFields(dst []byte) []byte {
	dst = appendString(dst, p.media.typ)
	dst = append(dst, ' ')
	dst = appendString(dst, p.media.subtype)
	dst = append(dst, ' ')
	dst = appendParams(dst, p.media.params)
	dst = append(dst, ' ')
	dst = appendNstring(dst, headerValue(p.header, "Content-ID"))
	dst = append(dst, ' ')
	dst = appendNstring(dst, headerValue(p.header, "Content-Description"))
	dst = append(dst, ' ')
	encoding := words{rest: headerValue(p.header, "Content-Transfer-Encoding")}
	name := encoding.token()
	if name == "" {
		name = "7bit"
	}
	dst = appendString(dst, name)
	dst = append(dst, ' ')
	return strconv.AppendInt(dst, int64(len(p.body)), 10)
}

// appendExtension writes disposition, language and location.
func (p *part) appendExtension(dst []byte) []byte {
	dst = append(dst, ' ')
	l := words{rest: headerValue(p.header, "Content-Disposition")}
	if kind := l.token(); kind == "" {
		dst = append(dst, "NIL"...)
	} else {
		dst = append(dst, '(')
		dst = appendString(dst, kind)
		dst = append(dst, ' ')
		dst = appendParams(dst, l.params())
		dst = append(dst, ')')
	}
	dst = append(dst, ' ')
	dst = appendLanguages(dst, headerValue(p.header, "Content-Language"))
	dst = append(dst, ' ')
	return appendNstring(dst, headerValue(p.header, "Content-Location"))
}

func appendLanguages(dst []byte, value string) []byte {
	var tags []string
	for tag := range strings.SplitSeq(value, ",") {
		l := words{rest: tag}
		if t := l.token(); t != "" {
			tags = append(tags, t)
		}
	}
	switch len(tags) {
	case 0:
		return append(dst, "NIL"...)
	case 1:
		return appendString(dst, tags[0])
	}
	dst = append(dst, '(')
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendString(dst, t)
	}
	return append(dst, ')')
}

func appendParams(dst []byte, params []param) []byte {
	if len(params) == 0 {
		return append(dst, "NIL"...)
	}
	dst = append(dst, '(')
	for i, p := range params {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendString(dst, p.name)
		dst = append(dst, ' ')
		dst = appendString(dst, p.value)
	}
	return append(dst, ')')
}

func appendLines(dst, text []byte) []byte {
	dst = append(dst, ' ')
	return strconv.AppendInt(dst, int64(bytes.Count(text, []byte("\n"))), 10)
}
