package imap

import (
	"errors"
	"fmt"
	"os"
)

// spool is where a connection keeps what is over its memory budget: temporary
// files that have no name (where the system allows it) and end with it.
type spool struct {
	files []*spoolFile
	used  int64
}

var errSpoolClosed = errors.New("imap: the temporary file is closed")

// create makes a file. The client's mutex is held.
func (s *spool) create(c *Client) (*spoolFile, error) {
	if c.spool == nil {
		c.spool = &spool{}
	}
	f, err := os.CreateTemp(c.opts.SpoolDir, "idlewild-*") // O_EXCL, 0600
	if err != nil {
		return nil, fmt.Errorf("imap: no room for a body aside: %w", err)
	}
	sf := &spoolFile{f: f, owner: c.spool, limit: c.opts.SpoolLimit}
	sf.named = os.Remove(f.Name()) != nil
	c.spool.files = append(c.spool.files, sf)
	return sf, nil
}

// close removes all files.
func (s *spool) close() {
	if s == nil {
		return
	}
	for len(s.files) > 0 {
		s.files[0].close()
	}
}

// spoolFile is a queue of bytes in a file, guarded by the client's mutex.
type spoolFile struct {
	f     *os.File
	owner *spool
	limit int64
	named bool // it could not be unlinked while open
	r, w  int64
}

func (f *spoolFile) unread() int64 { return f.w - f.r }

func (f *spoolFile) write(b []byte) error {
	if f.f == nil {
		return errSpoolClosed
	}
	if f.owner.used+int64(len(b)) > f.limit {
		return &LimitError{What: "data kept aside", Max: uint64(f.limit)}
	}
	n, err := f.f.WriteAt(b, f.w)
	f.w += int64(n)
	f.owner.used += int64(n)
	if err != nil {
		return fmt.Errorf("imap: keep a body aside: %w", err)
	}
	return nil
}

func (f *spoolFile) read(p []byte) (int, error) {
	if f.f == nil {
		return 0, errSpoolClosed
	}
	n, err := f.f.ReadAt(p[:min(int64(len(p)), f.unread())], f.r)
	f.r += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *spoolFile) close() {
	if f == nil || f.f == nil {
		return
	}
	_ = f.f.Close()
	if f.named {
		_ = os.Remove(f.f.Name())
	}
	f.f = nil
	f.owner.used -= f.w
	for i, x := range f.owner.files {
		if x == f {
			f.owner.files = append(f.owner.files[:i], f.owner.files[i+1:]...)
			break
		}
	}
}
