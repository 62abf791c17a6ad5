package wire

// Limits bounds what a server can make the client hold. The zero value of a
// field stands for its default. Sizes are bytes.
type Limits struct {
	// Line is how much of a response may stand outside literals: 64 KiB. What
	// is longer is truncated.
	Line int
	// LongLine is the same for the responses that may well be long, those
	// with data of messages and mailboxes (FETCH, LIST, STATUS, …): 1 MiB.
	LongLine int
	// SetLine is the same for those that list message numbers (SEARCH,
	// ESEARCH, SORT, THREAD, VANISHED): 16 MiB.
	SetLine int
	// Inline is the largest literal that is framed within its response; a
	// larger one is announced by Response.Pending: 64 KiB. So is one that
	// takes what is framed in one response past LongLine.
	Inline int
	// Held is how many bytes of literals one response may keep in memory:
	// 50 MiB.
	Held int64
	// Skip is how much of a response that nobody wants, literals and what is
	// too long, is read over before the connection is given up: 64 MiB.
	Skip int64
	// Depth is how deep parentheses may nest: 64.
	Depth int
	// Items is how many attributes one FETCH may have: 1000.
	Items int
	// Flags is how many flags one message or mailbox may have: 500. (A FLAGS
	// response of a mailbox may have ten times as many.)
	Flags int
	// Tag is the longest tag: 64.
	Tag int
}

// WithDefaults returns l with every zero replaced by its default.
func (l Limits) WithDefaults() Limits {
	or := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	or(&l.Line, 64<<10)
	or(&l.LongLine, 1<<20)
	or(&l.SetLine, 16<<20)
	or(&l.Inline, 64<<10)
	or(&l.Depth, 64)
	or(&l.Items, 1000)
	or(&l.Flags, 500)
	or(&l.Tag, 64)
	if l.Held <= 0 {
		l.Held = 50 << 20
	}
	if l.Skip <= 0 {
		l.Skip = 64 << 20
	}
	return l
}
