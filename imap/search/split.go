package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// Part is a [Query]; imap knows it by the same name for the same thing, so that
// a query can be split without either package knowing the other.
type Part = interface{ AppendTo(c *wire.Command) }

// Split returns queries that together find what the query finds, where its set
// is longer than some octets, or has more than some ranges (0: any number).
// Mailbox.Search sends them one by one.
func (q numbers) Split(octets, ranges int) (parts []Part) {
	set, err := wire.ParseNumSet(q.set)
	if !q.uid || err != nil {
		return nil
	}
	for len(set) > 0 {
		var part wire.NumSet
		part, set = set.CutText(octets-len("UID "), ranges)
		parts = append(parts, numbers{uid: true, set: part.String()})
	}
	return parts
}

// Split splits one of the two, where the other leaves room for it.
func (q and) Split(octets, ranges int) (parts []Part) {
	if room := octets - length(q.b); room > leastRoom {
		for _, p := range split(q.a, room, ranges) {
			parts = append(parts, and{p, q.b})
		}
	}
	if room := octets - length(q.a); len(parts) < 2 && room > leastRoom {
		parts = nil
		for _, p := range split(q.b, room, ranges) {
			parts = append(parts, and{q.a, p})
		}
	}
	return parts
}

// leastRoom is below what length of sets splitting is of no use.
const leastRoom = 50

// Split asks for one after the other, if they are too long together.
func (q or) Split(octets, ranges int) []Part {
	parts := append(split(q.a, octets, ranges), split(q.b, octets, ranges)...)
	if len(parts) == 2 && length(q) <= octets {
		return nil
	}
	return parts
}

// split returns the parts of a query, at least one.
func split(q Query, octets, ranges int) []Part {
	if s, ok := q.(interface {
		Split(octets, ranges int) []Part
	}); ok {
		if parts := s.Split(octets, ranges); len(parts) > 1 {
			return parts
		}
	}
	return []Part{q}
}

// length is how many octets a query takes in a command.
func length(q Query) int {
	c := wire.NewCommand("X")
	if keys(c, q); c.Err() != nil {
		return 0
	}
	return c.Len()
}
