package imap

// RFC 9051 §9, envelope. Fields missing at the end are left empty, those too
// many skipped; Domino puts a second pair of parentheses around it.
func (p *parser) envelope() *Envelope {
	p.r.Open()
	p.r.SkipSP()
	double := p.r.Peek() == '('
	if double {
		p.r.Open()
	}
	e := new(Envelope)
	var lists [6]addressRange
	p.addrs = p.addrs[:0]
	for field := 0; p.r.Err() == nil && !p.r.Close(); field++ {
		p.r.SkipSP()
		switch field {
		case 0:
			e.Date = p.nstring()
		case 1:
			e.Subject = p.nstring()
		case 2, 3, 4, 5, 6, 7:
			lists[field-2] = p.addressList()
		case 8:
			e.InReplyTo = p.nstring()
		case 9:
			e.MessageID = p.nstring()
		default:
			p.r.Skip()
		}
	}
	if double && p.r.Err() == nil && !p.r.Close() {
		p.r.Fail(")")
	}
	p.takeAddresses(e, &lists)
	return e
}

// addressRange is where in parser.addrs a list is.
type addressRange struct{ from, to int }

// takeAddresses gives e its addresses, all of them in one allocation.
func (p *parser) takeAddresses(e *Envelope, lists *[6]addressRange) {
	if len(p.addrs) == 0 || p.r.Err() != nil {
		return
	}
	all := append(make([]Address, 0, len(p.addrs)), p.addrs...)
	for i, to := range []*[]Address{&e.From, &e.Sender, &e.ReplyTo, &e.To, &e.Cc, &e.Bcc} {
		if l := lists[i]; l.to > l.from {
			*to = all[l.from:l.to:l.to]
		}
	}
}

// RFC 9051 §9, env-from and the like. NIL, () and "" are empty; some servers
// put a NIL between the addresses, or leave out the spaces.
func (p *parser) addressList() (l addressRange) {
	l.from = len(p.addrs)
	l.to = l.from
	if p.r.IsNil() {
		return l
	}
	if p.r.Peek() == '"' {
		if p.nstring() != "" {
			p.r.Fail("a list of addresses")
		}
		return l
	}
	p.r.Open()
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		if !p.r.IsNil() {
			p.address()
		}
	}
	l.to = len(p.addrs)
	return l
}

// RFC 9051 §9, address
func (p *parser) address() {
	var a Address
	p.r.Open()
	field := 0
	for ; p.r.Err() == nil && !p.r.Close(); field++ {
		p.r.SkipSP()
		switch field {
		case 0:
			a.Name = p.nstring()
		case 1:
			a.Route = p.nstring()
		case 2:
			a.Mailbox = p.nstring()
		case 3:
			a.Host = p.nstring()
		default:
			p.r.Skip()
		}
	}
	if field > 0 && p.r.Err() == nil {
		p.addrs = append(p.addrs, a)
	}
}

// nstring reads a string, or NIL as an empty one (RFC 9051 §9, nstring). Where
// it should stand, an atom is taken as what it spells, and a list is skipped.
func (p *parser) nstring() (s string) {
	switch p.r.Peek() {
	case '"':
		if p.loose {
			return p.looseQuoted()
		}
		s = p.r.String()
		p.wordEnd()
		return s
	case '(':
		p.r.Skip()
		return ""
	case 'N', 'n':
		if p.r.IsNil() {
			return ""
		}
	}
	return p.r.AString()
}

// looseQuoted reads a quoted string in which quotes and backslashes need not
// be escaped: iCloud sends bare quotes in a Message-ID, Coremail """", QQ
// "qq.com\". It ends at a quote that has a space or a parenthesis behind it.
func (p *parser) looseQuoted() string {
	start := p.r.Pos() + 1
	for i := start; i < len(p.b) && p.b[i] != '\n'; i++ {
		if p.b[i] == '\\' && !endsAt(p.b, i+1) {
			i++
		} else if endsAt(p.b, i) {
			p.seek(i + 1)
			return string(unescapeLoose(p.b[start:i]))
		}
	}
	p.r.Fail("the end of the quoted string")
	return ""
}

// endsAt says whether a quote at i ends a string that is not well quoted.
func endsAt(b []byte, i int) bool {
	if i >= len(b) || b[i] != '"' {
		return false
	}
	return i+1 == len(b) || b[i+1] == ' ' || b[i+1] == ')' || b[i+1] == '('
}

// unescapeLoose takes away the backslashes that escape something.
func unescapeLoose(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\') {
			i++
		}
		out = append(out, b[i])
	}
	return out
}
