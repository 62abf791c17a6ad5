package imap

// RFC 8474 §7, "EMAILID" SP "(" objectid ")"
func (p *parser) emailIDAtt(m *Message) {
	if p.isNil(m, HasEmailID, "EMAILID") {
		return
	}
	if id := p.objectID(); p.r.Err() == nil {
		m.first(HasEmailID, "EMAILID")
		m.EmailID = id
	}
}

// RFC 8474 §7, "THREADID" SP ("(" objectid ")" / nil)
func (p *parser) threadIDAtt(m *Message) {
	if p.isNil(m, HasThreadID, "THREADID") {
		return
	}
	if id := p.objectID(); p.r.Err() == nil {
		m.first(HasThreadID, "THREADID")
		m.ThreadID = id
	}
}

// objectID reads an objectid, in parentheses as it should be, or without.
func (p *parser) objectID() string {
	parens := p.r.Take('(')
	if parens {
		p.r.SkipSP()
	}
	id := p.r.AString()
	if parens {
		p.r.SkipSP()
		p.r.Expect(')')
	}
	p.wordEnd()
	return id
}
