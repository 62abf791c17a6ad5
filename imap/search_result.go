package imap

import (
	"cmp"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// result is what the search found, once it is done.
func (s *searching) result() *SearchResult {
	f := &s.found
	r := &SearchResult{ModSeq: f.modSeq, Saved: SavedResult{s.saved}}
	if s.keys != nil {
		s.sorted(r)
		return r
	}
	if !s.whole() {
		r.UIDs = UIDSet{f.part.Union(nil)}
		r.Min, r.Max, r.Count = UID(f.min), UID(f.max), f.count
		r.Relevancy = s.scores(f.part)
		return r
	}
	r.UIDs, r.Relevancy = UIDSet{f.nums}, s.scores(f.order)
	if r.Count = uint32(f.nums.Len()); r.Count > 0 {
		r.Min, r.Max = UID(f.nums[0].First), r.UIDs.Max()
	}
	if p := s.opts.Partial; !p.IsZero() {
		r.UIDs, r.Relevancy = UIDSet{cutSet(p, f.nums)}, cut(p, r.Relevancy)
	}
	return r
}

// whole says whether all of what was found is known.
func (s *searching) whole() bool {
	return !s.extended || s.plain || s.opts.All || !s.opts.Partial.IsZero() && !s.partial
}

// sorted is result of SORT.
func (s *searching) sorted(r *SearchResult) {
	f := &s.found
	if !s.whole() {
		r.Order, r.UIDs = listOf(f.part), UIDSet{f.part.Union(nil)}
		r.Min, r.Max, r.Count = UID(f.min), UID(f.max), f.count
		r.Relevancy = s.scores(f.part)
		return
	}
	r.Order, r.Relevancy = listOf(f.order), s.scores(f.order)
	if n := len(r.Order); n > 0 {
		r.Min, r.Max, r.Count = r.Order[0], r.Order[n-1], uint32(n)
	}
	r.UIDs = UIDSet{f.order.Union(nil)}
	if p := s.opts.Partial; !p.IsZero() {
		r.Order, r.Relevancy = cut(p, r.Order), cut(p, r.Relevancy)
		r.UIDs = UIDSetOf(r.Order...)
	}
}

// listOf is a set in the order that it was sent in.
func listOf(order wire.NumSet) []UID {
	list := make([]UID, 0, order.Len())
	for n := range order.All() {
		list = append(list, UID(n))
	}
	return list
}

// scores returns one for each message of order, or nil. Those of a SEARCH that
// was not answered in the order of the UIDs are brought into it.
func (s *searching) scores(order wire.NumSet) []uint8 {
	scores := s.found.relevancy
	if len(scores) == 0 || order.Len() != uint64(len(scores)) {
		return nil
	}
	if s.keys != nil || !s.unsorted && ascending(order) {
		return scores
	}
	type scored struct {
		n     uint32
		score uint8
	}
	list := make([]scored, 0, len(scores))
	for n := range order.All() {
		list = append(list, scored{n, scores[len(list)]})
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(a.n, b.n) })
	list = slices.CompactFunc(list, func(a, b scored) bool { return a.n == b.n })
	out := make([]uint8, len(list))
	for i := range list {
		out[i] = list[i].score
	}
	return out
}

func ascending(order wire.NumSet) bool {
	return slices.IsSortedFunc(order, func(a, b wire.Range) int { return cmp.Compare(a.First, b.First) })
}
