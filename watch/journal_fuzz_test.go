package watch

import (
	"errors"
	"maps"
	"testing"
)

// Whatever is in the file: it is an error, or what is read is there as well when
// the store has gone on; and nothing is read as if it were a new store, but a
// store that says that it is empty.
func FuzzFileStore(f *testing.F) {
	d := newFrailDisk()
	j, err := openJournal(d, "store")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range script()[:8] {
		if err := j.save([]change{c}); err != nil {
			f.Fatal(err)
		}
		f.Add(d.names["store"].cache)
	}
	whole := d.names["store"].cache
	f.Add(whole[:len(whole)-7])
	f.Add(append(whole[:len(whole):len(whole)], make([]byte, 700)...))
	f.Add([]byte(`{"version":1,"sum":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","cursors":{}}`))
	f.Add([]byte("idlewild-store 3 1 0123456789abcdef\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newFrailDisk()
		d.names["store"] = &node{cache: data, safe: data}
		j, err := openJournal(d, "store")
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		if len(data) == 0 {
			t.Fatal("an empty file was taken")
		}
		want := map[string]string{"one more": "1-1-1-0"}
		for key, e := range j.entries {
			if key != "one more" {
				want[key] = e.value
			}
		}
		if err := j.save([]change{{"one more", "1-1-1-0"}}); err != nil {
			t.Fatal(err)
		}
		j, err = openJournal(d, "store")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for key, e := range j.entries {
			got[key] = e.value
		}
		if !maps.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
