package watch

import (
	"context"
	"io"
	"io/fs"
	"sync"
)

// FileStore is a Store in one file, for one process and any number of accounts
// and mailboxes. Make it by OpenFileStore; it may be used by any goroutine at
// any time, and its user owes it a Close.
//
// The file is text with checksums, readable by its owner only. A Save adds a
// line and waits until the disk has it: a few milliseconds, however much is in
// the file. Saves that are made at once share one wait. When most of the file is
// of no use any more, a new one takes its place. All values are held in memory
// too.
//
// A Save that fails, for want of room on the disk for instance, changes nothing,
// and the next one may be made as if it had not been. If somebody deletes the
// file meanwhile, it is made again with all that is in it; if somebody changes
// it, Save is an error.
type FileStore struct {
	path string // as it was given

	mu      sync.Mutex
	waiting []*saving // for the next turn

	turn    sync.Mutex // held by who uses the journal
	journal *journal
	lock    io.Closer // nil: closed
}

// saving is a call of Save. Who has the turn may read and write it.
type saving struct {
	change
	done bool
	err  error
}

// OpenFileStore opens the file, or makes it at the first Save if there is none;
// its directory must exist. If it is a symbolic link, all this is about the file
// that the link leads to.
//
// Until Close, or the end of the process, however that comes, nobody else can
// open it: they get a *StoreError that wraps ErrInUse. The lock is a file of its
// own, with ".lock" behind the name; it may be left lying about.
//
// A file that is damaged, empty or from a newer version is an error too, ErrCorrupt
// or ErrNewer: a store never begins anew by itself. Damage is found wherever
// it is; but if whole lines are missing at the end, as in an old copy, it is the
// store as it was then, and what has arrived since is reported again. The rest
// of a Save that the end of the power has torn is no damage: nobody was told that
// it is kept. The first Save puts it into a file with ".torn" behind the name.
func OpenFileStore(path string) (*FileStore, error) {
	s, err := openFileStore(osDisk{}, path)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openFileStore(d disk, path string) (*FileStore, error) {
	real, err := storePath(path)
	if err != nil {
		return nil, &StoreError{Path: path, Err: err}
	}
	lock, pid, err := lockFile(real + ".lock")
	if err != nil {
		return nil, &StoreError{Path: path, PID: pid, Err: lockError(err)}
	}
	j, err := openJournal(d, real)
	if err != nil {
		_ = lock.Close()
		return nil, &StoreError{Path: path, Err: err}
	}
	return &FileStore{path: path, journal: j, lock: lock}, nil
}

// Load implements Store.
func (s *FileStore) Load(_ context.Context, key string) (string, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.lock == nil {
		return "", s.failed(fs.ErrClosed)
	}
	return s.journal.entries[key].value, nil
}

// Save implements Store. It does not look at the Context: what takes
// milliseconds is not worth a doubt about what is saved.
func (s *FileStore) Save(_ context.Context, key, value string) error {
	p := &saving{change: change{key, value}}
	s.mu.Lock()
	s.waiting = append(s.waiting, p)
	s.mu.Unlock()

	s.turn.Lock()
	defer s.turn.Unlock()
	if !p.done { // by who had the turn before
		s.saveWaiting()
	}
	return p.err
}

// saveWaiting saves for all who wait.
func (s *FileStore) saveWaiting() {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()

	changes := make([]change, len(waiting))
	for i, p := range waiting {
		changes[i] = p.change
	}
	err := fs.ErrClosed
	if s.lock != nil {
		err = s.journal.save(changes)
	}
	for _, p := range waiting {
		p.done, p.err = true, s.failed(err)
	}
}

func (s *FileStore) failed(err error) error {
	if err == nil {
		return nil
	}
	return &StoreError{Path: s.path, Err: err}
}

// Close lets others open the file. Later calls fail, but for Close.
func (s *FileStore) Close() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.lock == nil {
		return nil
	}
	s.journal.leave()
	err := s.lock.Close()
	s.lock = nil
	return err
}
