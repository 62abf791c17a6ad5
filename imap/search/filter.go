package search

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Filter finds what a query finds that is kept on the server under a name
// (RFC 5466): the server's annotation /shared/filters/values/name, or
// /private/…. A name without a filter is refused with UNDEFINED-FILTER. It
// needs the capability FILTERS.
func Filter(name string) Query { return filter{extension{"FILTERS"}, name} }

type filter struct {
	extension
	name string
}

// AppendTo adds FILTER and the name (RFC 5466 §4, filter-name).
func (q filter) AppendTo(c *wire.Command) {
	if strings.Contains(q.name, "/") {
		fail(c, "filter name", q.name, "it must not hold a slash")
		return
	}
	c.Atom("FILTER").Atom(q.name)
}

// UsesNumbers is true: nobody knows what the filter has in it.
func (q filter) UsesNumbers() bool { return true }
