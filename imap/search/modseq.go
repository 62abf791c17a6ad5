package search

import (
	"math"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ModSeq finds what was changed since: whose mod-sequence is n or higher
// (RFC 7162 §3.1.5). It needs the capability CONDSTORE.
func ModSeq(n uint64) Query { return modSeq{extension{"CONDSTORE"}, "", "", n} }

// MetadataType says whose metadata is meant, where servers keep some for each
// user and some for all (RFC 7162 §7, entry-type-req).
type MetadataType string

// The types of metadata.
const (
	Private MetadataType = "priv"
	Shared  MetadataType = "shared"
	AnyType MetadataType = "all" // the higher of the two
)

// FlagModSeq finds the messages on which one flag was changed, its
// mod-sequence being n or higher. Servers that do not keep one for each flag,
// nearly all, take that of the message (RFC 7162 §3.1.5). An empty of is
// [AnyType]. It needs the capability CONDSTORE.
func FlagModSeq[F ~string](flag F, of MetadataType, n uint64) Query {
	if of == "" {
		of = AnyType
	}
	return modSeq{extension{"CONDSTORE"}, string(flag), of, n}
}

type modSeq struct {
	extension
	flag string // "": none
	of   MetadataType
	n    uint64
}

// AppendTo adds MODSEQ, the entry if there is one, and the mod-sequence.
func (q modSeq) AppendTo(c *wire.Command) {
	if q.n > math.MaxInt64 {
		fail(c, "mod-sequence", "", "it has 63 bits")
		return
	}
	c.Atom("MODSEQ")
	if q.of != "" {
		if wire.NewCommand("X").Flag(q.flag).Err() != nil || q.flag == `\*` {
			fail(c, "flag", q.flag, "want a flag such as \\Seen or $Junk")
			return
		}
		c.String("/flags/" + q.flag).Atom(string(q.of))
	}
	c.Number(q.n)
}
