package imap

// RFC 9051 §7.2.2, CAPABILITY response; §7.2.1, ENABLED response
func (p *parser) capabilityResponse(resp *response) { resp.caps = p.capabilityData() }

// RFC 9051 §9, capability-data: words, in whatever characters they come.
func (p *parser) capabilityData() []string {
	caps := []string{}
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		start := p.r.Pos()
		for n := 0; ; n++ {
			if c := p.at(n); c == ' ' || start+n >= len(p.b) {
				p.seek(start + n)
				break
			}
		}
		caps = append(caps, string(p.b[start:p.r.Pos()]))
	}
	return caps
}
