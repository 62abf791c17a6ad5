package watch

import (
	"io"
	"os"
	"syscall"
)

const sharingViolation syscall.Errno = 32

// lockFile takes the lock: an open file that is shared with nobody, which ends
// with the process at the latest. If another has it, it returns ErrInUse.
func lockFile(path string) (lock io.Closer, pid int, err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, 0, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == sharingViolation {
		return nil, 0, ErrInUse
	}
	if err != nil {
		return nil, 0, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), 0, nil
}

// syncDir does nothing: directories cannot be synced here.
func syncDir(string) error { return nil }
