package search

import (
	"fmt"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The keys with a date look at the day alone, without the time and its zone:
// the day that t shows in its own location. Before, On and Since are about when
// a message came into the mailbox (its internal date), SentBefore, SentOn and
// SentSince about the Date field of its header.

// Before finds what came before the day of t.
func Before(t time.Time) Query { return dayOf("BEFORE", t) }

// On finds what came on the day of t.
func On(t time.Time) Query { return dayOf("ON", t) }

// Since finds what came on the day of t or later.
func Since(t time.Time) Query { return dayOf("SINCE", t) }

// SentBefore finds what is dated before the day of t.
func SentBefore(t time.Time) Query { return dayOf("SENTBEFORE", t) }

// SentOn finds what is dated on the day of t.
func SentOn(t time.Time) Query { return dayOf("SENTON", t) }

// SentSince finds what is dated on the day of t or later.
func SentSince(t time.Time) Query { return dayOf("SENTSINCE", t) }

type day struct {
	key   string
	year  int
	month time.Month
	day   int
}

func dayOf(key string, t time.Time) Query {
	year, month, d := t.Date()
	return day{key, year, month, d}
}

// AppendTo adds the key and the date, such as 05-Jul-2026 (RFC 9051 §9, date).
func (q day) AppendTo(c *wire.Command) {
	if q.year < 1 || q.year > 9999 {
		fail(c, "date", fmt.Sprint(q.year), "the year must have four digits")
		return
	}
	if q.year == 1 && q.month == time.January && q.day == 1 {
		fail(c, "date", "", "it is the zero time")
		return
	}
	c.Atom(q.key).Atom(fmt.Sprintf("%02d-%s-%04d", q.day, q.month.String()[:3], q.year))
}
