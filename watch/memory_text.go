package watch

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// What is remembered is kept under two keys. Under Key(account, mailbox), behind
// the cursor, stands the tail: who the mailbox is, what was reported since the
// last snapshot, and which snapshot that is. Snapshots take turns under two more
// keys, so that the one that the tail names is whole whenever the power fails.
//
// Both are base64 of a version, the contents, and a checksum.

const memoryVersion = 1

// snapshotRef names a snapshot. Slot 0: there is none.
type snapshotRef struct {
	slot byte // 1 or 2
	sum  mark // of its text
}

var errDamaged = errors.New("it is damaged")

// tail is the text that stands behind the cursor next, as if that were committed.
func (m *memory) tail(next imap.UID) string {
	recent := m.recent(next)
	w := newWriter(len(recent))
	w.number(uint64(m.snapshot.slot))
	w = append(w, m.snapshot.sum[:]...)
	w.number(uint64(m.validity))
	w.number(uint64(m.served))
	w.number(uint64(len(m.earlier)))
	for _, v := range m.earlier {
		w.number(uint64(v))
	}
	w.text(m.mailbox)
	w.text(m.current)
	w = append(w, m.server[:]...)
	w.number(uint64(m.heir))
	w.number(uint64(m.begins))
	w.number(uint64(m.floor))
	w.number(uint64(m.low))
	w.messages(recent)
	w.set(m.gone)
	return w.sealed()
}

// image is the text of a snapshot that has sure in it.
func image(validity uint32, sure []remembered) string {
	w := newWriter(len(sure))
	w.number(uint64(validity))
	w.messages(sure)
	return w.sealed()
}

// parseTail reads what tail wrote. The messages are in told, without those of the
// snapshot.
func parseTail(text string) (*memory, error) {
	r, err := unsealed(text)
	m := new(memory)
	m.snapshot.slot = byte(r.number(2))
	m.snapshot.sum = r.mark()
	m.validity = uint32(r.number(math.MaxUint32))
	m.served = uint32(r.number(math.MaxUint32))
	for range r.number(mostEarlier) {
		m.earlier = append(m.earlier, uint32(r.number(math.MaxUint32)))
	}
	m.mailbox = r.text()
	m.current = r.text()
	m.server = r.mark()
	m.heir = uint32(r.number(math.MaxUint32))
	m.begins = imap.UID(r.number(uint64(imap.MaxUID)))
	m.floor = imap.UID(r.number(uint64(imap.MaxUID)))
	m.low = max(imap.UID(r.number(uint64(imap.MaxUID))), 1)
	m.told = r.messages()
	m.gone = r.set()
	return m, errors.Join(err, r.end())
}

// parseImage reads what image wrote.
func parseImage(text string, validity uint32) ([]remembered, error) {
	r, err := unsealed(text)
	of := uint32(r.number(math.MaxUint32))
	list := r.messages()
	err = errors.Join(err, r.end())
	if err == nil && of != validity {
		err = fmt.Errorf("it is about UIDVALIDITY %d", of)
	}
	return list, err
}

// writer makes the contents of a text.
type writer []byte

// newWriter has room for some messages and what stands around them.
func newWriter(messages int) writer {
	w := make(writer, 0, 128+20*messages)
	return append(w, memoryVersion)
}

func (w *writer) number(n uint64) { *w = binary.AppendUvarint(*w, n) }

func (w *writer) text(s string) {
	w.number(uint64(len(s)))
	*w = append(*w, s...)
}

// messages writes messages in order of UID. Every UID is told as its distance
// from the one before, twice that, and 1 more if the message has an id.
func (w *writer) messages(list []remembered) {
	w.number(uint64(len(list)))
	var last imap.UID
	for _, r := range list {
		n := uint64(r.uid-last) << 1
		if r.id.known() {
			n++
		}
		w.number(n)
		*w = append(*w, r.print[:]...)
		if r.id.known() {
			*w = append(*w, r.id[:]...)
		}
		last = r.uid
	}
}

// set writes UIDs as the distances between, and the lengths of, their ranges.
func (w *writer) set(uids imap.UIDSet) {
	n := 0
	for range uids.Ranges() {
		n++
	}
	w.number(uint64(n))
	last := imap.UID(0)
	for first, end := range uids.Ranges() {
		w.number(uint64(first - last))
		w.number(uint64(end - first))
		last = end
	}
}

func (w *writer) sealed() string {
	*w = binary.BigEndian.AppendUint32(*w, crc32.ChecksumIEEE(*w))
	var text strings.Builder
	text.Grow(base64.RawURLEncoding.EncodedLen(len(*w)))
	to := base64.NewEncoder(base64.RawURLEncoding, &text)
	_, _ = to.Write(*w) // a Builder takes all
	_ = to.Close()
	return text.String()
}

// reader reads a writer's text. What it returns after the first error means
// nothing.
type reader struct {
	left []byte
	bad  bool
}

func unsealed(text string) (*reader, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	n := len(b) - 4
	if err != nil || n < 1 || crc32.ChecksumIEEE(b[:n]) != binary.BigEndian.Uint32(b[n:]) {
		return &reader{bad: true}, errDamaged
	}
	if b[0] != memoryVersion {
		return &reader{bad: true}, fmt.Errorf("it is of version %d", b[0])
	}
	return &reader{left: b[1:n]}, nil
}

func (r *reader) number(most uint64) uint64 {
	v, n := binary.Uvarint(r.left)
	if r.bad = r.bad || n <= 0 || v > most; r.bad {
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if r.bad = r.bad || n > len(r.left); r.bad {
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes(int(r.number(math.MaxUint16)))) }

func (r *reader) mark() (m mark) {
	copy(m[:], r.bytes(len(m)))
	return m
}

func (r *reader) messages() []remembered {
	n := r.number(uint64(len(r.left)) / 9) // bytes at least for each
	list := make([]remembered, 0, n)
	var last uint64
	for range n {
		v := r.number(math.MaxUint32<<1 | 1)
		m := remembered{uid: imap.UID(last + v>>1), print: r.mark()}
		if v&1 != 0 {
			m.id = r.mark()
		}
		r.bad = r.bad || v>>1 == 0 || last+v>>1 >= uint64(imap.MaxUID)
		if r.bad {
			return nil
		}
		last += v >> 1
		list = append(list, m)
	}
	return list
}

func (r *reader) set() (uids imap.UIDSet) {
	var last uint64
	for range r.number(uint64(len(r.left)) / 2) {
		first := last + r.number(math.MaxUint32)
		last = first + r.number(math.MaxUint32)
		if r.bad = r.bad || first == 0 || last >= uint64(imap.MaxUID); r.bad {
			return uids
		}
		uids = uids.With(imap.UIDRange(imap.UID(first), imap.UID(last)))
	}
	return uids
}

func (r *reader) end() error {
	if r.bad || len(r.left) > 0 {
		return errDamaged
	}
	return nil
}
