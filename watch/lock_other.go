//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package watch

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// lockFile takes the lock by making the file. After a crash it has to be
// removed by hand: the system has no lock that ends with the process.
func lockFile(path string) (lock io.Closer, pid int, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, 0, ErrInUse
	}
	if err != nil {
		return nil, 0, err
	}
	return madeFile{f}, 0, nil
}

// madeFile is removed when it is closed.
type madeFile struct{ *os.File }

func (f madeFile) Close() error {
	return errors.Join(f.File.Close(), os.Remove(f.Name()))
}

// syncDir does nothing: not every such system can sync a directory.
func syncDir(string) error { return nil }
