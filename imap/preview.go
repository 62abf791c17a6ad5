package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// writePreview: RFC 8970 §4.1. LAZY asks only for a preview that the server
// has at hand.
func writePreview(cmd *wire.Command, o *FetchOptions) {
	cmd.Atom("PREVIEW")
	if o.LazyPreview {
		cmd.List(func() { cmd.Atom("LAZY") })
	}
}

// RFC 8970 §6, msg-att-dynamic: "PREVIEW" SP nstring. Some servers answer
// PREVIEW (FUZZY "text"), as drafts of the extension had it.
func (p *parser) previewAtt(m *Message) {
	if p.isNil(m, HasPreview, "PREVIEW") {
		return
	}
	draft := p.r.Peek() == '('
	if draft {
		p.r.Open()
		p.r.Name()
		p.r.SP()
	}
	text, none := "", draft && p.r.IsNil()
	if !none {
		text = p.r.AString()
	}
	if draft && !p.r.Close() {
		p.r.Fail(")")
	}
	switch {
	case p.r.Err() != nil:
	case none:
		m.noValue(HasPreview, "PREVIEW")
	default:
		m.first(HasPreview, "PREVIEW")
		m.Preview = text
	}
}
