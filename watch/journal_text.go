package watch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The file of a FileStore is text:
//
//	idlewild-store 2 1 97ec13ffa9307af0
//	9eea9acaaf3e865b {"key":"alice@example.org\u0000INBOX","value":"1-17-1-0"}
//	5ca495e1463ccfc0 {"key":"alice@example.org\u0000INBOX","value":"1-17-2-0"}
//
// The first line has the version, how many lines were written together with it,
// and its sum. Every other is one value that was saved; the last one of a key
// counts, and an empty value says that the key is gone. A sum is over the sum of
// the line before and the rest of the line, so a line that was changed, lost,
// doubled or moved shows at the next one. What cannot show is that lines are
// missing at the end: such a file was a good one earlier.
const (
	journalName    = "idlewild-store "
	journalVersion = 2
	sumLength      = 16
)

// change is a value to be kept under a key.
type change struct{ key, value string }

// entry is a value that is kept, and how long its line is.
type entry struct {
	value  string
	length int64
}

// journalLine is a line of the file.
type journalLine struct {
	change
	sum    string
	length int64 // with its end
}

// record is a line as JSON. What is not UTF-8 is in the fields of bytes.
type record struct {
	Key        string `json:"key"`
	KeyBytes   []byte `json:"key_base64,omitempty"`
	Value      string `json:"value"`
	ValueBytes []byte `json:"value_base64,omitempty"`
}

// chained is the sum of a line, given that of the line before.
func chained(before string, text []byte) string {
	h := sha256.New()
	h.Write([]byte(before))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))[:sumLength]
}

// appendHeader adds the first line, and returns its sum.
func appendHeader(b []byte, lines int) (text []byte, sum string) {
	head := fmt.Appendf(nil, "%s%d %d", journalName, journalVersion, lines)
	sum = chained("", head)
	return fmt.Appendf(b, "%s %s\n", head, sum), sum
}

// appendLine adds the line of a change, and returns its sum.
func appendLine(b []byte, before string, c change) (text []byte, sum string, err error) {
	r := record{Key: c.key, Value: c.value}
	if !utf8.ValidString(c.key) {
		r.Key, r.KeyBytes = "", []byte(c.key)
	}
	if !utf8.ValidString(c.value) {
		r.Value, r.ValueBytes = "", []byte(c.value)
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil { // with a line end
		return b, before, err
	}
	sum = chained(before, line.Bytes()[:line.Len()-1])
	b = append(append(b, sum...), ' ')
	return append(b, line.Bytes()...), sum, nil
}

// readLine reads what appendLine wrote, without its line end.
func readLine(line []byte, before string) (c change, sum string, err error) {
	if len(line) <= sumLength || line[sumLength] != ' ' {
		return c, "", fmt.Errorf("there is no checksum")
	}
	sum = string(line[:sumLength])
	text := line[sumLength+1:]
	if sum != chained(before, text) {
		return c, "", fmt.Errorf("the checksum is wrong")
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return c, "", err
	}
	if r.KeyBytes != nil {
		r.Key = string(r.KeyBytes)
	}
	if r.ValueBytes != nil {
		r.Value = string(r.ValueBytes)
	}
	return change{r.Key, r.Value}, sum, nil
}

// journalText is what a file holds.
type journalText struct {
	entries map[string]entry
	sum     string // of the last good line
	size    int64  // of all good lines
	used    int64  // of those that count
	torn    []byte // what follows: a write that was under way when the power failed
	open    bool   // the last good line has no end: nothing can be added
}

// snapshot is a file with every entry once.
func snapshot(entries map[string]entry) (text []byte, t journalText, err error) {
	text, t.sum = appendHeader(nil, len(entries))
	t.entries = make(map[string]entry, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		was := len(text)
		value := entries[key].value
		if text, t.sum, err = appendLine(text, t.sum, change{key, value}); err != nil {
			return nil, t, err
		}
		t.entries[key] = entry{value, int64(len(text) - was)}
		t.used += int64(len(text) - was)
	}
	t.size = int64(len(text))
	return text, t, nil
}

// corrupt says what is wrong with which line.
func corrupt(line int, what any) error {
	return fmt.Errorf("line %d: %v: %w", line, what, ErrCorrupt)
}

// parseJournal reads a file.
func parseJournal(data []byte) (journalText, error) {
	t := journalText{entries: map[string]entry{}}
	together, err := t.header(data)
	if err != nil {
		return t, err
	}
	end := len(bytes.TrimRight(data, "\x00"))
	number := 2
	for ; int(t.size) < end; number++ {
		line, _, whole := bytes.Cut(data[t.size:end], []byte("\n"))
		c, sum, err := readLine(line, t.sum)
		switch {
		case err == nil && whole:
			t.add(journalLine{c, sum, int64(len(line) + 1)})
			continue
		case err == nil:
			t.add(journalLine{c, sum, int64(len(line))})
			t.open = true
			continue
		}
		if !t.isTorn(data[t.size:end], whole) {
			return t, corrupt(number, err)
		}
		break
	}
	// The first lines were written as a whole before the file got its name.
	if missing := together - (number - 2); missing > 0 {
		return t, corrupt(number, fmt.Sprintf("here and behind, %d lines are missing", missing))
	}
	if int(t.size) < len(data) {
		t.torn = data[t.size:]
	}
	return t, nil
}

// add takes a line over.
func (t *journalText) add(l journalLine) {
	t.sum = l.sum
	t.size += l.length
	t.used -= t.entries[l.key].length
	if l.value == "" {
		delete(t.entries, l.key)
		return
	}
	t.used += l.length
	t.entries[l.key] = entry{l.value, l.length}
}

// header reads the first line. A version that is not ours has its own lines, but
// the first begins with the name and the version, and ends with a sum.
func (t *journalText) header(data []byte) (lines int, err error) {
	if len(data) == 0 {
		return 0, fmt.Errorf("it is empty: %w", ErrCorrupt)
	}
	line, _, whole := bytes.Cut(data, []byte("\n"))
	at := bytes.LastIndexByte(line, ' ')
	if !whole || at < 0 || !bytes.HasPrefix(line, []byte(journalName)) {
		return 0, corrupt(1, "it does not begin as a store does")
	}
	t.sum, t.size = string(line[at+1:]), int64(len(line)+1)
	if t.sum != chained("", line[:at]) {
		return 0, corrupt(1, "the checksum is wrong")
	}
	version, rest, _ := bytes.Cut(line[len(journalName):at], []byte(" "))
	v, err := strconv.Atoi(string(version))
	if err == nil && v > journalVersion {
		return 0, fmt.Errorf("version %d: %w", v, ErrNewer)
	}
	lines, err2 := strconv.Atoi(string(rest))
	if err != nil || err2 != nil || v != journalVersion || lines < 0 {
		return 0, corrupt(1, fmt.Sprintf("%q makes no sense", line))
	}
	return lines, nil
}

// sector is the smallest thing that a disk writes.
const sector = 512

// isTorn says whether the rest of a file is what a power failure leaves of a
// line: it ends too early, or has sectors of NUL. Such a line was not
// acknowledged. Any other damage happened to one that was. NULs at the end of the
// file were left out.
func (t *journalText) isTorn(rest []byte, whole bool) bool {
	if whole {
		return bytes.IndexByte(rest, '\n') == len(rest)-1 && hasHole(rest, int(t.size))
	}
	// One odd byte behind a good line is a line end that was changed.
	_, _, err := readLine(rest[:len(rest)-1], t.sum)
	return err != nil
}

// hasHole says whether there are NULs from the beginning of the line, or of a
// sector, to the end of a sector. at is where in the file the line begins.
func hasHole(line []byte, at int) bool {
	for i := 0; i < len(line); {
		n := 0
		for i+n < len(line) && line[i+n] == 0 {
			n++
		}
		begins := i == 0 || (at+i)%sector == 0
		if n > 0 && begins && (at+i+n)%sector == 0 {
			return true
		}
		i += n + 1
	}
	return false
}
