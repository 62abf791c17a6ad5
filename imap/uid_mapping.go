package imap

import (
	"iter"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// UIDMapping says which UID a copied or moved message has got where it went.
// It is kept as ranges: four billion messages may take a few bytes. The zero
// value maps nothing. Nothing changes a UIDMapping; any goroutine may use it.
type UIDMapping struct {
	runs []uidRun // by source
}

// uidRun maps count UIDs from source on to as many from dest on.
type uidRun struct{ source, dest, count uint32 }

// Dest returns the UID that a message with UID source has got; ok is false if
// it was not copied.
func (m UIDMapping) Dest(source UID) (dest UID, ok bool) {
	i, found := slices.BinarySearchFunc(m.runs, uint32(source), func(r uidRun, u uint32) int {
		switch {
		case u < r.source:
			return 1
		case u-r.source >= r.count:
			return -1
		}
		return 0
	})
	if !found {
		return 0, false
	}
	return UID(m.runs[i].dest + (uint32(source) - m.runs[i].source)), true
}

// Len is how many messages were copied.
func (m UIDMapping) Len() uint64 {
	var n uint64
	for _, r := range m.runs {
		n += uint64(r.count)
	}
	return n
}

// All yields the UIDs in pairs, source and destination, in ascending order of
// the source.
func (m UIDMapping) All() iter.Seq2[UID, UID] {
	return func(yield func(UID, UID) bool) {
		for _, r := range m.runs {
			for i := range r.count {
				if !yield(UID(r.source+i), UID(r.dest+i)) {
					return
				}
			}
		}
	}
}

// uidRanges is a set of UIDs in the order it was sent in, which in COPYUID has
// a meaning that a wire.NumSet does not keep.
type uidRanges []wire.Range

// uidSet reads a set of UIDs (RFC 9051 §9, uid-set): a sequence-set without
// "*". The bounds of a range come in either order.
func (p *parser) uidSet() (set uidRanges) {
	for {
		first := p.r.NZNumber()
		last := first
		if p.r.Take(':') {
			last = p.r.NZNumber()
		}
		if p.r.Err() != nil {
			return nil
		}
		set = append(set, wire.Range{First: min(first, last), Last: max(first, last)})
		if !p.r.Take(',') {
			return set
		}
	}
}

// set returns s sorted and joined.
func (s uidRanges) set() wire.NumSet { return wire.NumSet(s).Union(nil) }

func (s uidRanges) len() uint64 { return wire.NumSet(s).Len() }

// pairUIDs pairs two sets in the order they were sent in (RFC 4315 §3). ok is
// false if one is longer than the other, or names a UID twice.
func pairUIDs(source, dest uidRanges) (m UIDMapping, ok bool) {
	n := source.len()
	if n != dest.len() || n != source.set().Len() || n != dest.set().Len() {
		return m, false
	}
	i, j := 0, 0
	var s, d wire.Range // what is left of source[i-1], dest[j-1]
	for sLeft, dLeft := uint64(0), uint64(0); n > 0; {
		if sLeft == 0 {
			s, i = source[i], i+1
			sLeft = rangeLen(s)
		}
		if dLeft == 0 {
			d, j = dest[j], j+1
			dLeft = rangeLen(d)
		}
		k := min(sLeft, dLeft)
		m.runs = appendRun(m.runs, uidRun{s.First, d.First, uint32(k)})
		s.First += uint32(k)
		d.First += uint32(k)
		sLeft, dLeft, n = sLeft-k, dLeft-k, n-k
	}
	slices.SortFunc(m.runs, func(a, b uidRun) int {
		if a.source < b.source {
			return -1
		}
		return 1
	})
	return m, true
}

// rangeLen is at most 1<<32-1: there is no UID 0.
func rangeLen(r wire.Range) uint64 { return uint64(r.Last) - uint64(r.First) + 1 }

// appendRun joins r to the last run if it goes on where that ends.
func appendRun(runs []uidRun, r uidRun) []uidRun {
	if k := len(runs); k > 0 {
		last := &runs[k-1]
		if last.source+last.count == r.source && last.dest+last.count == r.dest {
			last.count += r.count
			return runs
		}
	}
	return append(runs, r)
}
