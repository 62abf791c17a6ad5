package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// RFC 7162 §3.2.10, VANISHED response
func (p *parser) vanishedResponse(resp *response) {
	p.r.SkipSP()
	if p.r.Peek() == '(' {
		p.r.List(func() {
			if string(p.r.Name()) == "EARLIER" {
				resp.early = true
			}
		})
		p.r.SP()
	}
	resp.set = UIDSet{p.numSet()}
}

// numSet reads a set and makes sure that nothing is glued to it.
func (p *parser) numSet() wire.NumSet {
	set := p.r.NumSet()
	p.wordEnd()
	return set
}

// wordEnd fails unless the word that was read ends here.
func (p *parser) wordEnd() {
	switch p.r.Peek() {
	case ' ', ')', '(', 0:
	default:
		p.r.Fail("the end of the word")
	}
}
