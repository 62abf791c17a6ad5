package watch_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

// Names of files that cannot be one say so, and what to do.
func TestFileStoreBadPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, says string }{
		{"", "empty"},
		{dir, "is a directory"},
		{dir + "/", "is a directory"},
		{filepath.Join(dir, "none", "cursors"), "make it first"},
		{filepath.Join(file, "cursors"), "directory"},
		{os.DevNull, "not a file"},
	} {
		_, err := watch.OpenFileStore(tt.path)
		e, ok := errors.AsType[*watch.StoreError](err)
		if !ok || e.Path != tt.path || !strings.Contains(err.Error(), tt.says) && runtime.GOOS != "windows" {
			t.Errorf("%s: %v", tt.path, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestFileStoreUnwritable(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("nothing is unwritable here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "cursors")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := watch.OpenFileStore(path)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "lock file") {
		t.Errorf("an unwritable directory: %v", err)
	}
}

// A link leads to the file, whether that is there or not, and stays a link.
func TestFileStoreLink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "there", "link")
	if err := os.Mkdir(filepath.Dir(link), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../real", link); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("link", link+"2"); err != nil {
		t.Fatal(err)
	}
	s := open(t, link+"2")
	if err := s.Save(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.OpenFileStore(real); !errors.Is(err, watch.ErrInUse) {
		t.Errorf("by another name: %v", err)
	}
	s.Close()
	if info, err := os.Lstat(real); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the file: %v, %v", info, err)
	}
	if to, err := os.Readlink(link); err != nil || to != "../real" {
		t.Errorf("the link: %v, %v", to, err)
	}
	if v, err := open(t, real).Load(t.Context(), "k"); v != "v" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.OpenFileStore(filepath.Join(dir, "loop")); err == nil {
		t.Error("opened a loop")
	}
}

// A link in place of the lock file is not followed.
func TestFileStoreLockLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not on Windows")
	}
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "cursors")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".lock", ".new"} {
		if err := os.Symlink(victim, path+name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := watch.OpenFileStore(path); err == nil {
		t.Error("a link was taken for a lock")
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Save(t.Context(), "k", "v"); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != "precious" {
		t.Errorf("%q, %v", data, err)
	}
}

// The name is as of when the store was opened, wherever the program goes.
func TestFileStoreChdir(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	s := open(t, "cursors")
	t.Chdir(t.TempDir())
	if err := s.Save(t.Context(), "k", "v"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "cursors")); err != nil {
		t.Error(err)
	}
}

// A file that is deleted while it is in use is made again; one that is changed
// is left alone.
func TestFileStoreMeddling(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it cannot be deleted there")
	}
	path := filepath.Join(t.TempDir(), "cursors")
	s := open(t, path)
	save := func(key, value string) error { return s.Save(t.Context(), key, value) }
	if err := errors.Join(save("a", "1"), os.Remove(path), save("b", "2")); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := []byte("somebody else's")
	for what, meddle := range map[string]func() error{
		"replaced": func() error {
			return errors.Join(os.WriteFile(path+"2", other, 0o600), os.Rename(path+"2", path))
		},
		"overwritten": func() error { return os.WriteFile(path, other, 0o600) },
		"cut":         func() error { return os.Truncate(path, int64(len(good)-3)) },
	} {
		if err := errors.Join(os.Remove(path), save("a", what), meddle()); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		if err := save("a", "3"); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("%s: %v", what, err)
		}
		if now, _ := os.ReadFile(path); string(now) != string(before) {
			t.Errorf("%s: the file was touched: %q", what, now)
		}
	}
	if err := errors.Join(os.Remove(path), save("a", "4")); err != nil {
		t.Error(err)
	}
	s.Close()
	s = open(t, path)
	for key, want := range map[string]string{"a": "4", "b": "2"} {
		if v, err := s.Load(t.Context(), key); v != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", key, v, err, want)
		}
	}
}
