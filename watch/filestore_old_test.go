package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

// Files that earlier versions have written, one of each format, are read for
// ever, and go on. Once they are released they are not changed.
func TestB73_OldFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/stores/*")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	alice, drafts := watch.Key("alice@example.org", "INBOX"), watch.Key("alice@example.org", "Entw\u00fcrfe")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "cursors")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{alice: "1-17-4711-9", drafts: "1-4294967295-1-0", "gone": ""}
		if !strings.Contains(file, "version1") {
			want["bytes \xff"] = "1-1-1-0 \xfe"
		}
		for range 2 {
			s := open(t, path)
			for key, value := range want {
				if v, err := s.Load(t.Context(), key); v != value || err != nil {
					t.Errorf("%s: %q: %q, %v, want %q", file, key, v, err, value)
				}
			}
			want[alice] = "1-17-4712-0"
			if err := s.Save(t.Context(), alice, want[alice]); err != nil {
				t.Error(err)
			}
			s.Close()
		}
	}
}

// backUp copies a file, and returns what puts the copy back.
func backUp(t *testing.T, path string) (restore func()) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
