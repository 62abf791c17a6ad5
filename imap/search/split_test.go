package search_test

import (
	"testing"

	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

type uids wire.NumSet

func (u uids) NumSet() wire.NumSet { return wire.NumSet(u) }

// numbersFrom is n odd numbers from first on.
func numbersFrom(first uint32, n int) uids {
	var set wire.NumSet
	for i := range n {
		set.Add(first + 2*uint32(i))
	}
	return uids(set)
}

func TestSplit(t *testing.T) {
	long, short := search.UIDs(numbersFrom(1, 500)), search.UIDs(numbersFrom(1, 3))
	for name, tt := range map[string]struct {
		q     search.Query
		parts bool
	}{
		"a long set":             {long, true},
		"a short set":            {short, false},
		"both":                   {search.And(search.Seen, long), true},
		"both, the other way":    {search.And(long, search.Subject("hi"), search.Seen), true},
		"either":                 {search.Or(long, search.Seen), true},
		"either, short":          {search.Or(short, search.Seen), false},
		"not":                    {search.Not(long), false}, // has to stand in one command
		"numbers are not stable": {search.Numbers(numbersFrom(1, 500)), false},
	} {
		parts := []search.Part(nil)
		if s, ok := tt.q.(interface {
			Split(octets, ranges int) []search.Part
		}); ok {
			parts = s.Split(200, 0)
		}
		if len(parts) > 1 != tt.parts {
			t.Errorf("%s: %d parts", name, len(parts))
		}
		for _, p := range parts {
			c := wire.NewCommand("SEARCH")
			if p.AppendTo(c); c.Err() != nil || len(parts) > 1 && c.Len() > 210 {
				t.Errorf("%s: %d octets, %v", name, c.Len(), c.Err())
			}
		}
	}
}
