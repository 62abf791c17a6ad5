package sim

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// books is what is known of what was told, beside what the server had. A mailbox
// is called here by the name by which it is watched; target says where it is.
type books struct {
	*ledger
	told          int
	kinds         map[watch.Kind]int // of events, and how many there were
	lives         int
	pending       []pending // arrivals in places that are not in the ledger yet
	ids           map[string]string
	realms        map[realmKey]*realm
	tellings      map[telling]*fate
	handledTokens map[string]bool   // mailbox, NUL, token
	poisoned      map[string]bool   // tokens of messages that the server describes wrongly, or not at all
	target        map[string]string // where a mailbox is that was renamed
	keptTarget    map[string]string // the same, on the disk
	blurred       map[uint32]bool   // UIDVALIDITYs of mailboxes whose messages cannot be recognized
	locked        map[string]bool   // mailboxes that cannot be selected
	troubles      troubles
	slack         time.Duration // the server's
	back          time.Time     // when the present life of the program has begun, or the next one will
	picture       picture       // of those who handled all
	dials         []attempt
	denied        []attempt // refused logins
	lapses        []attempt // those that may be followed at once by one that is not refused
}

// realm is a mailbox under one UIDVALIDITY.
type realm struct {
	realmKey
	base   uint32    // the lowest UID that is to be told
	resume bool      // what was handled before the UIDVALIDITY changed is not to be told
	old    uint32    // the UIDVALIDITY before, with resume
	since  time.Time // from when on a gap in it is to be accounted for
	kept   time.Time // when it was first on the disk
	cursor uint32    // UIDNext of the last batch
	last   uint32    // highest UID that was told in this life
	first  uint32    // highest UID that was told at all
	start  uint32    // UIDNext that was on the disk when this life began
}

type realmKey struct {
	box      string
	validity uint32
}

// telling is a message in a watched mailbox.
type telling struct {
	box string
	place
}

// fate is what became of it.
type fate struct {
	yielded int  // the last life in which it was told; 0: none
	handled bool // the handler was done with it
	skipped bool // it was told that it is not told, and that was handled
}

type pending struct {
	life  int
	event watch.Arrived
	first bool      // nobody was told before
	at    time.Time // when it was told
	calm  time.Time // as of then
}

type attempt struct {
	at   time.Time
	life int
}

func (b *books) open(srv *imaptest.Server, slack time.Duration) {
	*b = books{
		ledger: newLedger(srv), ids: map[string]string{}, realms: map[realmKey]*realm{},
		tellings: map[telling]*fate{}, handledTokens: map[string]bool{}, target: map[string]string{}, keptTarget: map[string]string{}, poisoned: map[string]bool{}, locked: map[string]bool{}, kinds: map[watch.Kind]int{}, blurred: map[uint32]bool{},
		slack: slack, picture: picture{},
	}
}

func (b *books) fate(t telling) *fate {
	f := b.tellings[t]
	if f == nil {
		f = new(fate)
		b.tellings[t] = f
	}
	return f
}

// where is the mailbox that is watched by a name.
func (b *books) where(box string) string {
	if to := b.target[box]; to != "" {
		return to
	}
	return box
}

// beginLife is about a new life, which knows what is on the disk.
func (w *world) beginLife(number int, disk map[string]string) {
	w.lives, w.target = number, maps.Clone(w.keptTarget)
	for _, r := range w.realms {
		r.last, r.start, r.since = 0, 0, time.Time{}
	}
	maps.DeleteFunc(w.realms, func(_ realmKey, r *realm) bool { return r.kept.IsZero() }) // it was never on the disk
	for _, box := range w.plan.World.watched() {
		c, _ := cursorOf(disk[watch.Key(account, box)])
		if r := w.realms[realmKey{box, c.UIDValidity}]; r != nil {
			r.start, r.since = uint32(c.UIDNext), r.kept
		}
		// What was handled, and not kept, the next life does not know of: it
		// tells it again, unless it is gone.
		for t := range w.picture {
			if t.box == box && (t.validity != c.UIDValidity || t.uid >= uint32(c.UIDNext)) {
				delete(w.picture, t)
			}
		}
		for _, r := range w.realms {
			if r.box == box && c.UIDNext == 0 && w.plan.World.From == "all" {
				r.base = 1 // nothing was kept, not even where a reset began
			}
		}
	}
}

// book is about a batch that was told. (I2 to I5, I7)
func (w *world) book(l *life, b *watch.Batch) {
	if len(b.Events) == 0 || len(b.Events) > mostEvents {
		w.wronged("I7", "a batch of %d events", len(b.Events))
	}
	r := w.seen(b.Mailbox, b.Cursor, b.Events...)
	for _, e := range b.Events {
		w.story.add("event", describe(e))
		w.identified(e)
		w.kinds[e.Kind()]++
		switch e := e.(type) {
		case watch.Arrived:
			w.arrived(l, b, e)
		case watch.Skipped:
			w.skipped(e)
		case watch.Flags, watch.Gone, watch.Moved:
			w.changed(e)
		case watch.Renamed:
			w.target[e.Mailbox] = e.To
			w.trouble(0, afterMissing(w.plan.World))
		}
	}
	if r != nil {
		r.cursor = max(r.cursor, uint32(b.Cursor.UIDNext))
		w.passed("a batch of", b.Mailbox, b.Cursor, func(f *fate) bool { return f.yielded == l.number || f.handled || f.skipped })
	}
}

// mostEvents is the largest batch there may be.
const mostEvents = 1000

// seen notes where a mailbox is followed from, when that is first seen.
func (w *world) seen(box string, c watch.Cursor, events ...watch.Event) *realm {
	key := realmKey{box, c.UIDValidity}
	if box == "" || c.UIDNext == 0 || c.UIDValidity == 0 {
		return nil
	}
	if r := w.realms[key]; r != nil {
		if r.since.IsZero() {
			r.since = time.Now()
		}
		return r
	}
	r := &realm{realmKey: key, base: 1, since: time.Now()}
	if w.plan.World.From == "now" && !w.watchedBefore(box) {
		r.base = uint32(c.UIDNext)
	}
	for _, e := range events {
		if e, ok := e.(watch.Reset); ok {
			r.resume, r.old = e.Policy == "resume", e.OldUIDValidity
			if e.Policy == "baseline" {
				r.base = uint32(c.UIDNext)
			}
		}
	}
	w.realms[key] = r
	return r
}

// followed says whether the Watcher has seen a mailbox under a UIDVALIDITY.
func (w *world) followed(validity uint32) bool {
	for key := range w.realms {
		if key.validity == validity {
			return true
		}
	}
	return false
}

func (w *world) watchedBefore(box string) bool {
	for key := range w.realms {
		if key.box == box {
			return true
		}
	}
	return false
}

// arrived is about one message that was told.
func (w *world) arrived(l *life, b *watch.Batch, a watch.Arrived) {
	w.told++
	r := w.realms[realmKey{a.Mailbox, a.UIDValidity}]
	switch {
	case r == nil || a.Mailbox != b.Mailbox || a.UIDValidity != b.Cursor.UIDValidity || a.UID >= b.Cursor.UIDNext:
		w.wronged("I5", "%s comes with the cursor %s of %q", describe(a), b.Cursor, b.Mailbox)
		return
	case uint32(a.UID) <= r.last:
		w.wronged("I4", "%s after UID %d in one life", describe(a), r.last)
	case uint32(a.UID) < r.start:
		w.wronged("I3", "%s again; the cursor on the disk was %d", describe(a), r.start)
	case uint32(a.UID) < r.base:
		w.wronged("I2", "%s, which is below the beginning %d", describe(a), r.base)
	}
	r.last = max(r.last, uint32(a.UID))
	f := w.fate(telling{a.Mailbox, place{a.UIDValidity, uint32(a.UID)}})
	if f.yielded == 0 && uint32(a.UID) <= r.first && !r.resume {
		w.wronged("I4", "%s for the first time, after UID %d", describe(a), r.first)
	}
	r.first = max(r.first, uint32(a.UID))
	w.pending = append(w.pending, pending{l.number, a, f.yielded == 0, time.Now(), w.calm()})
	f.yielded = l.number
}

// compare looks at what was told with the server's eyes. (I2)
func (w *world) compare() {
	for _, p := range w.pending {
		a := p.event
		m := w.all[place{a.UIDValidity, uint32(a.UID)}]
		switch {
		case m == nil:
			w.wronged("I2", "%s never was", describe(a))
		case w.poisoned[m.token]:
			w.mustBeInTime(p, m)
		case a.Envelope == nil && (w.plan.deadly() > 0 || w.plan.refuses()): // others are swallowed, or refused too
			w.mustBeInTime(p, m)
		case a.Envelope == nil:
			w.wronged("I2", "%s without description: it is %q", describe(a), m.token)
		case a.Envelope.Subject != m.token:
			w.wronged("I2", "%s: it is %q", describe(a), m.token)
		case a.Size != 0 && int(a.Size) != m.size:
			w.wronged("I2", "%s has %d bytes, not %d", describe(a), m.size, a.Size)
		default:
			w.mustBeInTime(p, m)
			w.mustBeNew(p.life, a, m)
		}
	}
	w.pending = nil
}

// mustBeNew checks that a message of a mailbox that was rebuilt is not one that
// was handled before. Where answers are swallowed, those that messages are
// recognized by may be too, and what is not recognized is told. (resume)
func (w *world) mustBeNew(life int, a watch.Arrived, m *message) {
	r := w.realms[realmKey{a.Mailbox, a.UIDValidity}]
	if r == nil || !r.resume || w.blurred[m.validity] || w.plan.deadly() > 0 {
		return
	}
	old := w.realms[realmKey{a.Mailbox, r.old}]
	var was []*message
	twins := 0 // a copy that somebody has made at once is as new as can be
	for p, o := range w.all {
		switch {
		case o.token != m.token:
		case p.validity == r.old:
			was = append(was, o)
		case p.validity == m.validity && o.box == m.box:
			twins++
		}
	}
	if old == nil || len(was) != 1 || twins > 1 || !was[0].died.Equal(m.born) {
		return
	}
	f := w.fate(telling{a.Mailbox, was[0].place})
	if f.handled && (f.yielded == life || was[0].uid < old.start) {
		w.wronged("resume", "%s was handled as %s, before the mailbox was rebuilt", describe(a), was[0])
	}
}

// skipped is about what is told not to be told. (I10)
func (w *world) skipped(e watch.Skipped) {
	if e.Count < 1 || e.UIDs.Len() > 0 && int(e.UIDs.Len()) != e.Count || e.Reason == "" {
		w.wronged("I10", "%s does not add up", describe(e))
	}
	if e.Reason == watch.SkippedBaseline {
		return
	}
	w.refreshBox(w.where(e.Mailbox))
	for p, m := range w.alive[w.where(e.Mailbox)] {
		if p.validity == e.UIDValidity && e.UIDs.Contains(uid(p)) {
			w.wronged("I10", "%s, though there is %s", describe(e), m)
			return
		}
	}
}

// identified is about IDs: the same for the same, different for different. (I3)
func (w *world) identified(e watch.Event) {
	var id, what string
	switch e := e.(type) {
	case watch.Arrived:
		id, what = e.ID, fmt.Sprint("arrived ", e.Mailbox, " ", e.UIDValidity, "/", e.UID)
	case watch.Reset:
		id, what = e.ID, fmt.Sprint("reset ", e.Mailbox, " ", e.UIDValidity)
	case watch.Skipped:
		id, what = e.ID, fmt.Sprint("skipped ", e.Mailbox, " ", e.UIDValidity, "/", e.UIDs.Max())
	case watch.Gone:
		id, what = e.ID, fmt.Sprint("gone ", e.Mailbox, " ", e.UIDValidity, "/", e.UID)
	case watch.Moved:
		id, what = e.ID, fmt.Sprint("moved ", e.Mailbox, " ", e.UIDValidity, "/", e.UID)
	default:
		return
	}
	for _, pair := range [][2]string{{"id " + id, what}, {what, id}} {
		if other, known := w.ids[pair[0]]; known && other != pair[1] {
			w.wronged("I3", "%s is %s, and was %s", pair[0], pair[1], other)
		}
		w.ids[pair[0]] = pair[1]
	}
}

// settle is about a batch that was handled.
func (w *world) settle(b *watch.Batch) {
	w.refreshBox(w.where(b.Mailbox))
	for _, e := range b.Events {
		r := w.realms[realmKey{b.Mailbox, b.Cursor.UIDValidity}]
		w.picture.draw(e, r != nil && !r.resume)
		switch e := e.(type) {
		case watch.Arrived:
			w.fate(telling{e.Mailbox, place{e.UIDValidity, uint32(e.UID)}}).handled = true
			if m := w.all[place{e.UIDValidity, uint32(e.UID)}]; m != nil {
				w.handledTokens[e.Mailbox+"\x00"+m.token] = true
			}
		case watch.Skipped:
			for p := range w.all {
				if p.validity == e.UIDValidity && e.UIDs.Contains(uid(p)) {
					w.fate(telling{e.Mailbox, p}).skipped = true
				}
			}
		}
	}
}

// saving is about a value that is kept from now on. (I5, I7)
func (w *world) saving(key, old, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(value) > mostValue {
		w.wronged("I7", "a value of %d bytes under %q", len(value), key)
	}
	for _, box := range w.plan.World.watched() {
		if key == watch.Key(account, box) {
			w.savingCursor(box, old, value)
		}
	}
}

// mostValue is the largest value that may be in the store.
const mostValue = 500_000

func (w *world) savingCursor(box, old, value string) {
	before, err1 := cursorOf(old)
	after, err2 := cursorOf(value)
	if err := errors.Join(err1, err2); err != nil {
		w.wronged("API", "a value for %q: %v", box, err)
		return
	}
	w.story.add("disk", fmt.Sprintf("%s is %s, was %s", box, clip(value), before))
	if to := w.target[box]; to != "" {
		w.keptTarget[box] = to
	}
	if before.UIDValidity == after.UIDValidity && after.UIDNext < before.UIDNext {
		w.wronged("I5", "the cursor of %s goes back from %s to %s", box, before, after)
	}
	if r := w.seen(box, after); r != nil && r.kept.IsZero() {
		r.kept = time.Now()
	}
	w.passed("the disk's", box, after, func(f *fate) bool { return f.handled || f.skipped })
}

// passed checks that nothing is left out by a cursor. (I5)
func (w *world) passed(what, box string, c watch.Cursor, done func(*fate) bool) {
	w.refreshBox(w.where(box))
	for p, m := range w.alive[w.where(box)] {
		if p.validity == c.UIDValidity && p.uid < uint32(c.UIDNext) && !done(w.fate(telling{box, p})) && !w.excused(box, m) {
			w.wronged("I5", "%s cursor of %s is %s, past %s, which was not handled", what, box, c, m)
			return
		}
	}
}

// excused says whether a message is not to be told.
func (w *world) excused(box string, m *message) bool {
	r := w.realms[realmKey{box, m.validity}]
	if r == nil {
		return false
	}
	return m.uid < r.base || r.resume && w.knownToken(box, m)
}

// knownToken says whether the message was handled in this mailbox under another
// UIDVALIDITY, or was not to be.
func (w *world) knownToken(box string, m *message) bool {
	if w.handledTokens[box+"\x00"+m.token] {
		return true
	}
	for p, o := range w.all {
		r := w.realms[realmKey{box, p.validity}]
		if r != nil && p.validity != m.validity && o.token == m.token && (p.uid < r.base || w.fate(telling{box, p}).skipped) {
			return true
		}
	}
	return false
}

func cursorOf(value string) (watch.Cursor, error) {
	value, _, _ = strings.Cut(value, " ")
	return watch.ParseCursor(value)
}
