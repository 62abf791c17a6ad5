package imap

import (
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Mailbox is the handle of the selected mailbox. Its methods may be called
// from any goroutine at any time. When another mailbox is selected, or this
// one is left, they return ErrDeselected.
type Mailbox struct {
	client *Client
	name   string

	// Guarded by the client's mutex.
	state     MailboxState
	live      bool // data of the connection is about this mailbox
	left      bool // no longer selected
	examined  bool // opened by EXAMINE
	unsure    bool // EXISTS cannot be trusted until the next one
	log       []uint32
	logBase   uint64 // the epoch before log[0]
	listeners listeners[Update]
	kept      *listener[Update] // what came while nobody listened; nil: it is not kept
	modSeqs   modSeqs
	nameless  bool                      // a change was told without its UID
	rebuilt   bool                      // another UIDVALIDITY was told
	gone      wire.NumSet               // that VANISHED told, so that none counts twice
	resynced  *Resynced                 // with Resync
	changes   uint64                    // how many updates there were
	seen      uint64                    // how many of them the user knows
	saved     *savedRef                 // what "$" is; nil: nobody knows
	contexts  map[string]*SearchContext // by tag
}

// MailboxState is what is known of the selected mailbox.
type MailboxState struct {
	Name           string
	ReadOnly       bool
	Exists         uint32
	Recent         uint32
	Flags          []Flag
	PermanentFlags []Flag // FlagAny in it: keywords may be made
	UIDNext        UID    // 0: the server did not say
	UIDValidity    uint32 // 0: the server did not say, so UIDs do not last
	Unseen         uint32 // number of the first unseen message when it was selected; 0: none, or not said
	// HighestModSeq is the mod-sequence up to which the server has told of all
	// changes to messages, and with QRESYNC of all removals (RFC 7162 §6). 0:
	// the server has not said one. It follows what the server tells only from
	// one tagged reply to the next, so it may be too low, which costs time; it
	// is never too high for what the connection has heard. Once the server told
	// of a change by number alone, without UID, it does not rise any more: enable
	// QRESYNC to have all UIDs.
	//
	// It is the value to give to Resync or ChangedSince the next time, if all
	// that the server told is stored with it: the answers of the Resync or
	// ChangedSince with which this time began, and every update since. So take
	// it from the update [HighestModSeq], which stands behind those that it
	// covers, or from here when no loop has updates waiting. It does not cover
	// messages that came since: ask for those by UID, from the highest UID that
	// was known on.
	HighestModSeq uint64
	// NoModSeq: the server said that the mailbox has no mod-sequences.
	NoModSeq     bool
	UIDNotSticky bool
	// Annotations is what the mailbox allows of annotations; nil: the server did
	// not say.
	Annotations *AnnotationSupport
	// MailboxID stays with the mailbox when it is renamed (OBJECTID, RFC 8474
	// §4.2); "": the server did not say.
	MailboxID string
	// URLMechs is how the mailbox authorizes URLs; see GenURLAuth.
	URLMechs []URLMech
	// Epoch rises when sequence numbers change their meaning.
	Epoch uint64
}

// maxGone is how many ranges of removed UIDs are remembered.
const maxGone = 4096

// maxLog is over how many expunges sequence numbers can be carried.
const maxLog = 1024

// Name returns the mailbox's name.
func (m *Mailbox) Name() string { return m.name }

// Client returns the connection that the mailbox is selected on.
func (m *Mailbox) Client() *Client { return m.client }

// State returns what is known of the mailbox now. It goes on changing as the
// server tells news.
func (m *Mailbox) State() MailboxState {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	m.seen = m.changes
	return m.snapshot()
}

// Rebuilt says whether the server has said, since the mailbox was selected, that
// it has another UIDVALIDITY: then UIDs may mean other messages, and what is
// known of them is to be read again from a mailbox that was selected anew. State
// still tells the UIDVALIDITY that the mailbox was selected with. Loops over
// Idle and Updates are told by a State.
func (m *Mailbox) Rebuilt() bool {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	return m.rebuilt
}

func (m *Mailbox) snapshot() MailboxState {
	s := m.state
	s.Flags, s.PermanentFlags = slices.Clone(s.Flags), slices.Clone(s.PermanentFlags)
	return s
}

// apply changes the state by a response and returns it as an update, nil if it
// is none.
func (m *Mailbox) apply(r *response) Update {
	s := &m.state
	switch r.kind {
	case kindESearch:
		m.resultChanged(r.search, r.size)
	case kindExists:
		if r.num < s.Exists && !m.unsure {
			m.renumbered() // messages went without EXPUNGE
		}
		s.Exists, m.unsure = r.num, false
		return Exists{Count: r.num}
	case kindRecent:
		s.Recent = r.num
		return Recent{Count: r.num}
	case kindExpunge:
		return m.expunged(r.num)
	case kindVanished:
		return m.vanished(r.set, r.early)
	case kindFlags:
		s.Flags = r.flags
		return FlagsDefined{Flags: r.flags}
	case kindFetch:
		if u := r.msg.UID; u != 0 && s.UIDNext != 0 && u >= s.UIDNext && u < MaxUID {
			s.UIDNext = u + 1
		}
		r.msg.epoch = s.Epoch
		return Changed{Message: r.msg}
	}
	return nil
}

func (m *Mailbox) expunged(n uint32) Update {
	s := &m.state
	if m.client.quirk(QuirkExpungeNumbers) && s.Exists > 0 {
		s.Exists--
		m.renumbered() // n may be the number before a burst of them
		return Expunged{Seq: n}
	}
	if n > s.Exists {
		if !m.unsure {
			m.client.oddity("EXPUNGE of a message that does not exist", m.name)
		}
		m.unsure = true
		m.renumbered()
		return Expunged{Seq: n}
	}
	s.Exists--
	s.Epoch++
	if m.log = append(m.log, n); len(m.log) > maxLog {
		m.log = append(m.log[:0], m.log[1:]...)
		m.logBase++
	}
	return Expunged{Seq: n}
}

func (m *Mailbox) vanished(set UIDSet, early bool) Update {
	if !early {
		s := &m.state
		fresh := set.set.Minus(m.gone)
		if fresh.Len() < set.Len() {
			m.client.oddity("VANISHED of messages that had vanished", m.name)
		}
		if n := fresh.Len(); n > uint64(s.Exists) {
			s.Exists, m.unsure = 0, true
		} else {
			s.Exists -= uint32(n)
		}
		if m.gone = m.gone.Union(fresh); len(m.gone) > maxGone {
			m.gone = nil
		}
		m.renumbered()
	}
	return Vanished{UIDs: set, Earlier: early}
}

// renumbered begins an epoch into which no numbers can be carried.
func (m *Mailbox) renumbered() {
	m.state.Epoch++
	m.log, m.logBase = nil, m.state.Epoch
}

// applyCode applies a response code; opening says that SELECT is under way.
func (m *Mailbox) applyCode(code *ResponseCode, opening bool) {
	s := &m.state
	switch code.Code {
	case CodeReadOnly:
		downgraded := !opening && !s.ReadOnly
		if s.ReadOnly = true; downgraded {
			m.add(State{m.snapshot()}, 1)
		}
	case CodePermanentFlags:
		if code.Problem == nil {
			s.PermanentFlags = code.Flags
		}
	case CodeReadWrite:
		if opening {
			s.ReadOnly = false
		}
	case CodeHighestModSeq:
		if !opening && code.Number != 0 && m.client.caps.any("CONDSTORE", "QRESYNC") {
			m.toldModSeq(code.Number)
		}
	}
	if !opening {
		if code.Code == CodeUIDValidity {
			m.toldValidity(uint32(code.Number))
		}
		return
	}
	switch code.Code {
	case CodeUIDNext:
		s.UIDNext = UID(code.Number)
	case CodeUIDValidity:
		s.UIDValidity = uint32(code.Number)
	case CodeUnseen:
		s.Unseen = uint32(code.Number)
	case CodeHighestModSeq:
		s.HighestModSeq = code.Number
	case CodeNoModSeq:
		s.HighestModSeq, s.NoModSeq = 0, true
	case CodeMailboxID:
		s.MailboxID = code.MailboxID
	case CodeUIDNotSticky:
		s.UIDNotSticky = true
	case CodeAnnotations:
		s.Annotations = annotationSupport(code.Data)
	case CodeURLMech:
		s.URLMechs = code.URLMechs
	}
}

// toldValidity notes that the server gives the messages other UIDs. While another
// mailbox is being opened, the code is about that one.
func (m *Mailbox) toldValidity(validity uint32) {
	if validity == 0 || validity == m.state.UIDValidity || m.client.opening != nil || m.rebuilt {
		return
	}
	m.rebuilt = true
	m.add(State{m.snapshot()}, 1)
}

// carry brings a set of sequence numbers, true in an epoch, to the present.
func (m *Mailbox) carry(s SeqSet) (wire.NumSet, error) {
	if s.box == nil {
		return s.set, nil
	}
	if s.box != m || s.epoch < m.logBase || s.epoch > m.state.Epoch {
		return nil, ErrRenumbered
	}
	set := s.set
	for _, n := range m.log[s.epoch-m.logBase:] {
		set = shifted(set, n)
	}
	if len(set) == 0 && len(s.set) > 0 {
		return nil, ErrRenumbered // all of them are gone
	}
	return set, nil
}

// shifted is the set after message n went.
func shifted(set wire.NumSet, n uint32) wire.NumSet {
	var out wire.NumSet
	for _, r := range set {
		if r.First < n {
			out.AddRange(r.First, min(r.Last, n-1))
		}
		if r.Last > n {
			last := r.Last
			if last != wire.Star {
				last--
			}
			out.AddRange(max(r.First, n+1)-1, last)
		}
	}
	return out
}

// add hands an update of size bytes to those who listen.
func (m *Mailbox) add(u Update, size int) {
	m.changes++
	if _, alert := u.(Alert); alert && m.seen == m.changes-1 && m.kept == nil && len(m.listeners.all) == 0 {
		m.seen++ // nobody hears it, and a State could not tell it
	}
	m.client.tellSelected(m, u, size)
	if m.kept != nil && len(m.listeners.all) == 0 {
		m.kept.add(u, size)
		return
	}
	m.listeners.add(u, size)
}

// deselect ends the handle.
func (m *Mailbox) deselect() {
	m.left = true
	m.listeners.close(ErrDeselected)
	m.closeContexts(ErrDeselected)
}

// usable returns why the mailbox cannot be worked on, if so.
func (m *Mailbox) usable() error {
	c := m.client
	switch {
	case c.closed != nil:
		return c.closed
	case m.left || c.box != m && c.opening != m:
		return ErrDeselected
	}
	return nil
}
