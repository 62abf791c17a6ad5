package watch

import (
	"context"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// box is a mailbox that is followed. It belongs to the goroutine of the line
// that has it, but for what mu and sight guard.
type box struct {
	run     *run
	name    string  // in events and in the Store
	current string  // on the server: another one once it was renamed
	cursor  Cursor  // of what was yielded last
	memory  *memory // of the same life of the mailbox; nil: the cursor has no UIDVALIDITY yet

	opened     time.Time
	uidNext    imap.UID // as of then; 0: unknown
	exists     uint32   // messages as of then
	scanned    time.Time
	due        time.Time           // when to look again in any case
	rest       time.Duration       // from a scan to the next one that news asks for
	again      time.Time           // not before, since looks have come to nothing
	leap       imap.UID            // a UIDNEXT far behind the messages, as of
	leapt      time.Time           // that opening; it may be a slip
	unsettled  int                 // how many of them in a row
	visited    bool                // in this session
	hinted     bool                // something may be new
	announced  bool                // the server has told so since the last scan
	mute       bool                // the server was found to announce nothing
	distrusted bool                // the server was found to show news only when a mailbox is opened
	late       int                 // how often in a row, mute, it has shown news only then
	floor      imap.UID            // gaps below are not accounted for: they are from before
	status     *imap.MailboxStatus // the last one; nil: none
	missing    *absence            // nil: it is there
	retried    bool                // it was opened again since the server said no
	suspect    bool                // the server has contradicted itself about UIDs
	disorder   bool                // UIDs that do not rise are known to mean nothing here
	doubts     int                 // how often it was another mailbox under the same UIDVALIDITY, lately
	doubted    time.Time           // when it last was
	toldName   string              // what the server says that the mailbox was renamed to; "": nothing
	sought     time.Time           // when it was last looked for under all names
	oddNext    imap.UID            // a UIDNEXT below what was seen, which meant nothing; 0: none
	unlasting  bool                // that UIDs do not last was logged
	trouble    trouble             // with describing messages that have arrived
	unlearned  trouble             // with those that are to be recognized
	deadly     map[imap.UID]int    // connections lost over each message,
	deadlyIn   uint32              // under this UIDVALIDITY

	// With Watcher.Changes; see changes.go.
	known    *known
	doubt    doubt     // what may have changed
	opening  opening   // since the last look at the changes
	rung     rung      // how changes are found
	calm     time.Time // no comparison before
	moves    moves     // messages that are gone and may be found elsewhere
	fruitful bool      // changes were told since the last scan
	stumbles int       // looks at the changes that failed, in a row
	looked   uint64    // the line's number of the last complete scan

	mu        sync.Mutex
	emitted   uint64  // batches
	committed uint64  // the last of them
	partly    bool    // not all of it was
	saved     Cursor  // what the Store has
	slot      byte    // of the snapshot that belongs to it; 0: none
	goners    []goner // in order of batches

	sight sync.Mutex    // held for a moment only, unlike mu, under which a Store saves
	shown MailboxStatus // guarded by sight; what Status tells; Looked: a scan was complete then, or the Watch began
}

func newBox(r *run, name string) *box {
	return &box{run: r, name: name, current: name,
		shown: MailboxStatus{Mailbox: name, Looked: time.Now()}}
}

// longestUnrest is the longest pause after looks that came to nothing.
const longestUnrest = time.Minute

// unsettle notes that a look came to nothing, since the mailbox was closed or
// rebuilt meanwhile. The next one is made at once, those after it later and later.
func (b *box) unsettle() {
	if b.unsettled++; b.unsettled > 1 {
		b.again = time.Now().Add(min(shortestRest<<min(b.unsettled-2, 10), longestUnrest))
	}
}

// mostLeap is how many UIDs without a message a UIDNEXT is believed at once.
const mostLeap = 10_000

// leaps says whether the cursor may go to a UIDNEXT. One far behind all messages
// may be a slip, and what comes below it would never be seen: it is believed when
// the mailbox was opened again and has one as high.
func (b *box) leaps(next imap.UID) bool {
	if next-b.cursor.UIDNext <= mostLeap || b.leap != 0 && next >= b.leap && !b.opened.Equal(b.leapt) {
		b.leap = 0
		return true
	}
	if b.leap == 0 || next < b.leap {
		b.leap, b.leapt = next, b.opened
	}
	return false
}

// commit is what Batch.Commit does. The lock is held while the store saves, so
// that places reach it in order.
func (b *box) commit(ctx context.Context, number uint64, c Cursor, m *memory, whole bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case number < b.committed, number == b.committed && !whole && (!b.partly || c.UIDNext < b.saved.UIDNext):
		return ErrBackward
	case number == b.committed && !b.partly:
		return nil // once is enough
	}
	if whole {
		b.depart(number, m)
	}
	if err := b.save(ctx, c, m); err != nil {
		return err
	}
	b.committed, b.partly = number, !whole
	return nil
}

// emit yields events about the box; c is where to go on after them.
func (s *session) emitOf(ctx context.Context, b *box, c Cursor, events ...Event) error {
	batch := &Batch{Mailbox: b.name, Events: events, Cursor: c, before: b.cursor}
	b.cursor = c
	b.emitted++
	number := b.emitted
	b.noteGone(number, events)
	if s.open == b {
		batch.Open = s.handle
	}
	m := b.memory // of that life of the mailbox
	batch.save = func(ctx context.Context, got Cursor) error { return b.commit(ctx, number, got, m, got == c) }
	return s.emit(ctx, batch)
}
