package watch

import (
	"context"
	"errors"
	"fmt"
)

// Store keeps cursors. A Watcher calls it from the goroutine that runs the
// loop, and from those that call Commit; one Store may serve many Watchers, so
// any method may be called at any time.
type Store interface {
	// Load returns the cursor saved under a key; ok is false if there is none.
	// A Store that cannot know must return an error: with "none", the
	// mail since then would be lost.
	Load(ctx context.Context, key string) (c Cursor, ok bool, err error)
	// Save keeps a cursor under a key; when it returns nil, it is kept even if
	// the power fails. One that is lower than the one kept, under the same
	// UIDVALIDITY, is refused with an error that wraps ErrBackward.
	Save(ctx context.Context, key string, c Cursor) error
}

// Key is what a Watcher keeps its cursor under.
func Key(account, mailbox string) string { return account + "\x00" + canonical(mailbox) }

// Errors of stores.
var (
	// ErrBackward says that a cursor was not saved, because a later one is.
	ErrBackward = errors.New("a later cursor is saved already")
	// ErrInUse says that another process, or another FileStore, has the file.
	ErrInUse = errors.New("it is in use")
	// ErrCorrupt says that a file is damaged. Restore it, or remove it to begin
	// anew, knowing that what arrived since it was written is not reported then.
	ErrCorrupt = errors.New("it is damaged; restore it from a copy, or remove it to begin anew")
	// ErrNewer says that a file was written by a later version.
	ErrNewer = errors.New("it was written by a newer version of this program")
)

// StoreError says what is wrong with a store's file. It wraps ErrInUse,
// ErrCorrupt, ErrNewer, or an error of the file system.
type StoreError struct {
	Path string
	PID  int // of ErrInUse: the process that has it; 0: unknown
	Err  error
}

func (e *StoreError) Error() string {
	if e.PID != 0 {
		return fmt.Sprintf("watch: store %s: %v by process %d", e.Path, e.Err, e.PID)
	}
	return fmt.Sprintf("watch: store %s: %v", e.Path, e.Err)
}

// Unwrap returns e.Err.
func (e *StoreError) Unwrap() error { return e.Err }
