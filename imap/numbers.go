package imap

import (
	"iter"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// UID is a message's unique identifier: it grows, and stays the same as long
// as the mailbox's UIDVALIDITY does (RFC 9051 §2.3.1.1). 0 is none.
type UID uint32

// MaxUID is the largest UID; in a set it stands for "*" as the end of a range.
const MaxUID UID = UID(wire.Star)

// UIDs is what methods take that work on messages: a [UID] or a [UIDSet].
type UIDs interface{ uidSet() UIDSet }

func (u UID) uidSet() UIDSet { return UIDSetOf(u) }

// UIDSet is a set of UIDs, kept as ranges: it may hold billions in a few
// bytes. The zero value is the empty set. A UIDSet is a value; copies share
// nothing that changes.
type UIDSet struct{ set wire.NumSet }

func (s UIDSet) uidSet() UIDSet { return s }

// UIDSetOf returns the set of some UIDs.
func UIDSetOf(uids ...UID) UIDSet {
	var set wire.NumSet
	for _, u := range uids {
		set.Add(uint32(u))
	}
	return UIDSet{set}
}

// UIDRange returns the set of first to last; last [MaxUID] means "*". Mind
// that the server takes n:* to hold its highest UID even if that is below n.
func UIDRange(first, last UID) UIDSet {
	var set wire.NumSet
	set.AddRange(uint32(first), uint32(last))
	return UIDSet{set}
}

// ParseUIDSet parses a set such as "1,5:7,10:*" (RFC 9051 §9, sequence-set).
// What is none is a *wire.ArgumentError; so is an empty one.
func ParseUIDSet(s string) (UIDSet, error) {
	set, err := wire.ParseNumSet(s)
	return UIDSet{set}, err
}

// With returns the set with more UIDs in it.
func (s UIDSet) With(more UIDs) UIDSet { return UIDSet{s.set.Union(more.uidSet().set)} }

// Without returns the set with some UIDs taken out.
func (s UIDSet) Without(less UIDs) UIDSet { return UIDSet{s.set.Minus(less.uidSet().set)} }

// And returns the set of those that are in both.
func (s UIDSet) And(other UIDs) UIDSet { return UIDSet{s.set.And(other.uidSet().set)} }

// Equal says whether two sets have the same UIDs.
func (s UIDSet) Equal(other UIDs) bool { return slices.Equal(s.set, other.uidSet().set) }

// Contains says whether u is in the set.
func (s UIDSet) Contains(u UID) bool { return s.set.Contains(uint32(u)) }

// Len is how many UIDs the set has.
func (s UIDSet) Len() uint64 { return s.set.Len() }

// Empty says whether there are none.
func (s UIDSet) Empty() bool { return len(s.set) == 0 }

// All yields the UIDs in ascending order.
func (s UIDSet) All() iter.Seq[UID] {
	return func(yield func(UID) bool) {
		for n := range s.set.All() {
			if !yield(UID(n)) {
				return
			}
		}
	}
}

// Ranges yields the set as ranges, first and last, in ascending order.
func (s UIDSet) Ranges() iter.Seq2[UID, UID] {
	return func(yield func(UID, UID) bool) {
		for _, r := range s.set {
			if !yield(UID(r.First), UID(r.Last)) {
				return
			}
		}
	}
}

// Min is the smallest UID in the set, 0 if it is empty.
func (s UIDSet) Min() UID {
	if len(s.set) == 0 {
		return 0
	}
	return UID(s.set[0].First)
}

// Max is the largest UID in the set, 0 if it is empty.
func (s UIDSet) Max() UID {
	if len(s.set) == 0 {
		return 0
	}
	return UID(s.set[len(s.set)-1].Last)
}

func (s UIDSet) String() string { return s.set.String() }

// SeqSet is a set of message sequence numbers. One that a [Mailbox] returned
// remembers the state of the mailbox it was true for: used later, it is
// carried over the expunges in between, or refused with [ErrRenumbered].
type SeqSet struct {
	set   wire.NumSet
	epoch uint64 // 0: the caller's own numbers, taken as true now
	box   *Mailbox
}

// SeqSetOf returns a set of sequence numbers, taken to be true when the
// command that uses it is written.
func SeqSetOf(nums ...uint32) SeqSet { return SeqSet{set: wire.NumSetOf(nums...)} }

// SeqRange returns the set of first to last; last 4294967295 means "*".
func SeqRange(first, last uint32) SeqSet {
	var set wire.NumSet
	set.AddRange(first, last)
	return SeqSet{set: set}
}

// ParseSeqSet parses a set such as "1,5:7,10:*"; see ParseUIDSet.
func ParseSeqSet(s string) (SeqSet, error) {
	set, err := wire.ParseNumSet(s)
	return SeqSet{set: set}, err
}

// Contains says whether n is in the set.
func (s SeqSet) Contains(n uint32) bool { return s.set.Contains(n) }

// Len is how many numbers the set has.
func (s SeqSet) Len() uint64 { return s.set.Len() }

// Empty says whether there are none.
func (s SeqSet) Empty() bool { return len(s.set) == 0 }

// All yields the numbers in ascending order.
func (s SeqSet) All() iter.Seq[uint32] { return s.set.All() }

func (s SeqSet) String() string { return s.set.String() }

// NumSet returns the set as package wire keeps it. The caller must not change it.
func (s UIDSet) NumSet() wire.NumSet { return s.set }

// NumSet returns the set as package wire keeps it. The caller must not change it.
func (s SeqSet) NumSet() wire.NumSet { return s.set }
