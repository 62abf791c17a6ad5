package imaptest

import (
	"fmt"
	"sort"
	"time"
)

// mailbox is one mailbox, guarded by its user's mutex.
//
// messages is shared with the views of the sessions, which keep the slice they
// saw: so it only ever grows in place, and an expunge makes a new one.
type mailbox struct {
	user       *User
	name       string
	attributes []string
	noselect   bool
	acl        []granted // nil: the owner has all rights
	imposed    *string   // the rights, whatever acl says; nil: as acl says
	metadata   metadata
	urlKey     []byte // signs URLs; nil: none is valid

	objectID    uint32 // of MAILBOXID
	uidValidity uint32
	uidNext     uint32
	messages    []*message
	keywords    []string // every keyword ever used here, in its first spelling

	modseq   uint64    // of the last change of any kind
	flagged  uint64    // of the last change of flags
	removals uint64    // how many expunges there were
	fresh    uint32    // from this UID on, no session was told of the messages
	resets   int       // how often the mod-sequences began again
	late     []lagging // messages that sessions are not told of yet

	past      []removal // in the order of mod-sequences
	forgotten uint64    // the mod-sequence up to which removals are not known any more

	sessions map[*conn]struct{} // that have it selected
}

func newMailbox(u *User, name string) *mailbox {
	validity := u.srv.nextValidity()
	return &mailbox{
		user:        u,
		name:        name,
		objectID:    validity,
		uidValidity: validity,
		uidNext:     1,
		modseq:      1,
		fresh:       1,
		sessions:    make(map[*conn]struct{}),
	}
}

// id is the mailbox's object identifier: it stays when the mailbox is renamed.
func (b *mailbox) id() string { return fmt.Sprintf("F%d", b.objectID) }

// add appends a message and tells the sessions.
func (b *mailbox) add(text *body, f flagSet, date time.Time) *message {
	m := b.append(text, f, date)
	b.notify()
	return m
}

// append appends a message. The caller notifies.
func (b *mailbox) append(text *body, f flagSet, date time.Time) *message {
	b.modseq++
	m := &message{
		uid:     b.uidNext,
		flagSet: b.known(f),
		modseq:  b.modseq,
		date:    date,
		saved:   b.user.srv.now(),
		body:    text,
	}
	m.bits &^= flagRecent
	b.uidNext++
	b.messages = append(b.messages, m)
	b.lag(m.uid)
	b.user.record(b, m)
	return m
}

// remove expunges the messages that are doomed and tells the sessions.
func (b *mailbox) remove(doomed func(*message) bool) int {
	var left, gone []*message
	for i, m := range b.messages {
		switch {
		case doomed(m):
			if left == nil {
				left = make([]*message, i, len(b.messages))
				copy(left, b.messages)
			}
			m.gone = true
			gone = append(gone, m)
		case left != nil:
			left = append(left, m)
		}
	}
	if left == nil {
		return 0
	}
	b.messages = left
	b.modseq++
	b.removals++
	b.remember(gone)
	b.notify()
	return len(gone)
}

// setFlags changes the flags of m, as the connection by did, and says whether
// that made a difference. The caller notifies.
func (b *mailbox) setFlags(m *message, f flagSet, by uint32) bool {
	f = b.known(f)
	f.bits &^= flagRecent
	if f.equal(m.flagSet) {
		return false
	}
	b.modseq++
	b.flagged = b.modseq
	m.flagSet, m.modseq, m.lastBy = f, b.modseq, by
	return true
}

// known gives the keywords of f the spelling they first had here.
func (b *mailbox) known(f flagSet) flagSet {
	if len(f.keywords) == 0 {
		return f
	}
	have := flagSet{keywords: b.keywords}.with(f)
	b.keywords = have.keywords
	spelled := make([]string, 0, len(f.keywords))
	for _, k := range b.keywords {
		if f.hasKeyword(k) {
			spelled = append(spelled, k)
		}
	}
	f.keywords = spelled
	return f
}

// find returns the message with the UID, or nil.
func (b *mailbox) find(uid uint32) *message {
	if i, found := byUID(b.messages, uid); found {
		return b.messages[i]
	}
	return nil
}

// notify wakes the sessions that may speak now.
func (b *mailbox) notify() {
	for c := range b.sessions {
		c.wake()
	}
	b.user.wakeWatchers()
}

// unseen counts the messages without \Seen and finds the first of them.
func (b *mailbox) unseen() (count, first int) {
	for i, m := range b.messages {
		if !m.has(flagSeen) {
			if count == 0 {
				first = i + 1
			}
			count++
		}
	}
	return count, first
}

// count counts some messages.
func (b *mailbox) count(which func(*message) bool) (n int) {
	for _, m := range b.messages {
		if which(m) {
			n++
		}
	}
	return n
}

func isDeleted(m *message) bool { return m.has(flagDeleted) }

// recent counts the messages no session was told of.
func (b *mailbox) recent() int {
	i, _ := byUID(b.messages, b.fresh)
	return len(b.messages) - i
}

// byUID finds the place of a UID in messages sorted by UID.
func byUID(messages []*message, uid uint32) (int, bool) {
	i := sort.Search(len(messages), func(i int) bool { return messages[i].uid >= uid })
	return i, i < len(messages) && messages[i].uid == uid
}

// safeName returns the name, which RENAME may change, without the lock held.
func (b *mailbox) safeName() string {
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	return b.name
}
