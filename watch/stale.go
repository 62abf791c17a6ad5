package watch

import (
	"context"
	"time"
)

// Bound is how long it may take at most until a message that has arrived is
// reported, even if the server never says a word about it: promise P6. It is
// Scan, the 15 seconds in which a connection that died is recognized, idle or in
// the middle of an answer, and as much again for a new one: 5 minutes and 30
// seconds by default. It holds as long as the server lets us connect, and answers,
// within those seconds, and the loop's body does not take its time. A server that
// was slower within the last hour is given more of them, up to 10 minutes, and
// sections of messages as long as they need at 16 KiB a second.
func (w *Watcher) Bound() time.Duration { return bound(span(w.Scan, defaultScan)) }

func bound(scan time.Duration) time.Duration { return scan + 2*probeWait }

// proof notes that a scan of the box was complete: until now, nothing is
// missing.
func (b *box) proof(now time.Time) (was bool, after time.Duration) {
	b.sight.Lock()
	defer b.sight.Unlock()
	was, after = b.shown.Stale, now.Sub(b.shown.Looked)
	b.shown.Stale, b.shown.Looked, b.shown.Cursor = false, now, b.cursor
	return was, after
}

// staleAt is when the next of the line's mailboxes becomes stale; zero: never.
func (l *line) staleAt() (at time.Time) {
	for _, b := range l.mine() {
		b.sight.Lock()
		if !b.shown.Stale && b.missing == nil {
			at = earlier(at, b.shown.Looked.Add(bound(l.scanEvery)))
		}
		b.sight.Unlock()
	}
	return at
}

// tellStale tells of those that have become stale.
func (l *line) tellStale(ctx context.Context) error {
	now := time.Now()
	for _, b := range l.mine() {
		b.sight.Lock()
		age := now.Sub(b.shown.Looked)
		becomes := !b.shown.Stale && b.missing == nil && age >= bound(l.scanEvery)
		b.shown.Stale = b.shown.Stale || becomes
		b.sight.Unlock()
		if !becomes {
			continue
		}
		if err := l.tell(ctx, Stale{Mailbox: b.name, For: age}); err != nil {
			return err
		}
	}
	return nil
}
