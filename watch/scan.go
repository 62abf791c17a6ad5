package watch

import (
	"cmp"
	"context"
	"errors"
	"slices"
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
	before := b.cursor
	state := s.handle.State() // what is told from here on is news: the next wait begins with it
	from := max(b.cursor.UIDNext, 1)
	var err error
	switch {
	case from == imap.MaxUID: // there are no higher ones
	case b.uidNext > from && b.uidNext-from > scanWindow && state.Exists > scanWindow:
		err = s.scanWindows(ctx, b)
	default:
		err = s.scanOnce(ctx, b, from)
	}
	if err != nil {
		b.hinted = true
		return err
	}
	b.visited = true
	s.alive = time.Now()
	found := b.cursor.UIDNext > before.UIDNext
	b.slowDown(announced && !found && !b.fruitful, s.burst)
	b.fruitful = false
	s.looks++
	b.looked = s.looks
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
	if b.mute || s.mode != ModeNotify && s.home() == b && !s.idles(b) {
		poll := time.Duration(float64(s.pollEvery) * (0.9 + 0.2*s.rand()))
		b.due = earlier(b.due, b.scanned.Add(poll))
	}
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

// scanOnce scans with one question, unless the answer is large.
func (s *session) scanOnce(ctx context.Context, b *box, from imap.UID) error {
	found, err := s.messages(ctx, b, imap.UIDRange(from, imap.MaxUID), s.asks(), scanWindow)
	if errors.Is(err, errMany) {
		return s.scanWindows(ctx, b)
	}
	if err != nil {
		return err
	}
	return s.report(ctx, b, found, b.uidNext)
}

// scanWindows scans in parts.
func (s *session) scanWindows(ctx context.Context, b *box) error {
	there, err := s.handle.Search(ctx, nil)
	if err != nil {
		return err
	}
	if from := b.cursor.UIDNext; from > 1 {
		there = there.Without(imap.UIDRange(1, from-1))
	}
	var uids []imap.UID
	for uid := range there.All() {
		if uids = append(uids, uid); len(uids) < scanWindow {
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
	found, err := s.messages(ctx, b, imap.UIDSetOf(uids...), s.asks(), 0)
	if err != nil {
		return err
	}
	return s.report(ctx, b, found, uids[len(uids)-1]+1)
}

// errMany says that there are more messages than are to be held at once.
var errMany = errors.New("many messages")

// messages fetches messages from the cursor on, in order of UID. If the server
// refuses to describe some, they come without description. most is how many
// may come; 0: any number.
func (s *session) messages(
	ctx context.Context, b *box, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) ([]*imap.Message, error) {
	found := map[imap.UID]*imap.Message{}
	err := s.collect(ctx, b, found, uids, opts, most)
	var refused *imap.ResponseError
	if errors.As(err, &refused) && s.client.Err() == nil {
		s.log.Warn("watch: the server cannot describe some messages", "mailbox", b.name, "error", err)
		err = s.collect(ctx, b, found, uids, &imap.FetchOptions{Flags: true}, most)
	}
	if err != nil {
		return nil, err
	}
	all := make([]*imap.Message, 0, len(found))
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *imap.Message) int { return cmp.Compare(a.UID, b.UID) })
	return all, nil
}

// collect adds messages to found that are not in it.
func (s *session) collect(
	ctx context.Context, b *box, found map[imap.UID]*imap.Message, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) error {
	for m, err := range s.handle.Fetch(ctx, uids, opts) {
		if err != nil {
			return err
		}
		// "n:*" brings the highest message also if it is below n.
		if m.UID < b.cursor.UIDNext || m.UID == 0 || m.UID == imap.MaxUID || found[m.UID] != nil {
			continue
		}
		if most > 0 && len(found) == most {
			return errMany
		}
		found[m.UID] = m
	}
	return nil
}

// report yields messages that have arrived. All below next are among them.
func (s *session) report(ctx context.Context, b *box, found []*imap.Message, next imap.UID) error {
	for part := range slices.Chunk(found, largestEvents) {
		if err := ctxErr(ctx); err != nil {
			return err
		}
		events := make([]Event, 0, len(part)+1)
		if e, ok := s.skipped(b, part, 0); ok {
			events = append(events, e)
		}
		for _, m := range part {
			events = append(events, s.arrived(b, m))
		}
		to := b.cursor
		to.UIDNext = part[len(part)-1].UID + 1
		if err := s.emitOf(ctx, b, to, events...); err != nil {
			return err
		}
		s.note(b, part)
	}
	if next <= b.cursor.UIDNext {
		return nil
	}
	to := b.cursor
	to.UIDNext = next
	if e, ok := s.skipped(b, nil, next); ok {
		return s.emitOf(ctx, b, to, e)
	}
	b.cursor = to
	return nil
}

// skipped accounts for the UIDs from the cursor to the last message, or to next,
// at which no message is.
func (s *session) skipped(b *box, found []*imap.Message, next imap.UID) (e Skipped, ok bool) {
	if len(found) > 0 {
		next = found[len(found)-1].UID
	}
	from := max(b.cursor.UIDNext, b.floor)
	if next <= from {
		return e, false
	}
	gap := imap.UIDRange(from, next-1)
	for _, m := range found {
		gap = gap.Without(imap.UIDRange(m.UID, m.UID))
	}
	if gap.Len() == 0 {
		return e, false
	}
	return Skipped{
		ID:      EventID(s.account, b.name, b.cursor.UIDValidity, gap.Max(), KindSkipped),
		Mailbox: b.name, UIDValidity: b.cursor.UIDValidity,
		UIDs: gap, Count: int(gap.Len()), Reason: SkippedExpunged,
	}, true
}

func (s *session) arrived(b *box, m *imap.Message) Arrived {
	return Arrived{
		ID:      EventID(s.account, b.name, b.cursor.UIDValidity, m.UID, KindArrived),
		Mailbox: b.name, UIDValidity: b.cursor.UIDValidity, Message: m,
	}
}

// trust draws a conclusion from a scan: a server that has announced nothing,
// where something has come, is asked more often from now on, until it has
// announced something.
func (s *session) trust(b *box, first, announced, found bool) {
	listened := s.mode == ModeNotify || s.mode != ModePoll && s.home() == b
	switch {
	case !found || first || !listened:
	case announced && b.mute:
		b.mute = false
	case !announced && !b.mute:
		b.mute = true
		s.log.Warn("watch: the server did not announce mail; it is asked more often", "mailbox", b.name, "every", s.pollEvery)
	}
}
