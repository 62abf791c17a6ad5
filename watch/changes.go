package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// What has changed in a mailbox is found as what has arrived is: by looking, and
// taking the answer when it is complete. What the server tells unasked only says
// when to look, and what for. The answer is compared with what is known of the
// messages, so that a change is told once however often the server tells it.
//
// How to look is a ladder. On the highest rung (QRESYNC) the server says all that
// changed since a mod-sequence, on the next (CONDSTORE) it says whose flags
// changed, and on the lowest the flags of all messages are asked for. Nobody's
// word is taken for it that a message is gone: what the server's own SEARCH still
// finds is not.

// rung is how changes are found in a mailbox.
type rung string

const (
	rungQResync   rung = "QRESYNC"
	rungCondStore rung = "CONDSTORE"
	rungCompare   rung = "comparison"
)

// doubt is what may have changed in a mailbox.
type doubt uint8

// mostStumbles is how often in a row a look at the changes may fail before it is
// made behind the scan.
const mostStumbles = 2

const (
	doubtFlags doubt = 1 << iota
	doubtGone
	doubtAll = doubtFlags | doubtGone
)

// doubtOf is what an update casts doubt on.
func doubtOf(u imap.Update) doubt {
	switch u.(type) {
	case imap.Changed:
		return doubtFlags
	case imap.Expunged, imap.Vanished:
		return doubtGone
	case imap.State, imap.Overflow:
		return doubtAll
	}
	return 0
}

// enable turns QRESYNC on, where the server has it. It is called before the first
// mailbox is opened.
func (s *session) enable(ctx context.Context) error {
	if !s.changes || !s.client.Has("QRESYNC") {
		return nil
	}
	_, err := answer(s, func() ([]string, error) { return s.client.Enable(ctx, "QRESYNC") })
	if err != nil && s.client.Err() == nil && ctx.Err() == nil {
		s.log.Warn("watch: QRESYNC cannot be enabled", "error", err)
		return nil
	}
	return err
}

// selectOptions are how a box is opened.
func (s *session) selectOptions(b *box) *imap.SelectOptions {
	opts := &imap.SelectOptions{ReadOnly: true}
	if !s.changes {
		return opts
	}
	opts.KeepUpdates = true // what is told during a look is news for the next one
	opts.CondStore = s.client.Has("CONDSTORE") || s.client.Has("QRESYNC")
	c := b.cursor
	if !s.client.Enabled("QRESYNC") || b.served() == 0 || c.ModSeq == 0 || c.UIDNext <= 1 || b.knows().lied {
		return opts
	}
	opts.Resync = &imap.Resync{UIDValidity: b.served(), ModSeq: c.ModSeq, Known: imap.UIDRange(1, c.UIDNext-1)}
	if k := b.knows(); k.from <= 1 {
		opts.Resync.Match = imap.MatchData(k.uids)
	}
	return opts
}

// opening is what is noted when a mailbox was opened.
type opening struct {
	fresh  bool           // no look at the changes since then
	answer *imap.Resynced // nil: nothing was asked
	modSeq uint64         // HIGHESTMODSEQ as of then
	next   imap.UID       // UIDNEXT as of then; 0: the server did not say
}

// noteOpening is called right after a box was opened.
func (s *session) noteOpening(b *box) {
	if !s.changes {
		return
	}
	b.doubt = doubtAll
	state := s.handle.State()
	b.opening = opening{true, s.handle.Resync(), state.HighestModSeq, state.UIDNext}
}

// rung is the one to stand on now.
func (s *session) rung(b *box) rung {
	r := rungCompare
	switch {
	case s.noModSeqs || s.handle.State().HighestModSeq == 0 || !s.client.Has("CONDSTORE") && !s.client.Has("QRESYNC"):
	case s.client.Enabled("QRESYNC") && !b.knows().lied:
		r = rungQResync
	default:
		r = rungCondStore
	}
	if b.rung != r {
		s.log.Info("watch: how changes are found", "mailbox", b.name, "by", string(r), "before", string(b.rung))
		b.rung = r
	}
	return r
}

// listen notes what was told about a box.
func (b *box) listen(u imap.Update) { b.doubt |= doubtOf(u) }

// drain takes what the server has told so far: a look that begins now sees it.
func (s *session) drain(ctx context.Context, b *box) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	for u, err := range s.handle.Updates(done) {
		if err != nil {
			return
		}
		if _, ok := u.(imap.State); ok { // the scan may have been made already
			b.hinted, b.announced = true, true
		}
		b.listen(u)
	}
}

// firstPicture finds out how a mailbox is that is followed from now on.
func (s *session) firstPicture(ctx context.Context, b *box) error {
	if !s.changes {
		return nil
	}
	k, r, highest := b.knows(), s.rung(b), b.opening.modSeq
	b.opening.fresh, b.opening.answer, b.doubt = false, nil, 0
	if b.cursor.UIDNext > 1 {
		there, err := s.there(ctx, b)
		if err != nil {
			return err
		}
		k.found(there, b.cursor.UIDNext)
		if r == rungCompare {
			if err := s.compareFlags(ctx, &teller{s: s, b: b, k: k}, false); err != nil {
				return err
			}
		}
	}
	if r != rungCompare {
		b.cursor.ModSeq = highest
	}
	return nil
}

// catchUp tells what has changed below the cursor. The box is open.
func (s *session) catchUp(ctx context.Context, b *box) error {
	if !s.changes {
		return nil
	}
	s.drain(ctx, b)
	b.bury()
	if !b.announced && b.rung != rungCompare {
		b.doubt = doubtAll
	}
	if b.doubt == 0 || !b.opening.fresh && time.Now().Before(b.calm) {
		return nil
	}
	t := &teller{s: s, b: b, k: b.knows()}
	b.stumbles++
	highest, err := s.difference(ctx, t)
	b.opening.fresh, b.opening.answer = false, nil
	if t.told {
		b.fruitful = true
	}
	switch {
	case errors.Is(err, errLater):
		b.stumbles = 0
		return t.part(ctx)
	case s.refused(ctx, err):
		s.log.Warn("watch: the server refuses to say what has changed; it is asked again later", "mailbox", b.name, "error", err)
		b.calm = time.Now().Add(s.pollEvery)
		return t.part(ctx)
	case err != nil:
		// What was told to the picture must be told to the loop.
		return errors.Join(t.part(ctx), err)
	}
	b.doubt, b.stumbles = 0, 0
	return t.end(ctx, highest)
}

// difference tells what has changed, on the highest rung that bears. It returns
// up to which mod-sequence that was all; 0: there are none.
func (s *session) difference(ctx context.Context, t *teller) (uint64, error) {
	b := t.b
	highest := s.handle.State().HighestModSeq // before anything is asked
	if b.opening.answer != nil {
		highest = b.opening.modSeq
	}
	r := s.rung(b)
	if r == rungCompare {
		highest = 0
	}
	switch {
	case b.cursor.UIDNext <= 1: // there is nothing yet that could change
	case r != rungCompare && b.cursor.ModSeq == 0 && len(t.k.flags) == 0:
		return highest, s.removals(ctx, t)
	case r != rungCompare && b.cursor.ModSeq == 0:
		return highest, s.compareAll(ctx, t, false)
	case highest < b.cursor.ModSeq:
		s.log.Warn("watch: mod-sequences were reset; all flags are compared", "mailbox", b.name,
			"highest", highest, "cursor", b.cursor)
		t.k.scanned, b.opening.modSeq = 0, highest
		return highest, s.compareAll(ctx, t, true)
	case r == rungQResync:
		return highest, s.byQResync(ctx, t)
	case r == rungCondStore:
		return highest, s.byCondStore(ctx, t)
	default:
		return 0, s.compareAll(ctx, t, false)
	}
	return highest, nil
}

// lower notes that the server does not do what a rung needs, and says whether
// that is what err is about.
func (s *session) lower(err error) bool {
	var no *imap.ResponseError
	if s.client.Err() != nil || ClassOf(err) == ClassLimit || !errors.As(err, &no) && !errors.Is(err, imap.ErrUnsupported) && !errors.Is(err, imap.ErrNoModSeq) {
		return false
	}
	s.log.Warn("watch: the server does not tell changes; all flags are compared", "error", err)
	s.noModSeqs = true
	return true
}

// changesDue is when to look at changes that were left for later; zero: there are
// none.
func (b *box) changesDue() time.Time {
	if b.doubt == 0 || !b.run.changes {
		return time.Time{} // nobody wants to know
	}
	return later(b.scanned.Add(b.rest), later(b.calm, b.moves.next))
}

// differs says whether a new STATUS shows changes that were not told.
func (b *box) differs(old, now *imap.MailboxStatus) bool {
	if old.HighestModSeq != now.HighestModSeq && now.HighestModSeq != b.cursor.ModSeq {
		return true
	}
	k := b.knows()
	return old.Messages == nil && now.Messages != nil && k.from <= 1 &&
		now.UIDNext == b.cursor.UIDNext && uint64(*now.Messages) != k.uids.Len()
}

// flagsKind is what stands for a change of flags in EventID.
func flagsKind(modSeq uint64, flags []imap.Flag) Kind {
	if modSeq != 0 {
		return Kind(fmt.Sprintf("flags:%d", modSeq))
	}
	return Kind("flags:" + sortedFlags(flags))
}
