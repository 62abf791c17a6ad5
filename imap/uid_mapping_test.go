package imap

import (
	"maps"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

func TestCopyUID(t *testing.T) {
	for _, tt := range []struct {
		data string
		want map[UID]UID
	}{
		{"304,319:320 3956:3958", map[UID]UID{304: 3956, 319: 3957, 320: 3958}},
		{"20:19,500:495 92:97,101:100", map[UID]UID{19: 92, 20: 93, 495: 94, 496: 95, 497: 96, 498: 97, 499: 100, 500: 101}},
		{"9,3,5 1:3", map[UID]UID{9: 1, 3: 2, 5: 3}},
		{"1:4 10,8,6:7", map[UID]UID{1: 10, 2: 8, 3: 6, 4: 7}},
		{"4294967295 4294967295", map[UID]UID{4294967295: 4294967295}},
	} {
		c := mustParseLine(t, "A1 OK [COPYUID 7 "+tt.data+"] x").code
		if c.Problem != nil || c.UIDValidity != 7 {
			t.Errorf("%s: %+v", tt.data, c)
			continue
		}
		if got := maps.Collect(c.Copied.All()); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v", tt.data, got)
		}
		for source, want := range tt.want {
			if dest, ok := c.Copied.Dest(source); !ok || dest != want {
				t.Errorf("%s: Dest(%d) = %d, %v; want %d", tt.data, source, dest, ok, want)
			}
			if !c.Source.Contains(source) || !c.Dest.Contains(want) {
				t.Errorf("%s: %v %v", tt.data, c.Source, c.Dest)
			}
		}
		if n := uint64(len(tt.want)); c.Copied.Len() != n || c.Source.Len() != n || c.Dest.Len() != n {
			t.Errorf("%s: %d, %v, %v", tt.data, c.Copied.Len(), c.Source, c.Dest)
		}
		for _, none := range []UID{0, 2000} {
			if dest, ok := c.Copied.Dest(none); ok || dest != 0 {
				t.Errorf("%s: Dest(%d) = %d", tt.data, none, dest)
			}
		}
	}
}

// TestCopyUIDHuge: four billion UIDs are one range.
func TestCopyUIDHuge(t *testing.T) {
	line := "A1 OK [COPYUID 1 1:4294967295 1:4294967295] x"
	c := mustParseLine(t, line).code
	if dest, ok := c.Copied.Dest(4294967295); !ok || dest != 4294967295 || len(c.Copied.runs) != 1 || c.Copied.Len() != 1<<32-1 {
		t.Errorf("%+v", c)
	}
	if n := bytesToParse(t, line); n > 4096 {
		t.Errorf("%d bytes", n)
	}
	c = mustParseLine(t, "A1 OK [COPYUID 1 2147483648:4294967295,1:2147483647 1:4294967295] x").code
	if dest, _ := c.Copied.Dest(1); dest != 2147483649 || len(c.Copied.runs) != 2 {
		t.Errorf("%+v", c)
	}
}

// bytesToParse is how many bytes parsing a line allocates.
func bytesToParse(t testing.TB, line string) uint64 {
	var before, after runtime.MemStats
	p, wr := newParser(wire.Limits{}), &wire.Response{Bytes: []byte(line), Pending: -1}
	runtime.ReadMemStats(&before)
	_, _ = p.parseResponse(wr)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCopyUIDMany: pairing is linear in what came.
func TestCopyUIDMany(t *testing.T) {
	source := strings.Repeat("7,", 15000)
	start := time.Now()
	if c := mustParseLine(t, "A1 OK [COPYUID 1 "+source+"7 "+source+"7] x").code; c.Problem == nil {
		t.Errorf("%d", c.Copied.Len())
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Error(d)
	}
}
