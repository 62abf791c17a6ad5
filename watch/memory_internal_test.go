package watch

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// some are n messages with UIDs from first on, with holes.
func some(rnd *rand.Rand, n int, first imap.UID) (list []remembered) {
	uid := first
	for range n {
		r := remembered{uid: uid, print: markOf(fmt.Append(nil, "p", uid))}
		if rnd.IntN(2) == 0 {
			r.id = markOf(fmt.Append(nil, "e", uid))
		}
		list = append(list, r)
		uid += 1 + imap.UID(rnd.IntN(3))
	}
	return list
}

func TestMemoryTextRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 255, 10_000} {
		m := newMemory(10_000, 7)
		m.life = life{validity: 1 << 31, served: 9, earlier: []uint32{1, 1<<32 - 1}, mailbox: "F\"1 \n", current: "Entwürfe", server: markOf(nil), heir: 12, begins: 99, floor: 7}
		m.snapshot = snapshotRef{2, markOf([]byte("x"))}
		m.report(some(rnd, n, 7))
		m.gone = imap.UIDSetOf(1, 2, 3, 9, imap.MaxUID-1)
		got, err := parseTail(m.tail(imap.MaxUID))
		m.limit = 0
		if err != nil || !got.equal(m.life) || got.snapshot != m.snapshot || got.low != m.low || !got.gone.Equal(m.gone) || !slices.Equal(got.told, m.told) {
			t.Errorf("%d messages: %v, %+v", n, err, got)
		}
		list, err := parseImage(image(5, m.told), 5)
		if err != nil || !slices.Equal(list, m.told) {
			t.Errorf("image of %d: %v", n, err)
		}
		if _, err := parseImage(image(5, m.told), 6); err == nil {
			t.Error("another mailbox's")
		}
	}
	edge := []remembered{{uid: 1}, {uid: imap.MaxUID - 1, print: mark{1}, id: mark{2}}}
	if list, err := parseImage(image(1, edge), 1); err != nil || !slices.Equal(list, edge) {
		t.Error(list, err)
	}
}

// Whatever bit is turned over, nothing wrong is believed.
func TestMemoryTextDamage(t *testing.T) {
	m := newMemory(100, 1)
	m.report(some(rand.New(rand.NewPCG(1, 2)), 20, 1))
	text := m.tail(imap.MaxUID)
	for i := range text {
		for bit := range 8 {
			b := []byte(text)
			b[i] ^= 1 << bit
			if got, err := parseTail(string(b)); err == nil && !bytes.Equal(b, []byte(text)) {
				t.Fatalf("byte %d, bit %d: %+v", i, bit, got)
			}
		}
	}
	for n := range text {
		if _, err := parseTail(text[:n]); err == nil {
			t.Fatalf("cut to %d", n)
		}
	}
}

func FuzzMemoryText(f *testing.F) {
	m := newMemory(100, 1)
	m.report(some(rand.New(rand.NewPCG(1, 2)), 20, 1))
	w := writer{memoryVersion}
	w.messages(m.told)
	f.Add([]byte(w))
	w = writer{memoryVersion, 0}
	f.Add([]byte(w))
	f.Fuzz(func(t *testing.T, data []byte) {
		// A checksum that holds: what comes behind it is what is tried.
		w := writer(slices.Clone(data))
		text := w.sealed()
		if m, err := parseTail(text); err == nil {
			for i, r := range m.told {
				if r.uid == 0 || i > 0 && m.told[i-1].uid >= r.uid {
					t.Fatalf("out of order: %+v", m.told)
				}
			}
			m.limit = 1 << 30
			again, err := parseTail(m.tail(imap.MaxUID))
			if err != nil || !reflect.DeepEqual(again.life, m.life) || !slices.Equal(again.told, m.told) {
				t.Fatalf("%+v: %v, %+v", m, err, again)
			}
		}
		_, _ = parseImage(text, 1)
		_, _ = parseTail(string(data))
	})
}

// The memory is bounded: about 20 bytes a message, and not so many more as text.
func TestP8_MemorySize(t *testing.T) {
	if size := reflect.TypeFor[remembered]().Size(); size != 20 {
		t.Errorf("%d bytes a message", size)
	}
	m := newMemory(10_000, 1)
	rnd := rand.New(rand.NewPCG(3, 4))
	for uid := imap.UID(1); uid < 50_000; uid += 100 {
		m.report(some(rnd, 30, uid))
	}
	if m.len() != 10_000 || m.low <= 1 || cap(m.told) > 30_000 {
		t.Errorf("%d messages from %d on, room for %d", m.len(), m.low, cap(m.told))
	}
	if n := len(image(1, m.told)); n > 240_000 {
		t.Errorf("a snapshot of %d bytes", n)
	}
	last := m.told[len(m.told)-1].uid
	if n := len(m.tail(last + 1)); n < 150_000 {
		t.Errorf("a tail of %d bytes has not all of them", n)
	}
	m.covers = last - 200
	if n := len(m.tail(last + 1)); n > 8_000 {
		t.Errorf("a tail of %d bytes", n)
	}
	if _, err := base64.RawURLEncoding.DecodeString(m.tail(1)); err != nil {
		t.Error(err)
	}
}

// What is remembered at a cursor is what was reported below it, and what was
// dealt with before.
func TestMemoryOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	m := newMemory(100, 50)
	m.learn(some(rnd, 10, 40), 40)
	m.report(some(rnd, 10, 100))
	m.learn(some(rnd, 5, 20), 20)
	var all, back []imap.UID
	for r := range m.all() {
		all = append(all, r.uid)
	}
	for r := range m.newest() {
		back = append(back, r.uid)
	}
	slices.Reverse(back)
	if len(all) != 25 || !slices.IsSorted(all) || !slices.Equal(all, back) || m.low != 20 {
		t.Errorf("%v, %v, from %d", all, back, m.low)
	}
	if _, ok := m.find(100); !ok {
		t.Error("100 is not found")
	}
	if _, ok := m.find(99); ok {
		t.Error("99 is found")
	}
	if n := len(m.recent(100)); n != 0 {
		t.Errorf("%d below 100", n)
	}
	if n := len(m.recent(101)); n != 1 {
		t.Errorf("%d below 101", n)
	}
	m.limit = 12
	m.trim()
	if first := m.sure[0].uid; m.len() != 12 || m.low > first || m.low <= 20 {
		t.Errorf("%d from %d, %d on", m.len(), m.low, first)
	}
}
