package wire

import (
	"math/rand/v2"
	"testing"
)

func TestCutText(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var s NumSet
		for range 1 + rng.IntN(60) {
			first := rng.Uint32N(1 << (1 + rng.IntN(31)))
			s.AddRange(first, first+rng.Uint32N(3))
		}
		if rng.IntN(4) == 0 {
			s.AddRange(s[len(s)-1].First, Star)
		}
		octets, ranges := 1+rng.IntN(80), rng.IntN(6)
		var joined NumSet
		for rest := s; len(rest) > 0; {
			var head NumSet
			head, rest = rest.CutText(octets, ranges)
			if len(head) == 0 {
				t.Fatalf("%v by %d: an empty head", s, octets)
			}
			if text := head.String(); len(head) > 1 && (len(text) > octets || ranges > 0 && len(head) > ranges) {
				t.Fatalf("%q is longer than %d octets or %d ranges", text, octets, ranges)
			}
			if len(rest) > 0 && (ranges == 0 || len(head) < ranges) {
				if more := append(head[:len(head):len(head)], rest[0]); len(more.String()) <= octets {
					t.Fatalf("%v would have had room for %v in %d", head, rest[0], octets)
				}
			}
			joined = append(joined, head...)
		}
		if joined.String() != s.String() {
			t.Fatalf("%v became %v", s, joined)
		}
	}
}
