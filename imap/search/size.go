package search

import (
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Larger finds the messages of more than n bytes. Servers of IMAP4rev1 may
// refuse an n above 4294967295.
func Larger(n int64) Query { return size{"LARGER", n} }

// Smaller finds the messages of fewer than n bytes.
func Smaller(n int64) Query { return size{"SMALLER", n} }

type size struct {
	key string
	n   int64
}

// AppendTo adds the key and the number.
func (q size) AppendTo(c *wire.Command) {
	if q.n < 0 {
		fail(c, "size", fmt.Sprint(q.n), "it is negative")
		return
	}
	c.Atom(q.key).Number(uint64(q.n))
}
