package watch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	mostIDs  = 10_000          // lasting identities of messages remembered, a mailbox
	moveWait = 2 * time.Second // for a message that is gone to arrive elsewhere
)

// errLater says that removals are not told yet: the messages may have moved.
var errLater = errors.New("told later")

// traces are those of a mailbox's messages, the newest ones, by UID.
type traces []traceOf

type traceOf struct {
	uid imap.UID
	id  mark // of EMAILID or X-GM-MSGID
}

func (ids *traces) add(uid imap.UID, id mark) {
	if n := len(*ids); !id.known() || n > 0 && (*ids)[n-1].uid >= uid {
		return
	}
	*ids = append(*ids, traceOf{uid, id})
	if over := len(*ids) - mostIDs; over > mostIDs/10 {
		*ids = append(traces(nil), (*ids)[over:]...)
	}
}

func (ids traces) of(uid imap.UID) mark {
	i, ok := slices.BinarySearchFunc(ids, uid, func(x traceOf, uid imap.UID) int { return int(int64(x.uid) - int64(uid)) })
	if !ok {
		return mark{}
	}
	return ids[i].id
}

func (ids *traces) remove(gone imap.UIDSet) {
	*ids = slices.DeleteFunc(*ids, func(x traceOf) bool { return gone.Contains(x.uid) })
}

// spot is where a message has arrived.
type spot struct {
	box      *box
	validity uint32
	uid      imap.UID
	left     bool // it is not there any more
}

// spots are where messages have arrived, in all mailboxes of a run.
type spots struct {
	mu   sync.Mutex
	at   map[mark][]spot
	past []mark // in order of arrival
}

func newSpots() *spots { return &spots{at: map[mark][]spot{}} }

func (p *spots) add(id mark, at spot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at[id] = append(p.at[id], at)
	if p.past = append(p.past, id); len(p.past) > mostIDs {
		oldest := p.past[0]
		p.past = p.past[1:]
		if p.at[oldest] = p.at[oldest][1:]; len(p.at[oldest]) == 0 {
			delete(p.at, oldest)
		}
	}
}

// elsewhere is where a message of b has arrived last, after it did in b, and has
// not left again. What was elsewhere before is a copy.
func (p *spots) elsewhere(id mark, b *box, uid imap.UID) (at spot, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range slices.Backward(p.at[id]) {
		switch {
		case x.box == b && x.uid == uid:
			return spot{}, false
		case x.box != b && !x.left:
			return x, true
		}
	}
	return spot{}, false
}

// leave notes that a message is not there any more.
func (p *spots) leave(id mark, b *box, uid imap.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, x := range p.at[id] {
		if x.box == b && x.uid == uid {
			p.at[id][i].left = true
		}
	}
}

// tracksMoves says whether messages can be recognized in another mailbox.
func (s *session) tracksMoves() bool {
	return s.changes && len(s.run.boxes) > 1 && hasIDs(s.client)
}

// asks is what is asked of messages that arrive.
func (s *session) asks() *imap.FetchOptions {
	opts := s.fetch
	if s.memory > 0 {
		opts = recognizable(opts, s.client)
	}
	if !s.changes {
		return &opts
	}
	opts.Flags = true
	if s.tracksMoves() {
		opts = identifiable(opts, s.client)
	}
	return &opts
}

// note remembers messages that were told as arrived.
func (s *session) note(b *box, messages []*imap.Message) {
	if !s.changes || len(messages) == 0 {
		return
	}
	k := b.knows()
	k.add(messages)
	if !s.tracksMoves() {
		return
	}
	for _, m := range messages {
		if id := idOf(m); id.known() {
			k.ids.add(m.UID, id)
			s.spots.add(id, spot{box: b, validity: b.cursor.UIDValidity, uid: m.UID})
		}
	}
}

// moves is about messages that are gone and may be found elsewhere.
type moves struct {
	after uint64    // the line's last look before they were missed
	next  time.Time // when to see again whether they are found; zero: there are none
	until time.Time // when they are told as gone in any case
}

// settleGone tells that messages are gone. If one may have moved, the mailboxes
// where it may be are looked at first, and it is errLater.
func (s *session) settleGone(ctx context.Context, t *teller, gone imap.UIDSet) error {
	if gone.Empty() {
		return nil
	}
	if s.mayHaveMoved(t.b, gone) {
		return errLater
	}
	t.b.moves = moves{}
	return t.gone(ctx, gone)
}

func (s *session) mayHaveMoved(b *box, gone imap.UIDSet) bool {
	if !s.tracksMoves() || !s.lacksTrace(b, gone) {
		return false
	}
	now, mine := time.Now(), s.mine()
	if b.moves.until.IsZero() {
		b.moves = moves{after: s.looks, until: now.Add(moveWait)}
	}
	if !now.Before(b.moves.until) {
		return false
	}
	wait := len(mine) < len(s.run.boxes)
	b.moves.next = now.Add(shortestRest)
	if wait {
		b.moves.next = b.moves.until
	}
	for _, other := range mine {
		if other != b && other.missing == nil && other.looked <= b.moves.after {
			other.hinted, other.rest, wait = true, 0, true
		}
	}
	return wait
}

// lacksTrace says whether a message that could be recognized has not arrived
// anywhere else.
func (s *session) lacksTrace(b *box, gone imap.UIDSet) bool {
	for _, x := range b.knows().ids {
		if gone.Contains(x.uid) {
			if _, ok := s.spots.elsewhere(x.id, b, x.uid); !ok {
				return true
			}
		}
	}
	return false
}

// goneOrMoved is the event of a message that is gone.
func (s *session) goneOrMoved(b *box, uid imap.UID) Event {
	validity := b.cursor.UIDValidity
	if id := b.knows().ids.of(uid); id.known() {
		to, ok := s.spots.elsewhere(id, b, uid)
		if s.spots.leave(id, b, uid); ok {
			return Moved{
				ID:      EventID(s.account, b.name, validity, uid, KindMoved),
				Mailbox: b.name, UIDValidity: validity, UID: uid,
				To: to.box.name, ToUIDValidity: to.validity, ToUID: to.uid,
			}
		}
	}
	return Gone{
		ID:      EventID(s.account, b.name, validity, uid, KindGone),
		Mailbox: b.name, UIDValidity: validity, UID: uid,
	}
}
