package imap

import (
	"math"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ResultChange is one change of the result of a search that the server keeps up
// to date (RFC 5267 §4.3): messages come to it, or go.
type ResultChange struct {
	// Removed: they went; else they came.
	Removed bool
	// Position is where in the result the first of them stands, counted from 1.
	// 0: the result of a SEARCH is in the order of its UIDs.
	Position uint32
	// UIDs are the messages, which stand behind each other in ascending order.
	UIDs UIDSet
}

// maxChanges is how many changes one response may tell.
const maxChanges = 100_000

// RFC 5267 §5, ret-data-addto and ret-data-removefrom. Messages that come in
// another order than that of their UIDs are as many changes.
func (p *parser) resultChanges(d *searchData, removed bool) {
	for p.r.Open(); p.r.Err() == nil && !p.r.Close(); p.r.SkipSP() {
		position := p.r.Number()
		p.r.SP()
		set := p.orderedSet()
		if position == 0 {
			p.resultChange(d, ResultChange{Removed: removed, UIDs: UIDSet{set.normal()}})
			continue
		}
		at := uint64(position)
		for _, r := range set.set {
			if at > math.MaxUint32 {
				p.r.Fail("a position in the result")
				return
			}
			p.resultChange(d, ResultChange{Removed: removed, Position: uint32(at), UIDs: UIDSet{wire.NumSet{r}}})
			if !removed {
				at += rangeLen(r)
			}
		}
	}
}

func (p *parser) resultChange(d *searchData, c ResultChange) {
	if len(d.changes) == maxChanges {
		p.r.FailWith(&wire.LimitError{What: "number of changes of a result", Max: maxChanges})
		return
	}
	d.changes = append(d.changes, c)
}

// Apply returns the result as it is behind the change. It changes list, of
// which the caller must keep no copy. A list that the change does not fit, as
// it is not the server's, is a *LimitError or ErrOutOfStep; then the search
// must be made anew.
func (c ResultChange) Apply(list []UID) ([]UID, error) {
	n := c.UIDs.Len()
	if n+uint64(len(list)) > maxFound && !c.Removed {
		return list, &wire.LimitError{What: "number of messages found", Max: maxFound}
	}
	switch {
	case c.Position == 0 && c.Removed:
		return slices.DeleteFunc(list, c.UIDs.Contains), nil
	case c.Position == 0:
		return slices.Compact(sorted(append(list, slices.Collect(c.UIDs.All())...))), nil
	}
	at := uint64(c.Position - 1)
	if !c.Removed {
		if at > uint64(len(list)) {
			return list, ErrOutOfStep
		}
		return slices.Insert(list, int(at), slices.Collect(c.UIDs.All())...), nil
	}
	if at+n > uint64(len(list)) || !slices.Equal(list[at:at+n], slices.Collect(c.UIDs.All())) {
		return list, ErrOutOfStep
	}
	return slices.Delete(list, int(at), int(at+n)), nil
}

func sorted(list []UID) []UID {
	slices.Sort(list)
	return list
}
