package watch

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Start says where to begin with a mailbox that the Store does not know. The zero
// Start is now: what is in the mailbox at first is not reported.
//
// As text it is "now", "all", "last:N", a date or time such as "2026-01-31" or
// "2026-01-31T12:00:00Z", or a Cursor's text.
type Start struct {
	cursor Cursor    // a place, or in All's case the first one in any life
	since  time.Time // zero: not by date
	last   int       // 0: not by number
}

// Now is the zero Start.
func Now() Start { return Start{} }

// All begins with the first message that is there.
func All() Start { return Start{cursor: Cursor{UIDNext: 1}} }

// At goes on where another Watch has stopped: with what is behind the batch that
// c is of. The zero Cursor is now. It is for one mailbox, and for a program that
// keeps Batch.Cursor itself: that must keep the first of [Online].Cursors too, or
// what arrives before its first batch is lost if it ends. With several mailboxes,
// or to keep cursors in a database, write a [Store].
func At(c Cursor) Start { return Start{cursor: c} }

// Since begins with the first message that was received at t or later
// (INTERNALDATE), and reports what stands behind it whatever its date.
func Since(t time.Time) Start { return Start{since: t} }

// Last begins with the last n messages; 0 or less: now.
func Last(n int) Start { return Start{last: max(n, 0)} }

// IsZero says whether s is now.
func (s Start) IsZero() bool { return s == Start{} }

func (s Start) String() string {
	switch {
	case s.IsZero():
		return "now"
	case s == All():
		return "all"
	case s.last > 0:
		return fmt.Sprintf("last:%d", s.last)
	case !s.since.IsZero():
		return s.since.Format(time.RFC3339)
	}
	return s.cursor.String()
}

// ParseStart reads what String wrote, and dates, which are days in local time.
func ParseStart(text string) (Start, error) {
	switch text {
	case "now", "":
		return Start{}, nil
	case "all":
		return All(), nil
	}
	if count, ok := strings.CutPrefix(text, "last:"); ok {
		n, err := strconv.ParseUint(count, 10, 31)
		if err != nil {
			return Start{}, fmt.Errorf("watch: bad start %q: want last:N with a number", text)
		}
		return Last(int(n)), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return Since(t), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return Since(t), nil
	}
	if c, err := ParseCursor(text); err == nil {
		return At(c), nil
	}
	return Start{}, fmt.Errorf("watch: bad start %q: want now, all, last:N, a date as in 2026-01-31, or a cursor", text)
}
