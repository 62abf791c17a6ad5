package imap

import (
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// SearchOptions say what ESearch and ESort return (RFC 4731, RFC 9051 §6.4.4).
// Without any of Min, Max, Count, All and Partial it is All.
type SearchOptions struct {
	All   bool // all messages found
	Min   bool // the first of them
	Max   bool // the last of them
	Count bool // how many they are

	// Partial returns those that stand in a range of the result: {1, 100} are
	// the first hundred, {-1, -100} the last (RFC 9394, RFC 5267 §4.4). It does
	// not go with All. A server that lacks PARTIAL and CONTEXT=SEARCH is asked
	// for all, and the range is taken from these.
	Partial Partial

	// Save makes the server keep the result, for commands to name it in a word:
	// see [SavedResult] (RFC 5182). It needs SEARCHRES. What is kept is what is
	// returned; with Count it is all that was found, and returned as well.
	Save bool

	// Relevancy asks how well each message fits a fuzzy search, from 1 to 100
	// (RFC 6203 §4). It needs SEARCH=FUZZY.
	Relevancy bool

	// Context hints that the same search will be made again (RFC 5267 §4.2).
	// Servers without CONTEXT=SEARCH, for ESort CONTEXT=SORT, are not told.
	Context bool
}

// SearchResult is what a search found. What was not asked for is zero, unless
// it follows from what was.
type SearchResult struct {
	UIDs  UIDSet // of All, or those of Partial
	Order []UID  // of ESort: the same, in order
	Min   UID    // the first in the result; 0: nothing was found
	Max   UID    // the last in the result; 0: nothing was found
	Count uint32 // how many were found
	// ModSeq is the highest mod-sequence of the messages that are returned, if
	// the query has the key MODSEQ and something was found (RFC 7162 §3.1.5).
	ModSeq uint64
	// Relevancy has a score for each of UIDs, in ascending order, of ESort for
	// each of Order. It is nil if the server did not give as many.
	Relevancy []uint8
	// Saved is the result as the server keeps it, if Save was asked.
	Saved SavedResult
}

// withDefaults returns what o asks for.
func (o *SearchOptions) withDefaults() SearchOptions {
	var v SearchOptions
	if o != nil {
		v = *o
	}
	if v.Partial.IsZero() && (v == SearchOptions{Save: v.Save, Relevancy: v.Relevancy, Context: v.Context} || v.Save && v.Count) {
		v.All = true
	}
	return v
}

// check returns what is wrong with the options, if anything.
func (o *SearchOptions) check() error {
	bad := func(reason string) error {
		return &wire.ArgumentError{Kind: "search option", Reason: reason}
	}
	switch {
	case o.Partial.IsZero():
		return nil
	case !o.Partial.valid():
		cmd := wire.NewCommand("SEARCH")
		o.Partial.appendTo(cmd)
		return cmd.Err()
	case o.All:
		return bad("Partial does not go with All")
	case o.Save && o.Count:
		return bad("Partial does not go with Save and Count, which is to keep all messages")
	}
	return nil
}

// cut returns a range of a list.
func cut[T any](p Partial, list []T) []T {
	n := int64(len(list))
	first, last := min(p.First, p.Last), max(p.First, p.Last)
	if first < 0 {
		first, last = n+1+first, n+1+last
	}
	first, last = max(first, 1), min(last, n)
	if first > last {
		return nil
	}
	return list[first-1 : last]
}

// cutSet returns a range of a set.
func cutSet(p Partial, set wire.NumSet) wire.NumSet {
	n := int64(set.Len())
	first, last := min(p.First, p.Last), max(p.First, p.Last)
	if first < 0 {
		first, last = n+1+first, n+1+last
	}
	first, last = max(first, 1), min(last, n)
	if first > last {
		return nil
	}
	_, rest := set.Cut(uint64(first - 1))
	part, _ := rest.Cut(uint64(last - first + 1))
	return part
}
