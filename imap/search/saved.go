package search

import "time"

// The keys of RFC 8514 are about the day on which a message was put into this
// mailbox, be it by COPY, whereas [Before], [On] and [Since] go by the internal
// date, which COPY keeps. They need the capability SAVEDATE.

// SavedBefore finds what was saved before the day of t.
func SavedBefore(t time.Time) Query { return savedOf("SAVEDBEFORE", t) }

// SavedOn finds what was saved on the day of t.
func SavedOn(t time.Time) Query { return savedOf("SAVEDON", t) }

// SavedSince finds what was saved on the day of t or later.
func SavedSince(t time.Time) Query { return savedOf("SAVEDSINCE", t) }

// SaveDateSupported finds all messages if the mailbox keeps save dates, and
// none if it does not; then the other keys go by the internal date.
func SaveDateSupported() Query { return extensionKey{extension{"SAVEDATE"}, "SAVEDATESUPPORTED"} }

type saved struct {
	extension
	day
}

func savedOf(key string, t time.Time) Query {
	return saved{extension{"SAVEDATE"}, dayOf(key, t).(day)}
}
