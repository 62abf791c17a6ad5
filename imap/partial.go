package imap

import (
	"math"
	"strconv"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Partial is a range of results by their place (RFC 9394): {1, 100} are the
// hundred with the lowest UIDs, {-1, -100} those with the highest. The zero
// Partial is no range: all.
type Partial struct{ First, Last int64 }

// IsZero says whether p is no range.
func (p Partial) IsZero() bool { return p == Partial{} }

// RFC 9394 §4, modifier-partial
func (p Partial) appendTo(cmd *wire.Command) {
	if !p.valid() {
		cmd.Fail(&wire.ArgumentError{Kind: "partial range", Value: p.String(), Reason: "both ends count from the first, 1 and up, or both from the last, -1 and down"})
		return
	}
	cmd.Atom("PARTIAL").Atom(p.String())
}

func (p Partial) valid() bool {
	place := func(n int64) bool { return n != 0 && -math.MaxUint32 <= n && n <= math.MaxUint32 }
	return place(p.First) && place(p.Last) && (p.First > 0) == (p.Last > 0)
}

func (p Partial) String() string {
	return strconv.FormatInt(p.First, 10) + ":" + strconv.FormatInt(p.Last, 10)
}

// len is how many places the range has.
func (p Partial) len() uint64 {
	return uint64(max(p.First, p.Last)-min(p.First, p.Last)) + 1
}
