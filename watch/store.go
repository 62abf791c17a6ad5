package watch

import (
	"context"
	"errors"
	"fmt"
)

// Store keeps texts under keys: how far a Watcher has come in each mailbox, and
// what it remembers of the messages there. Any method may be called at any time
// by any goroutine; one Store may serve many Watchers.
//
// Both are the Watcher's: a key may hold any character, NUL too, and is a few
// hundred bytes long at most; a value is one line of UTF-8, mostly short, now
// and then of some 250 kB. The first word of the value under Key(account,
// mailbox), up to the first space, is the Cursor as text; what follows it is
// nobody's business. A Store may keep that word alone, and nothing under other
// keys: no mail is lost then, but what was reported before a Reset comes again.
type Store interface {
	// Load returns the value that was saved last under a key; "": none was. A
	// Store that cannot know must return an error: with "none", the mail that
	// arrived since then would be lost.
	Load(ctx context.Context, key string) (value string, err error)
	// Save keeps a value under a key, in place of the one before. When it
	// returns nil, the value is kept even if the power fails. When it returns an
	// error, Load may return either, and Save may be called again. "" removes the
	// key.
	Save(ctx context.Context, key, value string) error
}

// Key is what a Watcher keeps the cursor of a mailbox under.
func Key(account, mailbox string) string { return account + "\x00" + canonical(mailbox) }

// Errors of stores.
var (
	// ErrBackward says that a batch was not committed, because a later one is.
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
