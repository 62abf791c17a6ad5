package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// FileStore is a Store in one file, for one process and any number of accounts
// and mailboxes. Make it by OpenFileStore; it may be used by any goroutine at
// any time, and its user owes it a Close.
//
// The file is JSON with a checksum, readable by its owner only. It is replaced
// as a whole and synced at every Save, which costs milliseconds and makes a
// FileStore good for some hundred mailboxes, not for many thousands.
type FileStore struct {
	path string

	mu     sync.Mutex
	lock   io.Closer // nil: closed
	values map[string]string
}

// fileVersion is the version of the format.
const fileVersion = 1

// storeFile is what the file holds.
type storeFile struct {
	Version int             `json:"version"`
	Sum     string          `json:"sum"` // SHA-256 of Cursors as it stands in the file
	Cursors json.RawMessage `json:"cursors"`
}

// OpenFileStore opens the file, or makes it at the first Save if there is none.
// Until Close, or the end of the process, however that comes, nobody else can
// open it: they get a *StoreError that wraps ErrInUse. The lock is a file of its
// own, with ".lock" behind the name; it may be left lying about.
//
// A file that is damaged, empty or from a newer version is an error too: a
// store never begins anew by itself.
func OpenFileStore(path string) (*FileStore, error) {
	lock, pid, err := lockFile(path + ".lock")
	if err != nil {
		return nil, &StoreError{Path: path, PID: pid, Err: err}
	}
	values, err := readStore(path)
	if err != nil {
		_ = lock.Close()
		return nil, &StoreError{Path: path, Err: err}
	}
	return &FileStore{path: path, lock: lock, values: values}, nil
}

// Load implements Store.
func (s *FileStore) Load(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return "", &StoreError{Path: s.path, Err: fs.ErrClosed}
	}
	return s.values[key], nil
}

// Save implements Store.
func (s *FileStore) Save(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return &StoreError{Path: s.path, Err: fs.ErrClosed}
	}
	if value == s.values[key] {
		return nil
	}
	values := maps.Clone(s.values)
	values[key] = value
	if err := writeStore(s.path, values); err != nil {
		return &StoreError{Path: s.path, Err: err}
	}
	s.values = values
	return nil
}

// Close lets others open the file. Later calls fail, but for Close.
func (s *FileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.lock.Close()
	s.lock = nil
	return err
}

// readStore reads the file; there may be none.
func readStore(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	var head struct{ Version int } // of any version
	if json.Unmarshal(data, &head) == nil && head.Version > fileVersion {
		return nil, ErrNewer
	}
	var f storeFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	if f.Version != fileVersion || f.Sum != checksum(f.Cursors) {
		return nil, fmt.Errorf("%w (wrong checksum)", ErrCorrupt)
	}
	var values map[string]string
	if err := json.Unmarshal(f.Cursors, &values); err != nil || values == nil {
		return nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	return values, nil
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// writeStore replaces the file: after a crash there is the old one or the new.
func writeStore(path string, values map[string]string) error {
	list, err := json.Marshal(values)
	if err != nil {
		return err
	}
	data, err := json.Marshal(storeFile{fileVersion, checksum(list), list})
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, filepath.Base(path)+".new*") // 0600
	if err != nil {
		return err
	}
	_, err = io.Copy(temp, bytes.NewReader(append(data, '\n')))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	return syncDir(dir)
}
