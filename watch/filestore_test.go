package watch_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

func open(t *testing.T, path string) *watch.FileStore {
	t.Helper()
	s, err := watch.OpenFileStore(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestFileStore(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "cursors.json")
	s := open(t, path)
	if v, err := s.Load(ctx, "a"); v != "" || err != nil {
		t.Fatalf("a new store: %q %v", v, err)
	}
	save := func(key, value string, want error) {
		t.Helper()
		if err := s.Save(ctx, key, value); !errors.Is(err, want) {
			t.Errorf("save %q: %v, want %v", value, err, want)
		}
	}
	a, b := watch.Key("alice@host", "INBOX"), watch.Key("bob@host", "Entwürfe")
	save(a, "1-1-10-0", nil)
	save(a, "1-1-10-0", nil)
	save(a, "1-2-3-0 \"tail\" \u2028\n<&>", nil)
	save(b, "1-7-70-9", nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	save(a, "1-2-4-0", fs.ErrClosed)
	if _, err := s.Load(ctx, a); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("load from a closed store: %v", err)
	}

	s = open(t, path)
	for key, want := range map[string]string{a: "1-2-3-0 \"tail\" \u2028\n<&>", b: "1-7-70-9", "c": ""} {
		if v, err := s.Load(ctx, key); v != want || err != nil {
			t.Errorf("%q: %q %v, want %q", key, v, err, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 {
		t.Errorf("files left: %v %v", left, err)
	}
}

func TestB65_TwoOpeners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors.json")
	s := open(t, path)
	_, err := watch.OpenFileStore(path)
	e, ok := errors.AsType[*watch.StoreError](err)
	if !ok || !errors.Is(err, watch.ErrInUse) || e.Path != path {
		t.Fatalf("second open: %v", err)
	}
	if runtime.GOOS == "linux" && e.PID != os.Getpid() {
		t.Errorf("pid %d", e.PID)
	}
	s.Close()
	open(t, path)
}

// A Save that fails changes nothing and can be made again.
func TestFileStoreFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(dir, "cursors.json"))
	c := "1-1-2-0"
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Skip(err)
	}
	if err := s.Save(t.Context(), "k", c); err == nil {
		t.Error("saved into a directory that is gone")
	}
	if v, _ := s.Load(t.Context(), "k"); v != "" {
		t.Error("kept what was not saved")
	}
	if err := os.Rename(dir+"2", dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), "k", c); err != nil {
		t.Error(err)
	}
}
