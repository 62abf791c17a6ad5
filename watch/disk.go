package watch

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// disk is what a journal does to a file system. It is an interface so that tests
// can take the power away between any two steps.
type disk interface {
	// read returns all that is in a file.
	read(path string) ([]byte, error)
	// create makes a file for its owner only, in place of any of that name.
	create(path string) (diskFile, error)
	// extend opens a file that exists, to write at its end.
	extend(path string) (diskFile, error)
	// rename gives a file the name of another, which is gone then.
	rename(from, to string) error
	remove(path string) error
	// syncDir makes the names in a directory last.
	syncDir(dir string) error
}

type diskFile interface {
	io.Writer
	Sync() error
	Truncate(size int64) error
	Close() error
	// at returns the size of the file, if it is the one that a path leads to:
	// fs.ErrNotExist if there is none, errReplaced if it is another.
	at(path string) (size int64, err error)
}

var errReplaced = errors.New("another file was put in its place")

// osDisk is the real one.
type osDisk struct{}

func (osDisk) read(path string) ([]byte, error)  { return os.ReadFile(path) }
func (osDisk) rename(from, to string) error      { return os.Rename(from, to) }
func (osDisk) remove(path string) error          { return os.Remove(path) }
func (osDisk) syncDir(dir string) error          { return syncDir(dir) }
func (osDisk) extend(p string) (diskFile, error) { return openFile(p, os.O_WRONLY|os.O_APPEND) }

func (osDisk) create(path string) (diskFile, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return openFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
}

func openFile(path string, flag int) (diskFile, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

type osFile struct{ *os.File }

func (f osFile) at(path string) (int64, error) {
	there, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	here, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !os.SameFile(here, there) {
		return 0, errReplaced
	}
	return here.Size(), nil
}
