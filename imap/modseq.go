package imap

import (
	"errors"
	"math"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ErrNoModSeq says that a mailbox keeps no mod-sequences (RFC 7162 §3.1.2.2):
// the server said NOMODSEQ when it was selected.
var ErrNoModSeq = errors.New("imap: the mailbox has no mod-sequences")

// ErrNotEnabled says that the server offers an extension that has to be turned
// on first, by [Client.Enable].
var ErrNotEnabled = errors.New("not enabled on this connection; call Enable before Select")

// maxModSeq is the largest mod-sequence (RFC 7162 §7, mod-sequence-value).
const maxModSeq = math.MaxInt64

// modSeqs is what is known between two tagged replies about HIGHESTMODSEQ.
type modSeqs struct {
	told bool   // the server said it
	seen uint64 // the highest MODSEQ of what it said about messages
}

// sawModSeq notes a mod-sequence that the server told unasked, or in answer to
// STORE. What answers a FETCH does not count: it may be of a change that was
// made after others that the server has not told of.
//
// A change that is told by number alone is lost on a caller who knows messages
// by UID, so from then on nothing raises HIGHESTMODSEQ. Servers do that to a
// client that did not enable QRESYNC.
func (m *Mailbox) sawModSeq(msg *Message) {
	m.modSeqs.seen = max(m.modSeqs.seen, msg.ModSeq)
	m.nameless = m.nameless || msg.UID == 0 && msg.ModSeq > m.state.HighestModSeq
}

// toldModSeq is called for HIGHESTMODSEQ while the mailbox is selected. What the
// server says stands, be it lower than before.
func (m *Mailbox) toldModSeq(n uint64) {
	m.modSeqs.told = true
	m.setModSeq(n)
}

// tellsModSeq says whether HIGHESTMODSEQ in this place is about the selected
// mailbox: in an untagged OK, or in the OK to a command that is about its
// messages. In others it may be about another mailbox, or one that was left.
func (r *response) tellsModSeq(k *call) bool {
	return r.status == StatusOK && (k == nil || k.idle || k.foot.class == classFree || k.foot.class != classCopy && k.foot.class.aboutMessages())
}

// settleModSeq is called at a tagged reply (RFC 7162 §6): only now is it sure
// that no change with a lower mod-sequence is still to be told, and only if
// the server did not say a HIGHESTMODSEQ of its own.
func (m *Mailbox) settleModSeq() {
	seen := m.modSeqs
	m.modSeqs = modSeqs{}
	if m.state.HighestModSeq != 0 && !seen.told && seen.seen > m.state.HighestModSeq {
		m.setModSeq(seen.seen)
	}
}

func (m *Mailbox) setModSeq(n uint64) {
	if m.state.HighestModSeq == n || m.nameless && m.state.HighestModSeq != 0 && n > m.state.HighestModSeq {
		return
	}
	m.state.HighestModSeq, m.state.NoModSeq = n, false
	m.add(HighestModSeq{Value: n}, 1)
}

// HighestModSeq says that the mailbox's HIGHESTMODSEQ is now known to be this:
// every change up to it stands before it in the loop (RFC 7162 §6). It may be
// lower than the one before. See [MailboxState].
type HighestModSeq struct{ Value uint64 }

func (HighestModSeq) update() {}

// keepsModSeqs returns why the mailbox cannot be asked about mod-sequences, if
// so.
func (m *Mailbox) keepsModSeqs(what string) error {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	switch {
	case !m.client.caps.any("CONDSTORE", "QRESYNC"):
		return &UnsupportedError{Capability: "CONDSTORE", What: what}
	case m.state.NoModSeq:
		return ErrNoModSeq
	}
	return nil
}

// modSeq adds a mod-sequence to a command.
func appendModSeq(cmd *wire.Command, n uint64) {
	if n > maxModSeq {
		cmd.Fail(&wire.ArgumentError{Kind: "mod-sequence", Reason: "it has more than 63 bits"})
		return
	}
	cmd.Number(n)
}
