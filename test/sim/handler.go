package sim

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// habit is how the handler works: slowly perhaps, and committing as its name
// says.
type habit struct {
	commit string
	slow   time.Duration // for each batch
	body   string        // what it does on the connection: "", "fetch", "select"
}

// The ways to commit.
var commits = []string{
	"each",    // every batch, when it has been handled
	"never",   // at all
	"third",   // every third batch
	"late",    // a batch when the next one is handled
	"reverse", // two batches, the second one first
	"async",   // by another goroutine, some time later
}

// hand is what a life's handler has in hand.
type hand struct {
	n    int          // batches
	held *watch.Batch // handled, not committed
}

// take handles a batch; false: the program ends.
func (l *life) take(b *watch.Batch) bool {
	if l.dead.Load() {
		return false
	}
	l.yielded(l, b)
	if l.dies("yield") {
		return false
	}
	h := l.habit()
	if h.slow > 0 && !l.sleep(h.slow) {
		return !l.dead.Load()
	}
	l.use(b, h.body)
	if l.dead.Load() {
		return false
	}
	l.handled(b)
	if l.dies("handled") {
		return false
	}
	l.commitAs(h.commit, b)
	return !l.dead.Load()
}

// sleep waits; false: the program is told to end.
func (l *life) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}

func (l *life) commitAs(how string, b *watch.Batch) {
	h := &l.hand
	h.n++
	held := h.held
	h.held = nil
	switch how {
	case "each":
		l.commit(b)
	case "third":
		if h.n%3 == 0 {
			l.commit(b)
		}
	case "late":
		if held != nil {
			l.commit(held)
		}
		h.held = b
	case "reverse":
		if held == nil {
			h.held = b
			return
		}
		l.commit(b)
		l.commit(held)
	case "async":
		l.later.Go(func() {
			l.sleep(time.Duration(l.rand() * float64(10*time.Second)))
			l.commit(b)
		})
	}
}

func (l *life) commit(b *watch.Batch) {
	err := b.Commit()
	switch {
	case err == nil, errors.Is(err, errDisk), errors.Is(err, errCrashed), errors.Is(err, watch.ErrBackward), l.dead.Load():
	default:
		l.fail("API", "Commit: %v", err)
	}
}

// use does what handlers do with the mailbox that they are given.
func (l *life) use(b *watch.Batch, how string) {
	box := b.Open
	if box == nil {
		return
	}
	switch how {
	case "select":
		if _, err := box.Client().Examine(l.ctx, spareNames[0]); err != nil {
			return
		}
	case "fetch":
		l.fetch(b, box)
	}
}

// fetch reads the first message that has arrived, and compares.
func (l *life) fetch(b *watch.Batch, box *imap.Mailbox) {
	for _, e := range b.Events {
		a, ok := e.(watch.Arrived)
		if !ok {
			continue
		}
		for m, err := range box.Fetch(l.ctx, imap.UIDSetOf(a.UID), &imap.FetchOptions{Envelope: true}) {
			if err == nil && m.Envelope != nil && a.Envelope != nil && m.Envelope.Subject != a.Envelope.Subject {
				l.fail("I2", "%s was told as %q; in the loop it is %q", describe(e), a.Envelope.Subject, m.Envelope.Subject)
			}
		}
		return
	}
}

// describe is an event in a line.
func describe(e watch.Event) string {
	if a, ok := e.(watch.Arrived); ok {
		subject := ""
		if a.Envelope != nil {
			subject = a.Envelope.Subject
		}
		return fmt.Sprintf("arrived %s %d/%d %q", a.Mailbox, a.UIDValidity, a.UID, subject)
	}
	return fmt.Sprintf("%s %+v", e.Kind(), e)
}

// habits is a habit that may be changed at any time.
type habits struct {
	mu    sync.Mutex
	h     habit
	awake time.Time // when the last slow batch has been handled at the latest
}

func (h *habits) habit() habit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.h
}

func (h *habits) change(f func(*habit)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.awake = latest(h.awake, time.Now().Add(h.h.slow))
	f(&h.h)
}

// prompt is from when on the handler holds nothing up.
func (h *habits) prompt() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.h.slow > 0 {
		return time.Now()
	}
	return h.awake
}
