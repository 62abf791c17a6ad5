//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package watch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lockFile takes the lock, which ends with the process at the latest. If
// another has it, it returns ErrInUse and who that is.
func lockFile(path string) (lock io.Closer, pid int, err error) {
	// A link would have us write into a file of somebody's choice.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, 0, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		var b [20]byte
		n, _ := f.ReadAt(b[:], 0)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b[:n])))
		err = ErrInUse
	}
	if err != nil {
		_ = f.Close()
		return nil, pid, err
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0) // for people only
	}
	return f, 0, nil
}

// syncDir makes a rename in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
