package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// And finds the messages that every query finds; without queries, all of them.
func And(queries ...Query) Query { return fold(queries, All, join) }

// Or finds the messages that at least one query finds; without queries, none.
// IMAP's OR has two operands: more are nested, and evenly so, because servers
// bound the depth.
func Or(queries ...Query) Query { return fold(queries, Not(All), either) }

// Not finds the messages that q does not find.
func Not(q Query) Query { return not{q} }

// fold combines queries two by two, in their order.
func fold(queries []Query, none Query, two func(a, b Query) Query) Query {
	switch k := len(queries); k {
	case 0:
		return none
	case 1:
		return queries[0]
	default:
		return two(fold(queries[:k/2], none, two), fold(queries[k/2:], none, two))
	}
}

func join(a, b Query) Query   { return and{a, b} }
func either(a, b Query) Query { return or{a, b} }

type and struct{ a, b Query }

// AppendTo adds the keys of one query, then those of the other.
func (q and) AppendTo(c *wire.Command) {
	keys(c, q.a)
	keys(c, q.b)
}

func (q and) Charset() bool     { return charset(q.a) || charset(q.b) }
func (q and) UsesNumbers() bool { return usesNumbers(q.a) || usesNumbers(q.b) }

type or struct{ a, b Query }

// AppendTo adds OR and the two queries, each as a single key.
func (q or) AppendTo(c *wire.Command) {
	c.Atom("OR")
	single(c, q.a)
	single(c, q.b)
}

func (q or) Charset() bool     { return charset(q.a) || charset(q.b) }
func (q or) UsesNumbers() bool { return usesNumbers(q.a) || usesNumbers(q.b) }

type not struct{ q Query }

// AppendTo adds NOT and the query as a single key.
func (q not) AppendTo(c *wire.Command) {
	c.Atom("NOT")
	single(c, q.q)
}

func (q not) Charset() bool     { return charset(q.q) }
func (q not) UsesNumbers() bool { return usesNumbers(q.q) }

// keys adds a query in a place where several keys may stand.
func keys(c *wire.Command, q Query) {
	if q == nil {
		fail(c, "query", "", "it is nil")
		return
	}
	q.AppendTo(c)
}

// single adds a query in a place where one key must stand: in parentheses if it
// is more, or might be.
func single(c *wire.Command, q Query) {
	switch q.(type) {
	case Key, not, or, text, header, keyword, day, size, numbers, nil,
		age, annotation, extensionKey, filter, fuzzy, gmailID, gmailLabel, gmailRaw, modSeq, objectID, saved:
		keys(c, q)
	default:
		c.List(func() { keys(c, q) })
	}
}

func fail(c *wire.Command, kind, value, reason string) {
	c.Fail(&wire.ArgumentError{Kind: kind, Value: value, Reason: reason})
}
