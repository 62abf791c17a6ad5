package imap

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9051 §7.3.1, LIST response; RFC 3501 §7.2.3, LSUB response
func (p *parser) listResponse(resp *response) {
	e := new(ListEntry)
	p.r.SkipSP()
	e.Attributes = p.mbxListFlags()
	p.r.SkipSP()
	e.Delimiter = p.delimiter()
	if p.r.SP(); p.r.Err() == nil {
		p.listName(e)
	}
	resp.list = e
}

// RFC 9051 §9, mbx-list-flags
func (p *parser) mbxListFlags() []string {
	attrs := []string{}
	if p.r.IsNil() {
		return attrs
	}
	p.r.List(func() {
		if len(attrs) == p.lim.Flags {
			p.r.FailWith(&wire.LimitError{What: "number of attributes", Max: uint64(p.lim.Flags)})
			return
		}
		attrs = append(attrs, string(p.flagBytes()))
	})
	return attrs
}

// delimiter reads the character between levels of the hierarchy, or NIL. Some
// do not escape the backslash.
func (p *parser) delimiter() string {
	if p.r.IsNil() {
		return ""
	}
	if p.at(0) == '"' && p.at(1) == '\\' && p.at(2) == '"' && p.at(3) == ' ' {
		p.seek(p.r.Pos() + 3)
		return `\`
	}
	return p.r.AString()
}

// listName reads the name and the extended data behind it. A name that should
// have been quoted goes to the end of the line.
func (p *parser) listName(e *ListEntry) {
	at, depth, first := p.r.Pos(), p.r.Depth(), p.r.Peek()
	e.Mailbox, e.RawName = p.mailbox()
	p.r.SkipSP()
	if p.r.Peek() == '(' {
		e.Extended = p.mboxListExtended(e)
	}
	if p.r.End(); p.r.Err() == nil {
		return
	}
	rest := bytes.Trim(p.b[at:], " ")
	limit := (*wire.LimitError)(nil)
	if errors.As(p.r.Err(), &limit) || len(rest) == 0 || bytes.IndexByte(rest, '\n') >= 0 ||
		first == '"' || first == '(' || first == '{' {
		return
	}
	p.r.Recover(at, depth)
	p.r.Rest()
	e.RawName = string(rest)
	e.Mailbox, e.Extended, e.ChildInfo, e.OldName = p.mailboxName(e.RawName), nil, nil, ""
}

// RFC 9051 §9, mbox-list-extended
func (p *parser) mboxListExtended(e *ListEntry) (items []RawAttribute) {
	p.r.List(func() {
		name := strings.ToUpper(p.r.AString())
		p.r.SP()
		from, depth := p.r.Pos(), p.r.Depth()
		items = append(items, RawAttribute{Name: name, Value: p.rawValue()})
		if to := p.r.Pos(); p.r.Err() == nil {
			p.seek(from)
			p.mboxListExtendedItem(e, name)
			p.r.Recover(to, depth)
		}
		if len(items) > p.lim.Items {
			p.r.FailWith(&wire.LimitError{What: "number of attributes", Max: uint64(p.lim.Items)})
		}
	})
	return items
}

// RFC 9051 §9, childinfo-extended-item and oldname-extended-item
func (p *parser) mboxListExtendedItem(e *ListEntry, name string) {
	switch name {
	case "CHILDINFO":
		p.r.List(func() {
			if option := strings.ToUpper(p.r.AString()); len(e.ChildInfo) < p.lim.Items {
				e.ChildInfo = append(e.ChildInfo, option)
			}
		})
	case "OLDNAME":
		p.r.List(func() { e.OldName, _ = p.mailbox() })
	}
}

// rawValue reads one value of any kind and copies it.
func (p *parser) rawValue() []byte {
	from := p.r.Pos()
	p.r.Skip()
	if p.r.Err() != nil {
		return nil
	}
	return bytes.Clone(p.b[from:p.r.Pos()])
}

// RFC 9051 §9, mailbox
func (p *parser) mailbox() (name, raw string) {
	if p.at(0) == '~' && p.at(1) == '{' {
		p.r.Fail("a mailbox name")
		return "", ""
	}
	raw = p.r.AString()
	return p.mailboxName(raw), raw
}

// mailboxName decodes a name. INBOX is the same in whatever case.
func (p *parser) mailboxName(raw string) string {
	if strings.EqualFold(raw, "INBOX") {
		return "INBOX"
	}
	if p.asIs || p.utf8 && utf8.ValidString(raw) {
		return raw
	}
	name, _ := wire.DecodeMailbox(raw)
	return name
}
