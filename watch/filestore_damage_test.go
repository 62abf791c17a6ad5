package watch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

// written is a file with a new beginning of some keys and some lines behind, and
// what it holds after each number of bytes at which a line ends.
type written struct {
	path   string
	data   []byte
	states map[int]map[string]string
}

func write(t *testing.T) *written {
	t.Helper()
	w := &written{path: filepath.Join(t.TempDir(), "cursors"), states: map[int]map[string]string{}}
	now := map[string]string{}
	save := func(s *watch.FileStore, key, value string) {
		t.Helper()
		if err := s.Save(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
		now[key] = value
		data, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		w.data = data
		w.states[len(data)] = map[string]string{}
		for k, v := range now {
			w.states[len(data)][k] = v
		}
	}
	s := open(t, w.path)
	for i := range 3 {
		save(s, watch.Key(fmt.Sprint("user", i), ""), "1-17-1-0")
	}
	s.Close()
	// What a power failure leaves makes the file anew, with three lines at once.
	if err := os.WriteFile(w.path, append(w.data, "0123"...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.states = map[int]map[string]string{}
	s = open(t, w.path)
	for i := range 6 {
		save(s, watch.Key(fmt.Sprint("user", i%4), ""), fmt.Sprintf("1-17-%d-0 %s", i+2, strings.Repeat("tail", 3*i)))
	}
	s.Close()
	return w
}

// reopen puts data in place of the file, and returns what is read, by key.
func (w *written) reopen(t *testing.T, data []byte) (map[string]string, error) {
	t.Helper()
	if err := os.WriteFile(w.path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := watch.OpenFileStore(w.path)
	if err != nil {
		if _, ok := errors.AsType[*watch.StoreError](err); !ok {
			t.Errorf("%T: %v", err, err)
		}
		return nil, err
	}
	defer s.Close()
	got := map[string]string{}
	for i := range 5 {
		key := watch.Key(fmt.Sprint("user", i), "")
		value, err := s.Load(t.Context(), key)
		if err != nil {
			t.Error(err)
		}
		if value != "" {
			got[key] = value
		}
	}
	return got, nil
}

func same(a, b map[string]string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// Each bit that flips is noticed.
func TestB63_FlippedBits(t *testing.T) {
	w := write(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		at := random.IntN(8 * len(w.data))
		bad := bytes.Clone(w.data)
		bad[at/8] ^= 1 << (at % 8)
		if got, err := w.reopen(t, bad); !errors.Is(err, watch.ErrCorrupt) {
			t.Errorf("bit %d of byte %d, %q: %v, %v", at%8, at/8, w.data[at/8], err, got)
		}
	}
}

// A bit that flips to make a NUL, wherever it stands, is not taken for what a
// power failure leaves.
func TestB63_SingleNULs(t *testing.T) {
	w := write(t)
	s := open(t, w.path)
	if err := s.Save(t.Context(), "k", strings.Repeat("@", 3*512)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	data, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(w.data); at < len(data); at++ {
		if data[at] != '@' && data[at] != ' ' {
			continue
		}
		bad := bytes.Clone(data)
		bad[at] = 0
		if got, err := w.reopen(t, bad); !errors.Is(err, watch.ErrCorrupt) {
			t.Fatalf("at %d: %v, %v", at, err, got)
		}
	}
}

// A file that is cut off somewhere is the one that it was earlier, or damaged.
func TestB63_CutOff(t *testing.T) {
	w := write(t)
	if len(w.states) != 6 {
		t.Fatalf("%d states", len(w.states))
	}
	first := len(w.data)
	for end := range w.states {
		first = min(first, end)
	}
	state := map[string]string(nil)
	for end := range len(w.data) + 1 {
		if now, ok := w.states[end+1]; ok {
			state = now // all but the line end is there
		}
		for _, nuls := range []int{0, 1, 600} {
			got, err := w.reopen(t, append(bytes.Clone(w.data[:end]), make([]byte, nuls)...))
			switch {
			case end < first-1:
				if !errors.Is(err, watch.ErrCorrupt) {
					t.Fatalf("cut at %d, %d NULs: %v, %v", end, nuls, err, got)
				}
			case err != nil || !same(got, state):
				t.Fatalf("cut at %d, %d NULs: %v, %v, want %v", end, nuls, err, got, state)
			}
		}
	}
}

// What the power tore is kept aside, and the store goes on.
func TestB61_TornLine(t *testing.T) {
	w := write(t)
	torn := `90c9f8f6c8b1a3f2 {"key":"alice`
	if err := os.WriteFile(w.path, append(w.data, torn...), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, w.path)
	if now, err := os.ReadFile(w.path); err != nil || len(now) != len(w.data)+len(torn) {
		t.Errorf("opening has changed the file: %d bytes, %v", len(now), err)
	}
	if err := s.Save(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if aside, err := os.ReadFile(w.path + ".torn"); err != nil || string(aside) != torn {
		t.Errorf("kept aside: %q, %v", aside, err)
	}
	if v, err := open(t, w.path).Load(t.Context(), "k"); v != "v" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// Lines that are swapped, lost, doubled or made up.
func TestB63_SwappedLines(t *testing.T) {
	w := write(t)
	lines := bytes.SplitAfter(w.data, []byte("\n"))
	lines = lines[:len(lines)-1]
	join := func(part ...[][]byte) []byte {
		var all [][]byte
		for _, p := range part {
			all = append(all, p...)
		}
		return bytes.Join(all, nil)
	}
	try := func(what string, data []byte, line int) {
		t.Helper()
		got, err := w.reopen(t, data)
		if !errors.Is(err, watch.ErrCorrupt) {
			t.Errorf("%s at line %d: %v, %v", what, line, err, got)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("line %d:", line)) {
			t.Errorf("%s at line %d: %v", what, line, err)
		}
	}
	for i := range lines {
		try("doubled", join(lines[:i+1], lines[i:]), i+2)
		if i+1 < len(lines) {
			try("lost", join(lines[:i], lines[i+1:]), i+1)
			try("swapped", join(lines[:i], [][]byte{lines[i+1], lines[i]}, lines[i+2:]), i+1)
			try("emptied", join(lines[:i], [][]byte{{'\n'}}, lines[i+1:]), i+1)
		}
	}
	try("made up", join(lines, [][]byte{[]byte("0123456789abcdef {\"key\":\"k\",\"value\":\"v\"}\n")}), len(lines)+1)
	try("a hole", append(join(lines[:4]), append(make([]byte, 5), join(lines[4:])...)...), 5)
}

// A file that is empty, something else, or of another version.
func TestB63_OtherFiles(t *testing.T) {
	w := write(t)
	header := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return text + " " + hex.EncodeToString(sum[:])[:16] + "\nanything\n"
	}
	for _, tt := range []struct {
		data string
		want error
	}{
		{"", watch.ErrCorrupt},
		{"\n", watch.ErrCorrupt},
		{"\x00\x00\x00", watch.ErrCorrupt},
		{"{}", watch.ErrCorrupt},
		{"[]", watch.ErrCorrupt},
		{"From alice@example.org\n", watch.ErrCorrupt},
		{"idlewild-store \n", watch.ErrCorrupt},
		{"idlewild-store 3 1 0123456789abcdef\n", watch.ErrCorrupt},
		{header("idlewild-store 3 whatever comes"), watch.ErrNewer},
		{header("idlewild-store 30"), watch.ErrNewer},
		{header("idlewild-store 2 -1"), watch.ErrCorrupt},
		{header("idlewild-store 1 1"), watch.ErrCorrupt},
		{`{"version":2,"what":"ever"}`, watch.ErrNewer},
		{`{"version":1,"sum":"","cursors":{}}`, watch.ErrCorrupt},
	} {
		if _, err := w.reopen(t, []byte(tt.data)); !errors.Is(err, tt.want) {
			t.Errorf("%q: %v, want %v", tt.data, err, tt.want)
		}
	}
}

// The first format is read, and replaced by the first Save.
func TestFileStoreVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors.json")
	cursors := `{"alice@example.org\u0000INBOX":"1-17-4711-9","bob\u0000INBOX":"1-1-1-0"}`
	sum := sha256.Sum256([]byte(cursors))
	old := fmt.Sprintf(`{"version":1,"sum":%q,"cursors":%s}`, hex.EncodeToString(sum[:]), cursors)
	check := func(bob string) {
		t.Helper()
		s := open(t, path)
		defer s.Close()
		for key, want := range map[string]string{"alice@example.org": "1-17-4711-9", "bob": bob} {
			if v, err := s.Load(t.Context(), watch.Key(key, "inbox")); v != want || err != nil {
				t.Errorf("%s: %q %v, want %q", key, v, err, want)
			}
		}
	}
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	check("1-1-1-0")
	if now, err := os.ReadFile(path); err != nil || string(now) != old {
		t.Errorf("opening has changed it: %q, %v", now, err)
	}
	s := open(t, path)
	if err := s.Save(t.Context(), watch.Key("bob", "INBOX"), "1-1-2-0"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if now, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(now), "idlewild-store 2 2 ") {
		t.Errorf("not converted: %q, %v", now, err)
	}
	check("1-1-2-0")
	if err := os.WriteFile(path, []byte(strings.Replace(old, "4711", "4712", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.OpenFileStore(path); !errors.Is(err, watch.ErrCorrupt) {
		t.Errorf("damaged: %v", err)
	}
}
