package search

import "slices"

// NeedsQuery is a [Query] that knows which capabilities a server must offer to
// understand it, those of IMAP4rev1 left out: the method that is to send it
// returns an *imap.UnsupportedError before anything is sent if one is missing.
// [And], [Or] and [Not] answer for what is in them.
type NeedsQuery interface {
	Query
	Needs() []string
}

// Needs returns the capabilities that a query needs, sorted, each once.
func Needs(queries ...Query) []string {
	var names []string
	for _, q := range queries {
		if n, ok := q.(NeedsQuery); ok {
			names = append(names, n.Needs()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (q and) Needs() []string { return Needs(q.a, q.b) }
func (q or) Needs() []string  { return Needs(q.a, q.b) }
func (q not) Needs() []string { return Needs(q.q) }
