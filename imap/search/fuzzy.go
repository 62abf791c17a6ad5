package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// Fuzzy finds what q finds, and what is like it, as the server thinks
// (RFC 6203 §4). It needs the capability SEARCH=FUZZY.
func Fuzzy(q Query) Query { return fuzzy{q} }

type fuzzy struct{ q Query }

// AppendTo adds FUZZY and the query as a single key.
func (q fuzzy) AppendTo(c *wire.Command) {
	c.Atom("FUZZY")
	single(c, q.q)
}

func (q fuzzy) Charset() bool     { return charset(q.q) }
func (q fuzzy) UsesNumbers() bool { return usesNumbers(q.q) }
func (q fuzzy) Needs() []string   { return append(Needs(q.q), "SEARCH=FUZZY") }
