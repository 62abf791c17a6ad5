package imaptest

import (
	"strings"
	"time"
)

// criterion says whether a message matches.
type criterion func(*candidate) bool

// candidate is one message under search.
type candidate struct {
	place int // from 0
	flags flagSet
	*message
	modseq uint64
	view   *view
}

// searchKeys reads the keys up to the end or to a closing parenthesis; all of
// them have to match. RFC 3501 §6.4.4.
func (s *searcher) keys(depth int) criterion {
	var all []criterion
	for {
		all = append(all, s.key(depth))
		if s.p.err != nil || s.p.atEnd() || s.p.peek() == ')' {
			break
		}
		s.p.sp()
	}
	return func(m *candidate) bool {
		for _, match := range all {
			if !match(m) {
				return false
			}
		}
		return true
	}
}

// searcher parses a SEARCH command.
type searcher struct {
	p       *parser
	v       *view
	decode  func([]byte) string // from the charset
	badText bool                // something was not in the charset

	numbered bool // it has message numbers
	match    criterion
	order    func([]hit) // of SORT
	now      func() time.Time

	modseq    bool        // it asks for mod-sequences
	keeps     bool        // mod-sequences are known
	undefined string      // a filter that there is not
	scope     []criterion // the sets that all messages have to be in
}

// key reads one search key.
func (s *searcher) key(depth int) criterion {
	p := s.p
	if depth > maxNesting {
		p.fail("search keys nested too deep")
	}
	if p.err != nil {
		return nil
	}
	if p.accept('(') {
		inner := s.keys(depth + 1)
		p.expect(')')
		return inner
	}
	if c := p.peek(); isDigit(c) || c == '*' || c == '$' && p.can("SEARCHRES") {
		s.numbered = true
		return s.scoped(depth, s.numbers(false))
	}
	name := strings.ToUpper(p.atom())
	for _, find := range []func(string) criterion{
		flagKey, s.structuralKey(depth), s.textKey, s.dateKey, s.sizeKey, s.extensionKey, s.modSeqKey, s.ageKey, s.fuzzyKey(depth), s.filterKey(depth),
	} {
		if c := find(name); c != nil {
			return c
		}
	}
	p.fail("SEARCH does not know the key %q", name)
	return nil
}

// flagKey: the keys without arguments.
func flagKey(name string) criterion {
	bits := map[string]flags{
		"SEEN": flagSeen, "ANSWERED": flagAnswered, "FLAGGED": flagFlagged,
		"DELETED": flagDeleted, "DRAFT": flagDraft, "RECENT": flagRecent,
	}
	switch name {
	case "ALL":
		return func(*candidate) bool { return true }
	case "NEW":
		return func(m *candidate) bool { return m.flags.has(flagRecent) && !m.flags.has(flagSeen) }
	case "OLD":
		return func(m *candidate) bool { return !m.flags.has(flagRecent) }
	}
	if bit, known := bits[name]; known {
		return func(m *candidate) bool { return m.flags.has(bit) }
	}
	if rest, negated := strings.CutPrefix(name, "UN"); negated && rest != "RECENT" {
		if bit, known := bits[rest]; known {
			return func(m *candidate) bool { return !m.flags.has(bit) }
		}
	}
	return nil
}

// structuralKey: NOT, OR, UID and the keywords.
func (s *searcher) structuralKey(depth int) func(string) criterion {
	return func(name string) criterion {
		switch name {
		case "NOT":
			s.p.sp()
			inner := s.key(depth + 1)
			return func(m *candidate) bool { return !inner(m) }
		case "OR":
			s.p.sp()
			a := s.key(depth + 1)
			s.p.sp()
			b := s.key(depth + 1)
			return func(m *candidate) bool { return a(m) || b(m) }
		case "UID":
			s.p.sp()
			return s.scoped(depth, s.numbers(true))
		case "KEYWORD", "UNKEYWORD":
			s.p.sp()
			keyword, wanted := s.p.atom(), name == "KEYWORD"
			return func(m *candidate) bool { return m.flags.hasKeyword(keyword) == wanted }
		}
		return nil
	}
}

// numbers reads a set of sequence numbers or UIDs.
func (s *searcher) numbers(uid bool) criterion {
	set := s.p.set()
	if uid || set.isSaved() {
		set = s.v.expand(set, true)
		return func(m *candidate) bool { return set.contains(m.uid) }
	}
	// The numbers are those of now, also if the result is kept up to date.
	set = set.normal(s.v.last(false))
	var uids numSet
	for i, m := range s.v.messages {
		if set.contains(uint32(i + 1)) {
			uids = uids.add(m.uid)
		}
	}
	return func(m *candidate) bool { return uids.contains(m.uid) }
}

// dateKey: the internal date, and with SENT the Date field, both without time
// and zone.
func (s *searcher) dateKey(name string) criterion {
	when := func(m *candidate) time.Time { return m.date }
	if rest, sent := strings.CutPrefix(name, "SENT"); sent {
		name, when = rest, (*candidate).sent
	}
	return s.dateKeyOf(name, when)
}

// dateKeyOf: BEFORE, ON and SINCE of some date.
func (s *searcher) dateKeyOf(name string, when func(*candidate) time.Time) criterion {
	var match func(have, want time.Time) bool
	switch name {
	case "BEFORE":
		match = time.Time.Before
	case "ON":
		match = time.Time.Equal
	case "SINCE":
		match = func(have, want time.Time) bool { return !have.Before(want) }
	default:
		return nil
	}
	s.p.sp()
	want := s.p.date()
	return func(m *candidate) bool {
		t := when(m)
		if t.IsZero() {
			return false
		}
		year, month, day := t.Date()
		return match(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), want)
	}
}

func (s *searcher) sizeKey(name string) criterion {
	if name != "LARGER" && name != "SMALLER" {
		return nil
	}
	s.p.sp()
	limit := int64(s.p.number())
	return func(m *candidate) bool {
		if name == "LARGER" {
			return int64(len(m.body.data)) > limit
		}
		return int64(len(m.body.data)) < limit
	}
}

// scoped notes a set that all messages have to be in.
func (s *searcher) scoped(depth int, set criterion) criterion {
	if depth == 0 {
		s.scope = append(s.scope, set)
	}
	return set
}

// modSeqKey: RFC 7162 §3.1.5. There is one mod-sequence for all flags.
func (s *searcher) modSeqKey(name string) criterion {
	if name != "MODSEQ" || !s.keeps {
		return nil
	}
	s.modseq = true
	s.p.sp()
	if s.p.peek() == '"' {
		if entry := s.p.quoted(); s.p.err == nil && !strings.HasPrefix(entry, "/flags/") {
			s.p.fail("MODSEQ does not know the entry %q", entry)
		}
		s.p.sp()
		if !s.p.keyword("priv") && !s.p.keyword("shared") && !s.p.keyword("all") {
			s.p.fail("expected priv, shared or all %s", s.p.where())
		}
		s.p.sp()
	}
	least := s.p.modSeqOrZero()
	return func(m *candidate) bool { return m.modseq >= least }
}
