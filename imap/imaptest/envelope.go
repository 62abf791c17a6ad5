package imaptest

import (
	"bytes"
	"strings"
	"sync/atomic"
)

// cached returns the text in the pointer, which work works out the first time.
func cached(at *atomic.Pointer[string], work func() string) string {
	if s := at.Load(); s != nil {
		return *s
	}
	s := work()
	at.Store(&s)
	return s
}

func (b *body) envelopeText() string {
	return cached(&b.envelope, func() string {
		header, _ := splitHeader(b.data)
		return string(appendEnvelope(nil, header))
	})
}

// appendEnvelope writes the envelope of a message. RFC 3501 §7.4.2.
func appendEnvelope(dst, header []byte) []byte {
	values := make(map[string]string, 10)
	eachField(header, func(name string, raw []byte) bool {
		name = strings.ToLower(name)
		switch name {
		case "date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to",
			"message-id":
			if _, repeated := values[name]; !repeated {
				values[name] = unfold(raw[bytes.IndexByte(raw, ':')+1:])
			}
		}
		return true
	})
	dst = append(dst, '(')
	dst = appendNstring(dst, values["date"])
	dst = append(dst, ' ')
	dst = appendNstring(dst, values["subject"])
	for _, name := range []string{"from", "sender", "reply-to", "to", "cc", "bcc"} {
		list := parseAddresses(values[name])
		if len(list) == 0 && (name == "sender" || name == "reply-to") {
			list = parseAddresses(values["from"])
		}
		dst = append(dst, ' ')
		dst = appendAddresses(dst, list)
	}
	dst = append(dst, ' ')
	dst = appendNstring(dst, values["in-reply-to"])
	dst = append(dst, ' ')
	dst = appendNstring(dst, values["message-id"])
	return append(dst, ')')
}

// address is one address, or the start (no host) or end (nothing) of a group.
type address struct {
	name, route, mailbox, host string
	group                      bool // start or end of a group
}

func appendAddresses(dst []byte, list []address) []byte {
	if len(list) == 0 {
		return append(dst, "NIL"...)
	}
	dst = append(dst, '(')
	for _, a := range list {
		dst = append(dst, '(')
		dst = appendNstring(dst, a.name)
		dst = append(dst, ' ')
		dst = appendNstring(dst, a.route)
		dst = append(dst, ' ')
		dst = appendNstring(dst, a.mailbox)
		dst = append(dst, ' ')
		if a.group {
			dst = append(dst, "NIL"...)
		} else {
			dst = appendString(dst, a.host)
		}
		dst = append(dst, ')')
	}
	return append(dst, ')')
}

// parseAddresses reads an address list and makes the best of what is none. RFC
// 5322 §3.4.
func parseAddresses(value string) []address {
	p := addressParser{words: words{rest: value}}
	for {
		p.skip()
		switch {
		case p.rest == "":
			p.endAddress()
			p.endGroup()
			return p.list
		case p.accept(','):
			p.endAddress()
		case p.accept(';'):
			p.endAddress()
			p.endGroup()
		case p.accept(':'):
			p.startGroup()
		case p.accept('<'):
			p.angle()
		default:
			p.word()
		}
	}
}

// addressParser collects the words of an address until it ends.
type addressParser struct {
	words
	list    []address
	phrase  []string // the words so far
	comment string   // the last comment: a name, in old messages
	spec    string   // what stood between < and >
	inGroup bool
}

// skip passes over white space and keeps a comment as a possible name.
func (p *addressParser) skip() {
	before := p.rest
	p.words.skip()
	passed := strings.TrimSpace(before[:len(before)-len(p.rest)])
	if len(passed) > 2 && passed[0] == '(' {
		p.comment = strings.Trim(passed, "() \t")
	}
}

func (p *addressParser) accept(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// word reads an atom with its dots and its @, or a quoted string.
func (p *addressParser) word() {
	var b strings.Builder
	for p.rest != "" {
		if p.rest[0] == '"' {
			b.WriteString(p.quoted())
			continue
		}
		if strings.IndexByte(" \t,;:<>(", p.rest[0]) >= 0 {
			break
		}
		b.WriteByte(p.rest[0])
		p.rest = p.rest[1:]
	}
	if b.Len() == 0 && p.rest != "" && p.rest[0] == '>' {
		p.rest = p.rest[1:]
	}
	p.phrase = append(p.phrase, b.String())
}

// angle reads the address up to >.
func (p *addressParser) angle() {
	end := strings.IndexByte(p.rest, '>')
	if end < 0 {
		end = len(p.rest)
	}
	p.spec = strings.TrimSpace(p.rest[:end])
	if p.spec == "" {
		p.spec = "<>"
	}
	p.rest = p.rest[min(end+1, len(p.rest)):]
}

func (p *addressParser) startGroup() {
	p.list = append(p.list, address{mailbox: strings.Join(p.phrase, " "), group: true})
	p.phrase, p.comment, p.spec, p.inGroup = nil, "", "", true
}

func (p *addressParser) endGroup() {
	if p.inGroup {
		p.list = append(p.list, address{group: true})
		p.inGroup = false
	}
}

// endAddress adds the address collected, if there is one.
func (p *addressParser) endAddress() {
	var a address
	switch {
	case p.spec != "":
		a.name = strings.Join(p.phrase, " ")
		a.setSpec(p.spec)
	case len(p.phrase) > 0:
		a.name = p.comment
		a.setSpec(strings.Join(p.phrase, ""))
	}
	if p.spec != "" || len(p.phrase) > 0 {
		p.list = append(p.list, a)
	}
	p.phrase, p.comment, p.spec = nil, "", ""
}

// setSpec splits [route:]local@host.
func (a *address) setSpec(spec string) {
	if spec == "<>" {
		return
	}
	if strings.HasPrefix(spec, "@") {
		if colon := strings.IndexByte(spec, ':'); colon >= 0 {
			a.route, spec = spec[:colon], spec[colon+1:]
		}
	}
	if at := strings.LastIndexByte(spec, '@'); at >= 0 {
		a.mailbox, a.host = spec[:at], spec[at+1:]
	} else {
		a.mailbox = spec
	}
	if n := len(a.mailbox); n > 1 && a.mailbox[0] == '"' && a.mailbox[n-1] == '"' {
		a.mailbox = a.mailbox[1 : n-1]
	}
}
