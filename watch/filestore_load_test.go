package watch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

// Thousands of keys, and large values, in a file that does not grow for ever.
func TestFileStoreMany(t *testing.T) {
	const keys = 5000
	path := filepath.Join(t.TempDir(), "cursors")
	large := strings.Repeat("0123456789", 15_000)
	s := open(t, path)
	save := func(i int, value string) {
		t.Helper()
		if err := s.Save(t.Context(), fmt.Sprint(i), value); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for begin := range 50 { // those that wait share a turn, or this would take long
		wg.Go(func() {
			for i := begin; i < keys; i += 50 {
				save(i, fmt.Sprintf("1-17-%d-0", i))
			}
		})
	}
	wg.Wait()
	for i := range 40 {
		save(i%2, large+fmt.Sprint(i))
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 8*int64(len(large)) {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	s.Close()
	s = open(t, path)
	for i := range keys {
		want := fmt.Sprintf("1-17-%d-0", i)
		if i < 2 {
			want = large + fmt.Sprint(38+i)
		}
		if v, err := s.Load(t.Context(), fmt.Sprint(i)); v != want || err != nil {
			t.Fatalf("%d: %.40q, %v", i, v, err)
		}
	}
}

// Any text is kept as it is, as key and as value.
func TestFileStoreTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors")
	texts := []string{"a", "\x00", "\n", "\r\n", " ", "\"\\", "<&>\u2028", "Entw\u00fcrfe", "\xff\xfe", "a\xc3", "\ufffd", strings.Repeat("\x00", 2000)}
	s := open(t, path)
	for range 2 {
		for i, text := range texts {
			value := texts[len(texts)-1-i]
			if err := s.Save(t.Context(), text, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Save(t.Context(), "gone", "x"); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), "gone", ""); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s = open(t, path)
		for i, text := range append(texts, "gone") {
			want := ""
			if i < len(texts) {
				want = texts[len(texts)-1-i]
			}
			if v, err := s.Load(t.Context(), text); v != want || err != nil {
				t.Errorf("%q: %q, %v, want %q", text, v, err, want)
			}
		}
	}
}

// Saves at once: each is kept when it returns, and the last one of a key counts.
func TestFileStoreConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors")
	s := open(t, path)
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			key := fmt.Sprint(n)
			for i := range 40 {
				value := fmt.Sprintf("1-17-%d-0", i+1)
				if err := s.Save(t.Context(), key, value); err != nil {
					t.Error(err)
				}
				if v, err := s.Load(t.Context(), key); v != value || err != nil {
					t.Errorf("%q, %v, want %q", v, err, value)
				}
			}
		})
	}
	wg.Wait()
	s.Close()
	s = open(t, path)
	for n := range 16 {
		if v, err := s.Load(t.Context(), fmt.Sprint(n)); v != "1-17-40-0" || err != nil {
			t.Errorf("%d: %q, %v", n, v, err)
		}
	}
}

// A store that is closed while others save: each Save went well and is kept, or
// is an error.
func TestFileStoreCloseWhileSaving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursors")
	s := open(t, path)
	last := make([]int, 8)
	var wg sync.WaitGroup
	for n := range last {
		wg.Go(func() {
			for i := 1; i < 1000; i++ {
				if s.Save(t.Context(), fmt.Sprint(n), fmt.Sprint(i)) != nil {
					return
				}
				if last[n] = i; n == 0 && i == 20 {
					s.Close()
				}
			}
		})
	}
	wg.Wait()
	s = open(t, path)
	for n, i := range last {
		if v, err := s.Load(t.Context(), fmt.Sprint(n)); v != fmt.Sprint(i) && i > 0 || err != nil {
			t.Errorf("%d: %q, %v, want %d", n, v, err, i)
		}
	}
}

func BenchmarkFileStore(b *testing.B) {
	for _, keys := range []int{1, 10_000} {
		b.Run(fmt.Sprint(keys, " keys"), func(b *testing.B) {
			s, err := watch.OpenFileStore(filepath.Join(b.TempDir(), "cursors"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var wg sync.WaitGroup
			for begin := range 100 {
				wg.Go(func() {
					for i := begin; i < keys; i += 100 {
						if err := s.Save(b.Context(), fmt.Sprint(i), "1-17-1-0"); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			for i := 0; b.Loop(); i++ {
				if err := s.Save(b.Context(), fmt.Sprint(i%keys), fmt.Sprintf("1-17-%d-0", i)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
