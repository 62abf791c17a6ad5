package imap

// RFC 8514 §6, "SAVEDATE" SP (date-time / nil)
func (p *parser) saveDateAtt(m *Message) {
	if p.isNil(m, HasSaveDate, "SAVEDATE") {
		return
	}
	at := p.r.Pos()
	d, ok := scanInternalDate(p.r.AString())
	if p.r.Err() != nil {
		return
	}
	if !ok {
		p.seek(at)
		p.r.Fail("a date and time")
		return
	}
	m.first(HasSaveDate, "SAVEDATE")
	m.SaveDate = d.in(p.zone(d.offset))
}
