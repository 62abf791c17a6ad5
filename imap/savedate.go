package imap

// RFC 8514 §6, "SAVEDATE" SP (date-time / nil)
func (p *parser) saveDateAtt(m *Message) {
	if p.isNil(m, HasSaveDate, "SAVEDATE") {
		return
	}
	if d, ok := p.dateTime(); ok {
		m.first(HasSaveDate, "SAVEDATE")
		m.SaveDate = d
	}
}
