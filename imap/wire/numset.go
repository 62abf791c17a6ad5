package wire

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// Range is an inclusive range of message numbers. Last may be Star, "the
// largest number in use"; a Range of two Stars is "*" alone.
type Range struct{ First, Last uint32 }

// Star stands for "*" in a Range.
const Star = ^uint32(0)

// NumSet is a set of message numbers, kept as ranges: 1:4294967295 takes eight
// bytes. The functions that build one keep it sorted, without overlaps and
// without zeros.
//
// (4294967295 and "*" are told apart nowhere: no mailbox has that many
// messages, and a UID that large is the largest in use.)
type NumSet []Range

// ParseNumSet parses a set such as "1,5:7,10:*" (RFC 9051 §9, sequence-set).
func ParseNumSet(s string) (NumSet, error) { return parseNumSet([]byte(s), true) }

func parseNumSet(b []byte, star bool) (NumSet, error) {
	var set NumSet
	sorted := true
	for i := 0; ; i++ {
		first, n, ok := parseNum(b[i:], star)
		if !ok {
			return nil, badSet(b)
		}
		i += n
		last := first
		if i < len(b) && b[i] == ':' {
			if last, n, ok = parseNum(b[i+1:], star); !ok {
				return nil, badSet(b)
			}
			i += 1 + n
		}
		r := Range{min(first, last), max(first, last)}
		if k := len(set); k > 0 && set[k-1].Last != Star && r.First == set[k-1].Last+1 {
			set[k-1].Last = r.Last
		} else {
			sorted = sorted && (k == 0 || set[k-1].Last < r.First)
			set = append(set, r)
		}
		if i == len(b) {
			break
		}
		if b[i] != ',' {
			return nil, badSet(b)
		}
	}
	if !sorted {
		set = set.normal()
	}
	return set, nil
}

func badSet(b []byte) error {
	return &ArgumentError{Kind: "number set", Value: clip(string(b)), Reason: "want numbers and ranges such as 1,5:7,10:*"}
}

// parseNum parses a nz-number, or '*' if that is allowed.
func parseNum(b []byte, star bool) (v uint32, n int, ok bool) {
	if star && len(b) > 0 && b[0] == '*' {
		return Star, 1, true
	}
	var x uint64
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		if x = x*10 + uint64(b[n]-'0'); x > 1<<32-1 {
			return 0, 0, false
		}
		n++
	}
	return uint32(x), n, n > 0 && x > 0
}

// NumSetOf returns the set of nums, in whatever order; zeros are left out.
func NumSetOf(nums ...uint32) NumSet {
	var s NumSet
	sorted := true
	for _, n := range nums {
		if n == 0 {
			continue
		}
		if k := len(s); k > 0 {
			end := &s[k-1]
			if end.Last != Star && n == end.Last+1 {
				end.Last = n
				continue
			}
			sorted = sorted && end.Last < n
		}
		s = append(s, Range{n, n})
	}
	if !sorted {
		s = s.normal()
	}
	return s
}

// Add adds n; a zero is ignored. Adding in ascending order is cheap. The set is
// changed in place: a copy made by assignment changes with it.
func (s *NumSet) Add(n uint32) { s.AddRange(n, n) }

// AddRange adds first to last, in whatever order; zeros are left out. It
// changes the set in place, as Add does.
func (s *NumSet) AddRange(first, last uint32) {
	if first > last {
		first, last = last, first
	}
	if last == 0 {
		return
	}
	first = max(first, 1)
	// Ranges i to j-1 overlap the new one, or touch it.
	i := s.find(first - 1)
	j := i
	for j < len(*s) && (last == Star || (*s)[j].First <= last+1) {
		first, last = min(first, (*s)[j].First), max(last, (*s)[j].Last)
		j++
	}
	*s = slices.Replace(*s, i, j, Range{first, last})
}

// normal sorts the set and joins what touches.
func (s NumSet) normal() NumSet {
	slices.SortFunc(s, func(a, b Range) int {
		switch {
		case a.First < b.First:
			return -1
		case a.First > b.First:
			return 1
		}
		return 0
	})
	out := s[:0]
	for _, r := range s {
		if k := len(out); k > 0 && (out[k-1].Last == Star || r.First <= out[k-1].Last+1) {
			out[k-1].Last = max(out[k-1].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}

// find returns the index of the first range that ends at n or above.
func (s NumSet) find(n uint32) int {
	i, _ := slices.BinarySearchFunc(s, n, func(r Range, n uint32) int {
		if r.Last < n {
			return -1
		}
		return 1
	})
	return i
}

// Contains says whether n is in the set. "*" counts as no number but itself,
// and as the open end of a range.
func (s NumSet) Contains(n uint32) bool {
	i := s.find(n)
	return n > 0 && i < len(s) && s[i].First <= n
}

// Intersects says whether two sets have a number in common.
func (s NumSet) Intersects(t NumSet) bool {
	for i, j := 0, 0; i < len(s) && j < len(t); {
		switch {
		case s[i].Last < t[j].First:
			i++
		case t[j].Last < s[i].First:
			j++
		default:
			return true
		}
	}
	return false
}

// Union returns the numbers of both sets.
func (s NumSet) Union(t NumSet) NumSet {
	return append(slices.Clone(s), t...).normal()
}

// Minus returns the numbers of s that are not in t.
func (s NumSet) Minus(t NumSet) NumSet {
	var out NumSet
	for _, r := range s {
		for j := t.find(r.First); j < len(t) && t[j].First <= r.Last; j++ {
			if t[j].First > r.First {
				out = append(out, Range{r.First, t[j].First - 1})
			}
			if t[j].Last >= r.Last {
				r.First = 0
				break
			}
			r.First = t[j].Last + 1
		}
		if r.First != 0 {
			out = append(out, r)
		}
	}
	return out
}

// And returns the numbers that are in both sets.
func (s NumSet) And(t NumSet) NumSet {
	var out NumSet
	for i, j := 0, 0; i < len(s) && j < len(t); {
		if first, last := max(s[i].First, t[j].First), min(s[i].Last, t[j].Last); first <= last {
			out = append(out, Range{first, last})
		}
		if s[i].Last < t[j].Last {
			i++
		} else {
			j++
		}
	}
	return out
}

// Len is how many numbers the set has; one with "*" counts up to 4294967295.
func (s NumSet) Len() uint64 {
	var n uint64
	for _, r := range s {
		n += uint64(r.Last) - uint64(r.First) + 1
	}
	return n
}

// Dynamic says whether the set has a "*", so that only the server knows it.
func (s NumSet) Dynamic() bool { return len(s) > 0 && s[len(s)-1].Last == Star }

// All yields the numbers in ascending order, of a "*" only 4294967295.
func (s NumSet) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, r := range s {
			for n := r.First; ; n++ {
				if !yield(n) {
					return
				}
				if n == r.Last {
					break
				}
			}
		}
	}
}

// Cut splits the set after its first n numbers; tail is empty if it has no
// more. The two may share memory with s.
func (s NumSet) Cut(n uint64) (head, tail NumSet) {
	if n == 0 {
		return nil, s
	}
	for i, r := range s {
		size := uint64(r.Last) - uint64(r.First) + 1
		if size < n {
			n -= size
			continue
		}
		if size == n {
			return s[: i+1 : i+1], s[i+1:]
		}
		head = append(slices.Clone(s[:i]), Range{r.First, r.First + uint32(n) - 1})
		tail = append(NumSet{{r.First + uint32(n), r.Last}}, s[i+1:]...)
		return head, tail
	}
	return s, nil
}

// AppendTo appends the set as IMAP writes it (RFC 9051 §9, sequence-set).
func (s NumSet) AppendTo(b []byte) []byte {
	num := func(n uint32) {
		if n == Star {
			b = append(b, '*')
		} else {
			b = strconv.AppendUint(b, uint64(n), 10)
		}
	}
	for i, r := range s {
		if i > 0 {
			b = append(b, ',')
		}
		num(r.First)
		if r.Last != r.First {
			b = append(b, ':')
			num(r.Last)
		}
	}
	return b
}

// String returns the set as IMAP writes it, however long that is.
func (s NumSet) String() string { return string(s.AppendTo(nil)) }

// Format prints the set as String does, whatever the verb: %v and %d have no
// better way. It keeps huge sets from filling logs.
func (s NumSet) Format(f fmt.State, _ rune) {
	if len(s) > 100 {
		fmt.Fprintf(f, "%s,… (%d ranges)", s[:100].String(), len(s))
		return
	}
	_, _ = f.Write(s.AppendTo(nil))
}
