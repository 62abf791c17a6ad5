package imaptest

import "time"

// ageKey: OLDER and YOUNGER. RFC 5032.
func (s *searcher) ageKey(name string) criterion {
	if name != "OLDER" && name != "YOUNGER" || !s.p.can("WITHIN") {
		return nil
	}
	s.p.sp()
	seconds := s.p.number()
	if seconds == 0 {
		s.p.fail("%s wants at least one second", name)
	}
	age := time.Duration(seconds) * time.Second
	return func(m *candidate) bool {
		border := s.now().Add(-age)
		if name == "OLDER" {
			return !m.date.After(border)
		}
		return !m.date.Before(border)
	}
}

// fuzzyKey: FUZZY, which this server takes as it is. RFC 6203.
func (s *searcher) fuzzyKey(depth int) func(string) criterion {
	return func(name string) criterion {
		if name != "FUZZY" || !s.p.can("SEARCH=FUZZY") {
			return nil
		}
		s.p.sp()
		return s.key(depth + 1)
	}
}
