package watch

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// syncedDisk says when a file that is added to is synced, and how many lines were
// written before.
type syncedDisk struct {
	*frailDisk
	syncing func(lines int)
}

func (d *syncedDisk) extend(path string) (diskFile, error) {
	f, err := d.frailDisk.extend(path)
	return &syncedFile{f, d, 0}, err
}

type syncedFile struct {
	diskFile
	disk  *syncedDisk
	lines int
}

func (f *syncedFile) Write(p []byte) (int, error) {
	f.lines += bytes.Count(p, []byte("\n"))
	return f.diskFile.Write(p)
}

func (f *syncedFile) Sync() error {
	f.disk.syncing(f.lines)
	f.lines = 0
	return f.diskFile.Sync()
}

// However many Watchers save at once, the disk is waited for twice at most: for
// the one that came first, and for all that came meanwhile.
func TestFileStoreSharesWaits(t *testing.T) {
	const watchers = 1000
	disk := &syncedDisk{frailDisk: newFrailDisk(), syncing: func(int) {}}
	s, err := openFileStore(disk, filepath.Join(t.TempDir(), "cursors"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Save(t.Context(), "first", "1-17-1-0"); err != nil {
		t.Fatal(err)
	}
	syncs := 0
	disk.syncing = func(lines int) {
		for syncs++; syncs == 1; runtime.Gosched() { // until everybody has come
			s.mu.Lock()
			come := lines + len(s.waiting)
			s.mu.Unlock()
			if come == watchers {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for i := range watchers {
		wg.Go(func() {
			if err := s.Save(t.Context(), fmt.Sprint(i), "1-17-1-0"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if syncs > 2 {
		t.Errorf("%d saves waited for the disk %d times", watchers, syncs)
	}
	for i := range watchers {
		if v, err := s.Load(t.Context(), fmt.Sprint(i)); v != "1-17-1-0" || err != nil {
			t.Errorf("%d: %q, %v", i, v, err)
		}
	}
}
