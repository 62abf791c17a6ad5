//go:build linux

package watch_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

// A file that may not grow any more, as on a full disk: Save says so, what was
// kept stays, what has room is saved, and when there is room again all is well.
func TestB62_FileMayNotGrow(t *testing.T) {
	path := os.Getenv("IDLEWILD_TEST_FILE")
	if path == "" { // the limit is for a whole process
		path = filepath.Join(t.TempDir(), "cursors")
		cmd, lines := child(t, "fill", path)
		var said []string
		for lines.Scan() {
			said = append(said, lines.Text())
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
		}
		if v, err := open(t, path).Load(t.Context(), "small"); v != "there is room again" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	s := open(t, path)
	save := func(key, value string) error { return s.Save(t.Context(), key, value) }
	if err := save("large", "small yet"); err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	most := limit.Cur
	limit.Cur = 8 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err := save("large", strings.Repeat("x", 10<<10))
	if e, ok := errors.AsType[*watch.StoreError](err); !ok || !errors.Is(err, syscall.EFBIG) || e.Path != path {
		t.Errorf("the file is full: %v", err)
	}
	if v, err := s.Load(t.Context(), "large"); v != "small yet" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	full := 0
	for i := range 200 {
		value := fmt.Sprint(i)
		if err := save("small", value); err != nil {
			full++
		} else if v, _ := s.Load(t.Context(), "small"); v != value {
			t.Errorf("%q, want %q", v, value)
		}
	}
	if full == 0 || full == 200 {
		t.Errorf("%d of 200 had no room", full)
	}
	if _, err := watch.OpenFileStore(path); !errors.Is(err, watch.ErrInUse) {
		t.Errorf("the lock: %v", err)
	}
	limit.Cur = most
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := save("small", "there is room again"); err != nil {
		t.Error(err)
	}
}
