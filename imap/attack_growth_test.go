package imap

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// taken is how many bytes do allocates. Nothing else may run meanwhile; what is
// looked for is more by orders of magnitude.
func taken(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// VANISHED in many lines costs in proportion to them.
func TestA44_VanishedInManyLines(t *testing.T) {
	const lines = 30_000
	var s Resynced
	n := taken(func() {
		for i := range uint32(lines) {
			s.vanished(wire.NumSet{{First: 2*i + 1, Last: 2*i + 1}}, true)
		}
		s.settle(&Resync{UIDValidity: 1, ModSeq: 1}, &MailboxState{UIDValidity: 1, HighestModSeq: 1})
	})
	if n > 64<<20 {
		t.Errorf("SELECT: %d MiB for %d lines", n>>20, lines)
	}
	if s.Err != nil || s.Vanished.Len() != lines {
		t.Error(s.Err, s.Vanished.Len())
	}
	// What is expunged while the mailbox is opened is no longer changed.
	s = Resynced{Changed: []*Message{{UID: 5}, {UID: 6}}}
	s.vanished(wire.NumSet{{First: 5, Last: 5}}, false)
	s.settle(&Resync{UIDValidity: 1, ModSeq: 1}, &MailboxState{UIDValidity: 1, HighestModSeq: 1})
	if len(s.Changed) != 1 || s.Changed[0].UID != 6 || !s.Vanished.Contains(5) {
		t.Error(s.Changed, s.Vanished)
	}
}

// a set that a limit cuts into four thousand million parts.
func TestA44_CutIntoManyParts(t *testing.T) {
	m := &Mailbox{client: &Client{opts: (&Options{}).withDefaults()}}
	tries := 0
	enough := errors.New("enough")
	err := m.inSuchParts(t.Context(), []wire.NumSet{{{First: 1, Last: wire.Star - 1}}}, 1, nil, 0, func(part wire.NumSet) (*call, error) {
		if tries++; tries == 3 {
			return &call{}, enough
		}
		if part.Len() != 1 {
			t.Error(part)
		}
		return &call{}, nil
	})
	if !errors.Is(err, enough) || tries != 3 {
		t.Error(err, tries)
	}
}

// what SORT and ESEARCH say in many lines has a bound, whatever it is.
func TestA44_SortedInManyLines(t *testing.T) {
	for _, text := range []string{
		"* SORT" + strings.Repeat(" 1 3", 4096),
		"* ESEARCH (TAG \"A1\") UID ALL 1 RELEVANCY (1" + strings.Repeat(" 1", 8191) + ")",
	} {
		m := &Mailbox{client: &Client{}}
		s := &searching{box: m, call: &call{tag: "A1"}, keys: []SortKey{SortDate}}
		p := newParser(wire.Limits{}.WithDefaults())
		for range maxFound/8192 + 2 {
			r, err := p.parseResponse(&wire.Response{Bytes: []byte(text), Pending: -1})
			if err != nil || !s.claim(r) {
				t.Fatal(text, err)
			}
			if s.err != nil {
				break
			}
		}
		if _, ok := errors.AsType[*wire.LimitError](s.err); !ok {
			t.Errorf("%.20s: %d numbers and %d scores are held: %v", text, len(s.found.order), len(s.found.relevancy), s.err)
		}
	}
}

// the same for what is found in parts, below a limit of messages.
func TestA44_FoundInManyParts(t *testing.T) {
	s := &searching{}
	above := new(searchData)
	for i := range uint32(maxFound) {
		above.nums = append(above.nums, wire.Range{First: 3*i + 1, Last: 3*i + 1})
	}
	s.found.nums = wire.NumSet{{First: 3*maxFound + 1, Last: 3*maxFound + 1}}
	if s.join(above); s.err == nil {
		t.Error("no limit")
	}
}

// What a loop gives back, when it is left early, does not grow from loop to loop.
func TestA46_GivenBack(t *testing.T) {
	l := &listener[Update]{ready: make(chan struct{}, 1)}
	for range 5 {
		items := l.take()
		for range maxWaiting {
			l.add(Exists{}, 100) // while the loop's body runs
		}
		if len(items) > 0 {
			items = items[1:]
		}
		l.giveBack(items)
	}
	if len(l.items) > maxWaiting || l.dropped == 0 {
		t.Errorf("%d updates are kept, %d dropped", len(l.items), l.dropped)
	}
	if l.bytes < 100*(len(l.items)-2) {
		t.Errorf("%d updates count as %d bytes", len(l.items), l.bytes)
	}
}

// The answers to STATUS, NOTIFY, STORE and GETANNOTATION are bounded in bytes.
func TestA41_LargeAnswers(t *testing.T) {
	c := &Client{opts: Options{Limits: wire.Limits{Held: 1 << 20}.WithDefaults()}}
	big := string(make([]byte, 10<<10))
	n := &notifying{c: c}
	a := &annotationQuery{client: c}
	s := &storing{box: &Mailbox{client: c}, want: HasFlags}
	k := &call{}
	for i := range 1000 {
		n.add(&response{mbox: &MailboxStatus{Mailbox: big}, size: len(big)})
		a.add(&annotationData{annotations: []MailboxAnnotation{{Entry: big}}})
		m := &Message{UID: UID(i + 1), has: HasUID | HasFlags, Flags: []Flag{Flag(big)}}
		s.claim(k, wire.NumSet{{First: 1, Last: 5000}}, &response{kind: kindFetch, msg: m, size: len(big)})
	}
	for what, err := range map[string]error{"NOTIFY": n.err, "GETANNOTATION": a.err, "STORE": s.err} {
		if _, ok := errors.AsType[*wire.LimitError](err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, n := range map[string]int{"NOTIFY": len(n.found), "GETANNOTATION": len(a.got), "STORE": len(s.messages)} {
		if n > 150 {
			t.Errorf("%s: %d answers of 10 KiB are held", what, n)
		}
	}
}

// MULTISEARCH: names, orders and scores count as well as numbers.
func TestA44_MultiSearchNames(t *testing.T) {
	c := &Client{opts: Options{Limits: wire.Limits{Held: 1 << 20}.WithDefaults()}}
	s := &multiSearching{client: c, byName: map[string]*searching{}}
	for i := range 1000 {
		name := fmt.Sprintf("%010240d", i)
		s.add(&response{kind: kindESearch, search: &searchData{mailbox: name, raw: name}, size: len(name)})
	}
	if _, ok := errors.AsType[*wire.LimitError](s.err); !ok {
		t.Errorf("%d names of 10 KiB: %v", len(s.names), s.err)
	}
}

// lines without what was asked for are not kept without bound, neither
// while the loop waits nor when it has been left.
func TestA62_NewsInPlaceOfAnswers(t *testing.T) {
	c := &Client{opts: (&Options{}).withDefaults()}
	op := newFetch(t.Context(), &Mailbox{client: c}, &FetchOptions{Envelope: true}, wire.NumSet{{First: 1, Last: wire.Star}})
	k := &call{fetch: op, foot: footprint{class: classFetch, uids: op.rest}}
	line := func(uid UID, has Attribute) {
		op.claim(k, &response{kind: kindFetch, size: 30, msg: &Message{UID: uid, has: has}})
	}
	for uid := range UID(3 * maxPartial) {
		line(uid+1, HasUID|HasFlags)
		line(uid+1, HasUID|HasSize)
	}
	if n := len(op.partial); n > maxPartial+1 || op.failed != nil {
		t.Errorf("%d messages are kept, %v", n, op.failed)
	}
	op.stop()
	line(4_000_000, HasUID|HasSize)
	if n := len(op.partial); n > 0 || op.held != 0 {
		t.Errorf("%d messages are kept for a loop that was left", n)
	}
}

// millions of messages in descending order, none next to another.
func TestA44_MessagesInNoOrder(t *testing.T) {
	c := &Client{opts: (&Options{}).withDefaults()}
	op := newFetch(t.Context(), &Mailbox{client: c}, &FetchOptions{}, wire.NumSet{{First: 1, Last: wire.Star}})
	k := &call{fetch: op, done: make(chan struct{}), state: callSent}
	op.shifted = maxShifted - 100_000_000 // as behind ninety thousand
	for uid := UID(1_000_000); uid > 0 && !k.abandoned; uid -= 2 {
		op.answered(k, uid)
	}
	if _, ok := errors.AsType[*wire.LimitError](k.err); !ok || len(k.foot.done) > maxFound+1 {
		t.Error(k.err, len(k.foot.done))
	}
	op, k = newFetch(t.Context(), &Mailbox{client: c}, &FetchOptions{}, op.rest), &call{}
	for uid := range UID(1_000_000) {
		op.answered(k, 2*uid+1)
	}
	if op.failed != nil {
		t.Error(op.failed)
	}
}
