package watch_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

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

func TestFileStoreInUse(t *testing.T) {
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

// The lock dies with the process that held it.
func TestFileStoreAfterKill(t *testing.T) {
	if path := os.Getenv("IDLEWILD_TEST_HOLD"); path != "" {
		open(t, path)
		os.Stdout.WriteString("open\n")
		<-time.After(time.Minute)
		return
	}
	path := filepath.Join(t.TempDir(), "cursors.json")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileStoreAfterKill$")
	cmd.Env = append(os.Environ(), "IDLEWILD_TEST_HOLD="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	_, err = watch.OpenFileStore(path)
	if e, _ := errors.AsType[*watch.StoreError](err); !errors.Is(err, watch.ErrInUse) || runtime.GOOS == "linux" && e.PID != cmd.Process.Pid {
		t.Errorf("while it is held: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	open(t, path)
}

// Whatever happens to the file, it is noticed, or makes no difference.
func TestFileStoreDamage(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "cursors.json")
	want := "1-17-4711-9"
	s := open(t, path)
	if err := s.Save(ctx, "k", want); err != nil {
		t.Fatal(err)
	}
	s.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, at int, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := watch.OpenFileStore(path)
		if err != nil {
			if !errors.Is(err, watch.ErrCorrupt) && !errors.Is(err, watch.ErrNewer) {
				t.Errorf("%s at %d: %v", what, at, err)
			}
			return
		}
		defer s.Close()
		if v, err := s.Load(ctx, "k"); v != want || err != nil {
			t.Errorf("%s at %d: %q %v", what, at, v, err)
		}
	}
	for i := range good {
		try("cut", i, good[:i])
		for bit := range 8 {
			bad := append([]byte(nil), good...)
			bad[i] ^= 1 << bit
			try("flip", i, bad)
		}
	}
	if err := os.WriteFile(path, []byte(`{"version":2,"what":"ever"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.OpenFileStore(path); !errors.Is(err, watch.ErrNewer) {
		t.Errorf("a newer version: %v", err)
	}
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

func TestFileStoreConcurrent(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "cursors.json"))
	var wg sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			for i := range 20 {
				if err := s.Save(t.Context(), key, "1-1-1-0"); err != nil && i == 0 {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// memory is a Store for tests.
type memory struct {
	mu     sync.Mutex
	values map[string]string
	fail   error
}

func (m *memory) Load(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], m.fail
}

func (m *memory) Save(_ context.Context, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[key] = value
	return nil
}
