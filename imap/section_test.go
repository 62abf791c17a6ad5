package imap

import "testing"

func TestSectionString(t *testing.T) {
	for _, tt := range []struct {
		s    Section
		want string
	}{
		{Section{}, "BODY[]"},
		{Section{Part: "1.2"}, "BODY[1.2]"},
		{Section{Kind: Header}, "BODY[HEADER]"},
		{Section{Part: "1", Kind: MIME}, "BODY[1.MIME]"},
		{Section{Part: "1.2", Kind: HeaderFields, Fields: []string{"From", "To"}, Count: 512}, "BODY[1.2.HEADER.FIELDS (From To)]<0.512>"},
		{Section{Kind: HeaderFieldsNot, Fields: []string{"DATE"}}, "BODY[HEADER.FIELDS.NOT (DATE)]"},
		{Section{Kind: Text, Offset: 5, Count: 7}, "BODY[TEXT]<5.7>"},
		{Section{Part: "1", Binary: true}, "BINARY[1]"},
	} {
		if got := tt.s.String(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// TestSectionRoundTrip: a section is read as it is written.
func TestSectionRoundTrip(t *testing.T) {
	for _, s := range []Section{
		{}, {Part: "1"}, {Part: "10.2.33"}, {Kind: Header}, {Part: "1.2", Kind: Text}, {Part: "4", Kind: MIME}, {Part: "4", Kind: Header},
		{Kind: HeaderFields, Fields: []string{"From", "X-a]b"}}, {Part: "3", Kind: HeaderFieldsNot, Fields: []string{"Date"}},
		{Binary: true}, {Part: "1.1", Binary: true},
	} {
		m := fetchedMessage(t, s.String()+` "x"`)
		if len(m.bodies) != 1 || !m.bodies[0].section.same(s) || m.bodies[0].origin != -1 || len(m.Problems) > 0 {
			t.Errorf("%v: %+v", s, m)
		}
	}
}

func TestSectionSame(t *testing.T) {
	a := Section{Part: "1", Kind: HeaderFields, Fields: []string{"From", "To"}}
	for _, tt := range []struct {
		b    Section
		same bool
	}{
		{a, true},
		{Section{Part: "1", Kind: HeaderFields, Fields: []string{"FROM", "to"}}, true},
		{Section{Part: "1", Kind: HeaderFields, Fields: []string{"From", "To"}, Count: 5}, true},
		{Section{Part: "1", Kind: HeaderFields, Fields: []string{"To", "From"}}, false},
		{Section{Part: "2", Kind: HeaderFields, Fields: []string{"From", "To"}}, false},
		{Section{Part: "1", Kind: HeaderFieldsNot, Fields: []string{"From", "To"}}, false},
		{Section{Part: "1", Kind: HeaderFields, Fields: []string{"From", "To"}, Binary: true}, false},
	} {
		if a.same(tt.b) != tt.same {
			t.Errorf("%v and %v: %v", a, tt.b, !tt.same)
		}
	}
}

func TestValidPart(t *testing.T) {
	for part, want := range map[string]bool{"": true, "1": true, "1.2.30": true, "x": false, "1.": false, ".1": false, "0": false, "1.0": false,
		"1..2": false, "-1": false, "1 2": false, "99999999999": false} {
		if validPart(part) != want {
			t.Errorf("%q: %v", part, !want)
		}
	}
}
