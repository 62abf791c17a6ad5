package watch

import (
	"fmt"
	"slices"
	"time"
)

// A panic in a connection, or in Dial, ends that connection only: it must not bring
// down other accounts. When there are too many the Watch ends, so that whoever
// supervises the program sees it.

const (
	mostPanics = 3 // of a line in panicSpan: its pauses after them are 5 and 10 minutes at least
	panicSpan  = time.Hour
)

// panicError is a panic, as the reason why a connection ended.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// panicked returns what a connection ends with after a panic.
func (l *line) panicked(e *panicError) error {
	now := time.Now()
	l.log.Error("watch: panic", "value", e.value, "stack", string(e.stack))
	l.panics = slices.DeleteFunc(l.panics, func(t time.Time) bool { return now.Sub(t) >= panicSpan })
	if l.panics = append(l.panics, now); len(l.panics) < mostPanics {
		return e
	}
	return fatalError{fmt.Errorf("%d panics within %v, the last one: %w", mostPanics, panicSpan, e)}
}
