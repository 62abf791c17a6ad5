package search

import (
	"fmt"
	"math"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Older finds what came into the mailbox at least d ago, by the server's clock
// (RFC 5032). d counts in whole seconds, what is left over is cut off; it must
// be one second or more. It needs the capability WITHIN.
func Older(d time.Duration) Query { return age{extension{"WITHIN"}, "OLDER", d} }

// Younger finds what came into the mailbox within the last d, otherwise as
// [Older].
func Younger(d time.Duration) Query { return age{extension{"WITHIN"}, "YOUNGER", d} }

type age struct {
	extension
	key string
	d   time.Duration
}

// AppendTo adds the key and the seconds (RFC 5032 §2).
func (q age) AppendTo(c *wire.Command) {
	seconds := int64(q.d / time.Second)
	if seconds < 1 || seconds > math.MaxUint32 {
		fail(c, "age", fmt.Sprint(q.d), "want from 1 to 4294967295 seconds")
		return
	}
	c.Atom(q.key).Number(uint64(seconds))
}
