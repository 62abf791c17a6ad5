package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// A scan asks for the messages from the cursor on, and believes the answer
// when it is complete. The cursor then goes behind the highest UID that was
// seen, and to the UIDNEXT that the mailbox had when it was opened, which is
// always earlier than the question. It never goes to a UIDNEXT that the server
// told later: a message below it may not have been in the answer.
//
// Mostly there are few messages or none, and one question has them all. If
// there are many, the UIDs are asked for first and the messages in windows,
// each of which is complete for itself: memory is bounded whatever the mailbox
// holds.

// scan reports what has arrived.
func (s *session) scan(ctx context.Context, b *box) error {
	first, announced := !b.visited, b.announced
	b.hinted, b.announced = false, false
	b.scanned = time.Now()
	s.turn = b.scanned
	before := b.cursor
	state := s.handle.State() // what is told from here on is news: the next wait begins with it
	from := max(b.cursor.UIDNext, 1)
	var err error
	switch {
	case from == imap.MaxUID: // there are no higher ones
	case b.memory.hasAhead(from):
		err = s.scanWindows(ctx, b)
		defer b.settle(ctx)
	case b.uidNext > from && b.uidNext-from > scanWindow && state.Exists > scanWindow:
		err = s.scanWindows(ctx, b)
	default:
		err = s.scanOnce(ctx, b, from)
	}
	if err != nil {
		b.hinted, b.announced = true, announced
		return err
	}
	b.described()
	b.visited, b.retried, b.unsettled = true, false, 0
	s.alive = time.Now()
	found := b.cursor.UIDNext > before.UIDNext
	b.slowDown(announced && !found && !b.fruitful, s.longestRest(b))
	b.fruitful = false
	s.looks++
	b.looked = s.looks
	b.noteScan()
	s.trust(b, first, announced, found)
	s.schedule(b)
	return s.tellProof(ctx, b)
}

// tellProof notes that the mailbox is known now.
func (s *session) tellProof(ctx context.Context, b *box) error {
	if was, after := b.proof(time.Now()); was {
		return s.emitOf(ctx, b, b.cursor, Recovered{Mailbox: b.name, After: after})
	}
	return nil
}

// schedule sets when to look again in any case.
func (s *session) schedule(b *box) {
	b.due = earlier(b.opened.Add(s.scanEvery), b.changesDue())
	if b.mute || s.mode != ModeNotify && s.home() == b && !s.idles() {
		b.due = earlier(b.due, b.scanned.Add(s.pollAfter()))
	}
}

// longestRest is how long news of a mailbox may have to wait. Mail that STATUS
// tells of and nobody can find may come yet; it is not looked for all the time.
func (s *session) longestRest(b *box) time.Duration {
	if s.mode == ModeNotify && b.status != nil && b.status.UIDNext > b.cursor.UIDNext {
		return s.pollEvery
	}
	return s.burst
}

// slowDown sets how soon the next scan may be: soon after one that was worth
// it, so that mail is not held up by the mail before it; later and later after
// news that came to nothing.
func (b *box) slowDown(vain bool, most time.Duration) {
	b.rest = max(2*b.rest, shortestRest)
	if !vain {
		b.rest = shortestRest
	}
	b.rest = min(b.rest, most)
}

// scanOnce scans with one question, unless the answer is large, or the server
// has trouble with it.
func (s *session) scanOnce(ctx context.Context, b *box, from imap.UID) error {
	if b.careful() {
		return s.scanWindows(ctx, b)
	}
	found := map[imap.UID]*imap.Message{}
	opts := s.description()
	if s.fewFrom(b, from) {
		opts.Slice = math.MaxInt32 // else a large mailbox is searched first
	}
	err := s.collect(ctx, b, found, imap.UIDRange(from, imap.MaxUID), opts, scanWindow)
	if errors.Is(err, errMany) || s.refused(ctx, err) {
		return s.scanWindows(ctx, b)
	}
	if err != nil {
		return err
	}
	return s.report(ctx, b, inOrder(found), b.uidNext)
}

// fewFrom says whether the server has told of no more than a window of messages
// from a UID on.
func (s *session) fewFrom(b *box, from imap.UID) bool {
	there := max(int64(b.uidNext)-int64(from), 0)
	came := max(int64(s.handle.State().Exists)-int64(b.exists), 0)
	return b.uidNext != 0 && there+came <= scanWindow
}

// scanWindows scans in parts.
func (s *session) scanWindows(ctx context.Context, b *box) error {
	there, err := s.find(ctx, nil)
	if err != nil {
		return err
	}
	if from := b.cursor.UIDNext; from > 1 {
		there = there.Without(imap.UIDRange(1, from-1))
	}
	there = there.Without(b.memory.ahead(b.cursor.UIDNext))
	var uids []imap.UID
	for uid := range there.All() {
		if uids = append(uids, uid); len(uids) < b.window() {
			continue
		}
		if err := s.scanWindow(ctx, b, uids); err != nil {
			return err
		}
		uids = uids[:0]
	}
	if len(uids) > 0 {
		if err := s.scanWindow(ctx, b, uids); err != nil {
			return err
		}
	}
	return s.report(ctx, b, nil, b.uidNext)
}

// scanWindow reports some messages that exist, in ascending order. All that
// was there below the last of them is among them, or was reported before.
func (s *session) scanWindow(ctx context.Context, b *box, uids []imap.UID) error {
	found, err := s.describe(ctx, b, uids)
	if err != nil {
		return err
	}
	if err := s.report(ctx, b, found, uids[len(uids)-1]+1); err != nil {
		return err
	}
	b.passed(len(uids))
	return nil
}

var (
	// errContradiction says that UIDs do not rise with the messages' numbers.
	errContradiction = errors.New("the server gives messages UIDs that do not rise")
	// errQuarantine says that the same UIDs are other messages again and again.
	errQuarantine = fmt.Errorf("under one UIDVALIDITY, the server gives the same UIDs to other messages again and again (%w)", errContradiction)
)

// report yields messages that have arrived. All below next are among them.
func (s *session) report(ctx context.Context, b *box, found []*imap.Message, next imap.UID) error {
	more, err := s.leftOutBy(ctx, b, found, next)
	if err != nil {
		return err
	}
	for more.Len() > scanWindow { // not to be held at once
		some := firstOf(more, scanWindow)
		to := some.Max() + 1
		n := countBelow(found, to)
		if err := s.reportWith(ctx, b, found[:n:n], some, to); err != nil {
			return err
		}
		found, more = found[n:], more.Without(some)
	}
	return s.reportWith(ctx, b, found, more, next)
}

// reportWith is report with messages that an answer has left out.
func (s *session) reportWith(ctx context.Context, b *box, found []*imap.Message, more imap.UIDSet, next imap.UID) error {
	found = bare(found, more)
	for part := range s.parts(found) {
		if err := ctxErr(ctx); err != nil {
			return err
		}
		if s.client.Selected() != s.handle && s.client.Err() == nil {
			return imap.ErrDeselected // by the loop's body; it is to have the mailbox at each batch
		}
		arrived, err := s.withSections(ctx, b, part)
		if err != nil {
			return err
		}
		if s.handle.Rebuilt() {
			return errRebuilt
		}
		events := make([]Event, 0, len(part)+1)
		if e, ok := s.skipped(ctx, b, part, 0); ok {
			events = append(events, e)
		}
		for _, a := range arrived {
			events = append(events, a)
		}
		to := b.cursor
		to.UIDNext = part[len(part)-1].UID + 1
		b.reported(part)
		if err := s.emitOf(ctx, b, to, events...); err != nil {
			return err
		}
		s.note(b, part)
		if time.Since(s.turn) >= longestTurn && len(s.mine()) > 1 {
			return errTurn
		}
	}
	if next <= b.cursor.UIDNext || !b.leaps(next) {
		return nil
	}
	if s.handle.Rebuilt() {
		return errRebuilt
	}
	to := b.cursor
	to.UIDNext = next
	if e, ok := s.skipped(ctx, b, nil, next); ok {
		return s.emitOf(ctx, b, to, e)
	}
	b.cursor = to
	return nil
}

// skipped accounts for the UIDs from the cursor to the last message, or to next,
// at which no message is.
func (s *session) skipped(ctx context.Context, b *box, found []*imap.Message, next imap.UID) (e Skipped, ok bool) {
	if len(found) > 0 {
		next = found[len(found)-1].UID
	}
	gap := s.happened(ctx, b, b.gap(found, max(b.cursor.UIDNext, b.floor), next))
	if gap.Empty() {
		return e, false
	}
	return Skipped{
		ID:      EventID(s.account, b.name, b.cursor.UIDValidity, gap.Max(), KindSkipped),
		Mailbox: b.name, UIDValidity: b.cursor.UIDValidity,
		UIDs: gap, Count: int(gap.Len()), Reason: SkippedExpunged,
	}, true
}

// gap are the UIDs from from to next at which nothing was found.
func (b *box) gap(found []*imap.Message, from, next imap.UID) (gap imap.UIDSet) {
	if from = max(from, 1); next <= from {
		return gap
	}
	var uids []imap.UID
	for _, m := range found {
		uids = append(uids, m.UID)
	}
	return imap.UIDRange(from, next-1).Without(imap.UIDSetOf(uids...)).Without(b.memory.ahead(from))
}

func (s *session) arrived(b *box, m *imap.Message) Arrived {
	return Arrived{
		ID:      EventID(s.account, b.name, b.cursor.UIDValidity, m.UID, KindArrived),
		Mailbox: b.name, UIDValidity: b.cursor.UIDValidity, Message: m,
	}
}

// trust draws conclusions from a scan. A server that has announced nothing, where
// something has come, is asked more often from now on, until it has announced
// something. If what has come was there only when the mailbox was opened again,
// twice in a row, then it is opened again every time.
func (s *session) trust(b *box, first, announced, found bool) {
	listened := s.mode == ModeNotify || s.mode != ModePoll && s.home() == b
	if !found || first || !listened {
		return
	}
	reopened := b.scanned.Sub(b.opened) < time.Second
	switch {
	case announced:
		b.mute, b.distrusted, b.late = false, false, 0
	case !b.mute:
		b.mute = true
		s.log.Warn("watch: the server did not announce mail; it is asked more often", "mailbox", b.name, "every", s.pollEvery)
	case !reopened:
		b.late = 0
	case !b.distrusted:
		b.late++
		if b.distrusted = b.late >= 2; b.distrusted {
			s.log.Warn("watch: the server shows mail only when a mailbox is opened; it is opened again each time", "mailbox", b.name)
		}
	}
}
