package watch

import (
	"cmp"
	"context"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// match compares the messages of a mailbox's new life with those that are
// remembered of the one before: newest first, as many as needed, only those kept
// that may be among the remembered ones.
type match struct {
	old        []remembered // in order of UID
	whole      bool         // there were no others
	ids        map[mark][]int
	prints     map[mark][]int // of old, in order
	candidates []remembered
	dry        int // windows without candidates since the last that had some

	start imap.UID     // all below were known before
	low   imap.UID     // of the new memory
	known []remembered // from start on
}

// dryWindows is after how many windows without a remembered message those before
// are believed to be older than what is remembered.
const dryWindows = 4

// resume finds out which of the messages that are there now are known.
func (s *session) resume(ctx context.Context, b *box, there imap.UIDSet) (*match, error) {
	m := newMatch(b.memory)
	for !there.Empty() {
		window := lastOf(there, scanWindow)
		list, err := s.recognize(ctx, b, slices.Collect(window.All()))
		if err != nil {
			return nil, err
		}
		there = there.Without(window)
		if m.take(list); m.enough() {
			break
		}
	}
	b.learned()
	m.finish()
	return m, nil
}

func newMatch(old *memory) *match {
	m := &match{old: slices.Collect(old.all()), whole: old.whole(), ids: map[mark][]int{}, prints: map[mark][]int{}}
	for i, r := range m.old {
		if r.id.known() {
			m.ids[r.id] = append(m.ids[r.id], i)
		}
		if r.print.known() {
			m.prints[r.print] = append(m.prints[r.print], i)
		}
	}
	return m
}

// take takes a window of messages in order of UID, which is below those before.
func (m *match) take(list []remembered) {
	n := len(m.candidates)
	for _, r := range slices.Backward(list) {
		if len(m.ids[r.id]) > 0 || len(m.prints[r.print]) > 0 {
			m.candidates = append(m.candidates, r)
		}
	}
	if m.dry++; len(m.candidates) > n {
		m.dry = 0
	}
}

// enough says whether what is below need not be looked at.
func (m *match) enough() bool {
	if m.whole || len(m.candidates) == 0 || m.dry < dryWindows && len(m.candidates) < len(m.old) {
		return false
	}
	pairs := m.pairs()
	return len(pairs) > 0 && inOldOrder(pairs)
}

// pair is a message and which of old it is.
type pair struct {
	now remembered
	old int
}

// pairs finds for every candidate one of the old messages, each taken once, in
// order of UID. EMAILIDs come first. If any of them is the same as before, they
// last, and messages with different ones are different messages.
func (m *match) pairs() (pairs []pair) {
	now := slices.Clone(m.candidates)
	slices.SortFunc(now, byUID)
	taken := make([]bool, len(m.old))
	var rest []remembered
	for _, r := range now {
		if i := first(m.ids[r.id], taken, nil); i >= 0 && r.id.known() {
			taken[i] = true
			pairs = append(pairs, pair{r, i})
		} else {
			rest = append(rest, r)
		}
	}
	lasting := len(pairs) > 0
	for _, r := range rest {
		other := func(i int) bool { return lasting && r.id.known() && m.old[i].id.known() }
		if i := first(m.prints[r.print], taken, other); i >= 0 && r.print.known() {
			taken[i] = true
			pairs = append(pairs, pair{r, i})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.now.uid, b.now.uid) })
	return pairs
}

// first is the first of some indexes that is not taken and not to be left out.
func first(indexes []int, taken []bool, out func(int) bool) int {
	for _, i := range indexes {
		if !taken[i] && (out == nil || !out(i)) {
			return i
		}
	}
	return -1
}

// inOldOrder says whether nearly all messages stand in the order that they had.
func inOldOrder(pairs []pair) bool {
	good := 1
	for i := range len(pairs) - 1 {
		if pairs[i].old < pairs[i+1].old {
			good++
		}
	}
	return 10*good >= 9*len(pairs)
}

// finish draws the conclusion. Only the newest messages of a large mailbox are
// remembered: what stands before the first of them, if they stand in the old
// order, is held to be older, and known. In any other case what is not recognized
// is new.
func (m *match) finish() {
	pairs := m.pairs()
	m.start, m.low = 1, 1
	if !m.whole && len(pairs) > 0 && inOldOrder(pairs) {
		m.start = pairs[0].now.uid
		m.low = m.start
	}
	for _, p := range pairs {
		m.known = append(m.known, p.now)
	}
}

// counts says how many messages are known, and how many are not.
func (m *match) counts(there imap.UIDSet) (known, fresh int) {
	known = len(m.known)
	if m.start > 1 {
		known += int(there.And(imap.UIDRange(1, m.start-1)).Len())
	}
	return known, max(0, int(there.Len())-known)
}
