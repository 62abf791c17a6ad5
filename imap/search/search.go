// Package search has the keys of SEARCH as values (RFC 3501 §6.4.4,
// RFC 9051 §6.4.4), to be combined with [And], [Or] and [Not]. SORT, THREAD and
// ESEARCH take the same.
//
// The keys of extensions (WITHIN, SAVEDATE, OBJECTID, CONDSTORE, FILTERS,
// SEARCH=FUZZY, annotations, Gmail's) say which capability they need.
//
// Text is found without regard to case, as a substring. A mistake in an
// argument (an 8 bit keyword, a negative size, a NUL) shows when the command is
// built: it is not sent, and the method that was to send it returns a
// *wire.ArgumentError.
//
// The queries of this package are values: they can be compared with ==, used
// by several goroutines, and sent as often as one likes.
package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// Query is a condition on messages. It is the same interface as imap.Query.
//
// A query of another package may have the methods of [CharsetQuery],
// [NumbersQuery] and [NeedsQuery] as well; one that has not is taken to need
// nothing. Within [Or] and [Not] it is put in parentheses.
type Query interface {
	// AppendTo adds the query's keys to a SEARCH command. What is wrong with
	// them it tells by c.Fail.
	AppendTo(c *wire.Command)
}

// CharsetQuery is a [Query] that knows whether the command has to say CHARSET
// UTF-8, because a string in it is not ASCII. [And], [Or] and [Not] answer for
// what is in them.
type CharsetQuery interface {
	Query
	Charset() bool
}

// NumbersQuery is a [Query] that knows whether message sequence numbers are in
// it, so that the command must not be sent while an EXPUNGE may change what they
// mean (RFC 9051 §5.5). [And], [Or] and [Not] answer for what is in them.
type NumbersQuery interface {
	Query
	UsesNumbers() bool
}

func charset(q Query) bool {
	c, ok := q.(CharsetQuery)
	return ok && c.Charset()
}

func usesNumbers(q Query) bool {
	n, ok := q.(NumbersQuery)
	return ok && n.UsesNumbers()
}

// Key is a key without an argument. Keys other than the constants, those of
// extensions, are sent if they are atoms.
type Key string

// The keys of RFC 3501 that have no argument. [New], [Old] and [Recent] are
// gone from IMAP4rev2.
const (
	All        Key = "ALL"
	Answered   Key = "ANSWERED"
	Deleted    Key = "DELETED"
	Draft      Key = "DRAFT"
	Flagged    Key = "FLAGGED"
	New        Key = "NEW" // Recent, and not Seen
	Old        Key = "OLD" // not Recent
	Recent     Key = "RECENT"
	Seen       Key = "SEEN"
	Unanswered Key = "UNANSWERED"
	Undeleted  Key = "UNDELETED"
	Undraft    Key = "UNDRAFT"
	Unflagged  Key = "UNFLAGGED"
	Unseen     Key = "UNSEEN"
)

// AppendTo adds the key.
func (k Key) AppendTo(c *wire.Command) { c.Atom(string(k)) }
