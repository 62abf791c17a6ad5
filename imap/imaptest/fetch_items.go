package imaptest

import (
	"slices"
	"strconv"
	"strings"
)

// fetchKind is what a FETCH item asks for.
type fetchKind uint8

const (
	fetchFlags fetchKind = iota
	fetchUID
	fetchDate
	fetchSize
	fetchEnvelope
	fetchBody
	fetchStructure
	fetchSection
	fetchBinary
	fetchBinarySize
	fetchExtension
	fetchModSeq
)

// fetchItem is one item of FETCH.
type fetchItem struct {
	kind    fetchKind
	label   string // as the answer names it
	section section
	peek    bool // does not set \Seen
	partial bool
	offset  uint32
	count   uint32
	// value writes the value of a fetchExtension.
	value func(*message, *conn, []byte) []byte
}

// section is what stands between the brackets of BODY[...].
type section struct {
	path   []uint32
	part   string // "", HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME
	fields []string
}

// fetchItems reads a macro, an item or a list of items. RFC 3501 §6.4.5.
func (p *parser) fetchItems() []fetchItem {
	var items []fetchItem
	if p.peek() == '(' {
		p.list(1, func() { items = append(items, p.fetchItem()) })
		return items
	}
	macros := []struct {
		name  string
		kinds []fetchKind
	}{
		{"ALL", []fetchKind{fetchFlags, fetchDate, fetchSize, fetchEnvelope}},
		{"FAST", []fetchKind{fetchFlags, fetchDate, fetchSize}},
		{"FULL", []fetchKind{fetchFlags, fetchDate, fetchSize, fetchEnvelope, fetchBody}},
	}
	for _, macro := range macros {
		if p.keyword(macro.name) {
			for _, k := range macro.kinds {
				items = append(items, simpleItem(k))
			}
			return items
		}
	}
	return []fetchItem{p.fetchItem()}
}

// simpleItem returns an item that needs no section.
func simpleItem(k fetchKind) fetchItem {
	labels := [...]string{"FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY",
		"BODYSTRUCTURE"}
	return fetchItem{kind: k, label: labels[k], peek: true}
}

// fetchItem reads one item.
func (p *parser) fetchItem() fetchItem {
	name := p.span(func(c byte) bool { return isAtomChar(c) && c != '[' && c != '<' })
	name = strings.ToUpper(name)
	if p.peek() == '[' && (name == "BODY" || name == "BODY.PEEK") {
		return p.sectionItem(name == "BODY.PEEK")
	}
	if p.peek() == '[' && (name == "BINARY" || name == "BINARY.PEEK" || name == "BINARY.SIZE") {
		return p.binaryItem(name)
	}
	if it, known := p.extensionItem(name); known {
		return it
	}
	switch name {
	case "FLAGS":
		return simpleItem(fetchFlags)
	case "MODSEQ":
		return fetchItem{kind: fetchModSeq, label: name, peek: true}
	case "UID":
		return simpleItem(fetchUID)
	case "INTERNALDATE":
		return simpleItem(fetchDate)
	case "RFC822.SIZE":
		return simpleItem(fetchSize)
	case "ENVELOPE":
		return simpleItem(fetchEnvelope)
	case "BODY":
		return simpleItem(fetchBody)
	case "BODYSTRUCTURE":
		return simpleItem(fetchStructure)
	case "RFC822":
		return fetchItem{kind: fetchSection, label: name}
	case "RFC822.HEADER":
		return fetchItem{kind: fetchSection, label: name, peek: true, section: section{part: "HEADER"}}
	case "RFC822.TEXT":
		return fetchItem{kind: fetchSection, label: name, section: section{part: "TEXT"}}
	}
	p.fail("FETCH does not know the item %q", name)
	return fetchItem{}
}

// sectionItem reads the rest of BODY[...]<...>.
func (p *parser) sectionItem(peek bool) fetchItem {
	item := fetchItem{kind: fetchSection, peek: peek}
	p.expect('[')
	item.section = p.section()
	p.expect(']')
	label := item.section.append([]byte("BODY["))
	item.label = string(p.partial(&item, append(label, ']')))
	return item
}

// partial reads <offset.count> if it is next, and adds the offset to the label.
func (p *parser) partial(item *fetchItem, label []byte) []byte {
	if !p.accept('<') {
		return label
	}
	item.partial = true
	item.offset = p.number()
	p.expect('.')
	item.count = p.number()
	if p.err == nil && item.count == 0 {
		p.fail("a partial FETCH of no bytes")
	}
	p.expect('>')
	label = append(label, '<')
	label = appendUint(label, item.offset)
	return append(label, '>')
}

// section reads a section-spec. RFC 3501 §9.
func (p *parser) section() section {
	var s section
	for isDigit(p.peek()) {
		n := p.number()
		if p.err == nil && n == 0 {
			p.fail("parts are numbered from 1")
		}
		s.path = append(s.path, n)
		if !p.accept('.') {
			return s
		}
	}
	if p.peek() == ']' && len(s.path) == 0 {
		return s
	}
	s.part = strings.ToUpper(p.span(func(c byte) bool { return isAtomChar(c) }))
	switch s.part {
	case "HEADER", "TEXT":
	case "MIME":
		if len(s.path) == 0 {
			p.fail("MIME needs a part number")
		}
	case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
		p.sp()
		p.list(1, func() { s.fields = append(s.fields, p.astring()) })
	default:
		p.fail("FETCH does not know the section %q", s.part)
	}
	return s
}

// append writes the section as it was asked for.
func (s section) append(dst []byte) []byte {
	for i, n := range s.path {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	if s.part != "" && len(s.path) > 0 {
		dst = append(dst, '.')
	}
	dst = append(dst, s.part...)
	if len(s.fields) == 0 {
		return dst
	}
	dst = append(dst, " ("...)
	for i, f := range s.fields {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendAstring(dst, f)
	}
	return append(dst, ')')
}

// setsSeen says whether the items change \Seen.
func setsSeen(items []fetchItem) bool {
	return slices.ContainsFunc(items, func(it fetchItem) bool { return !it.peek })
}
