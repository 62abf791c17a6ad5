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
	if _, ok, err := s.Load(ctx, "a"); ok || err != nil {
		t.Fatalf("a new store: %v %v", ok, err)
	}
	save := func(key string, c watch.Cursor, want error) {
		t.Helper()
		if err := s.Save(ctx, key, c); !errors.Is(err, want) {
			t.Errorf("save %v: %v, want %v", c, err, want)
		}
	}
	a, b := watch.Key("alice@host", "INBOX"), watch.Key("bob@host", "Entwürfe")
	save(a, watch.Cursor{UIDValidity: 1, UIDNext: 10}, nil)
	save(a, watch.Cursor{UIDValidity: 1, UIDNext: 10}, nil)
	save(a, watch.Cursor{UIDValidity: 1, UIDNext: 9}, watch.ErrBackward)
	save(a, watch.Cursor{UIDValidity: 2, UIDNext: 3}, nil)
	save(b, watch.Cursor{UIDValidity: 7, UIDNext: 70, ModSeq: 1 << 60}, nil)
	save(b, watch.Cursor{UIDValidity: 7, UIDNext: 70, ModSeq: 5}, watch.ErrBackward)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	save(a, watch.Cursor{UIDValidity: 2, UIDNext: 4}, fs.ErrClosed)
	if _, _, err := s.Load(ctx, a); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("load from a closed store: %v", err)
	}

	s = open(t, path)
	for key, want := range map[string]watch.Cursor{
		a: {UIDValidity: 2, UIDNext: 3}, b: {UIDValidity: 7, UIDNext: 70, ModSeq: 1 << 60},
	} {
		if c, ok, err := s.Load(ctx, key); c != want || !ok || err != nil {
			t.Errorf("%q: %v %v %v, want %v", key, c, ok, err, want)
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
	want := watch.Cursor{UIDValidity: 17, UIDNext: 4711, ModSeq: 9}
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
		if c, ok, err := s.Load(ctx, "k"); c != want || !ok || err != nil {
			t.Errorf("%s at %d: %v %v %v", what, at, c, ok, err)
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
	c := watch.Cursor{UIDValidity: 1, UIDNext: 2}
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Skip(err)
	}
	if err := s.Save(t.Context(), "k", c); err == nil {
		t.Error("saved into a directory that is gone")
	}
	if _, ok, _ := s.Load(t.Context(), "k"); ok {
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
				if err := s.Save(t.Context(), key, watch.Cursor{UIDValidity: 1, UIDNext: 1}); err != nil && i == 0 {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// memory is a Store for tests.
type memory struct {
	mu      sync.Mutex
	cursors map[string]watch.Cursor
	fail    error
}

func (m *memory) Load(_ context.Context, key string) (watch.Cursor, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.cursors[key]
	return c, ok, m.fail
}

func (m *memory) Save(_ context.Context, key string, c watch.Cursor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.cursors == nil {
		m.cursors = map[string]watch.Cursor{}
	}
	if old := m.cursors[key]; old.UIDValidity == c.UIDValidity && c.UIDNext < old.UIDNext {
		return watch.ErrBackward
	}
	m.cursors[key] = c
	return nil
}
