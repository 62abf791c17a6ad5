package imaptest

import "strings"

// filterKey: FILTER, a search that is kept as metadata of the server. RFC 5466.
func (s *searcher) filterKey(depth int) func(string) criterion {
	return func(name string) criterion {
		if name != "FILTER" || !s.p.can("FILTERS") {
			return nil
		}
		s.p.sp()
		filter := s.p.atom()
		if strings.Contains(filter, "/") {
			s.p.fail("bad filter name %q", filter)
			return nil
		}
		value := s.filter(filter)
		if value == nil {
			s.undefined = filter
			return func(*candidate) bool { return false }
		}
		return s.kept(filter, value, depth)
	}
}

// filter returns the search that is kept under a name, nil if there is none.
func (s *searcher) filter(name string) []byte {
	u := s.v.box.user
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, of := range []string{"/private", "/shared"} {
		if value, ok := u.metadata[of+"/filters/values/"+strings.ToLower(name)]; ok {
			return value
		}
	}
	return nil
}

// kept reads the keys of a filter.
func (s *searcher) kept(name string, value []byte, depth int) criterion {
	p := parser{lines: []cmdLine{{text: value}}, eightBit: true, offers: s.p.offers}
	in := *s
	in.p = &p
	if p.keyword("CHARSET") {
		p.sp()
		if !in.charset() {
			p.fail("unknown charset")
		}
	}
	match := in.keys(depth + 1)
	if !p.end() {
		s.p.fail("the filter %s cannot be read: %v", name, p.err)
	}
	s.badText, s.modseq, s.numbered = in.badText, in.modseq, in.numbered
	if in.undefined != "" {
		s.undefined = in.undefined
	}
	return match
}
