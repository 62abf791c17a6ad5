package imaptest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// star stands for * in a set.
const star = math.MaxUint32

// numRange is lo:hi, in either order as clients may send it.
type numRange struct{ lo, hi uint32 }

// numSet is a sequence set, of sequence numbers or UIDs.
type numSet []numRange

// normal returns the set with * replaced by last, ranges the right way round,
// sorted and merged.
func (s numSet) normal(last uint32) numSet {
	set := make(numSet, 0, len(s))
	for _, r := range s {
		if r.lo == star {
			r.lo = last
		}
		if r.hi == star {
			r.hi = last
		}
		set = append(set, numRange{min(r.lo, r.hi), max(r.lo, r.hi)})
	}
	slices.SortFunc(set, func(a, b numRange) int { return cmp.Compare(a.lo, b.lo) })
	merged := set[:0]
	for _, r := range set {
		if n := len(merged); n > 0 && uint64(r.lo) <= uint64(merged[n-1].hi)+1 {
			merged[n-1].hi = max(merged[n-1].hi, r.hi)
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// contains looks n up in a normal set.
func (s numSet) contains(n uint32) bool {
	i, _ := slices.BinarySearchFunc(s, n, func(r numRange, n uint32) int {
		return cmp.Compare(r.hi, n)
	})
	return i < len(s) && s[i].lo <= n
}

// add appends n, which must be larger than all before.
func (s numSet) add(n uint32) numSet {
	if k := len(s); k > 0 && s[k-1].hi+1 == n {
		s[k-1].hi = n
		return s
	}
	return append(s, numRange{n, n})
}

// append writes the set as IMAP has it.
func (s numSet) append(dst []byte) []byte {
	for i, r := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(r.lo), 10)
		if r.hi != r.lo {
			dst = append(dst, ':')
			dst = strconv.AppendUint(dst, uint64(r.hi), 10)
		}
	}
	return dst
}

func (s numSet) String() string { return string(s.append(nil)) }
