package watch

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// mostDigests is of how many messages of a mailbox the flags are known, the
// newest ones: 8 bytes each.
const mostDigests = 100_000

// known is what is known of the messages below the cursor: which ones there are,
// and which flags were seen or told. What the server tells of changes is compared
// with it, so that nothing is told twice, however often the server tells it.
type known struct {
	validity uint32
	uids     imap.UIDSet
	from     imap.UID // from here on, uids has all messages there were; below it is not known which
	flags    []digest // in order of UID
	lied     bool     // the server named messages as vanished that were there
	ids      traces
	scanned  uint64 // HIGHESTMODSEQ before the last complete scan; 0: unknown
}

// digest stands for the flags of a message.
type digest struct {
	uid imap.UID
	sum uint32
}

// knows is what is known of the box in the present life of the mailbox.
func (b *box) knows() *known {
	if b.known == nil || b.known.validity != b.cursor.UIDValidity {
		b.known = &known{validity: b.cursor.UIDValidity, from: b.cursor.UIDNext}
		if m := b.memory; m != nil && m.limit > 0 && m.validity == b.cursor.UIDValidity {
			b.known.recall(m, b.cursor.UIDNext)
		}
	}
	return b.known
}

// recall takes over what is remembered: of the messages below the cursor, and of
// those above it that were dealt with in an earlier life.
func (k *known) recall(m *memory, next imap.UID) {
	k.from = min(m.low, next)
	var uids []imap.UID
	for r := range m.all() {
		uids = append(uids, r.uid)
		if r.uid < next {
			k.ids.add(r.uid, r.id)
		}
	}
	k.uids = imap.UIDSetOf(uids...)
}

// below are the messages that are known to be, or have been, below a cursor.
func (k *known) below(next imap.UID) imap.UIDSet {
	return k.uids.And(imap.UIDRange(1, next-1))
}

// found notes which messages are there below a cursor.
func (k *known) found(there imap.UIDSet, next imap.UID) {
	k.uids, k.from = k.uids.Without(imap.UIDRange(1, next-1)).With(there), 1
}

// add notes messages that were told as arrived.
func (k *known) add(messages []*imap.Message) {
	uids := make([]imap.UID, len(messages))
	for i, m := range messages {
		uids[i] = m.UID
		if m.Has(imap.HasFlags) {
			k.setFlags(m.UID, digestOf(m.Flags))
		}
	}
	k.uids = k.uids.With(imap.UIDSetOf(uids...))
}

// remove forgets messages.
func (k *known) remove(gone imap.UIDSet) {
	k.uids = k.uids.Without(gone)
	k.flags = slices.DeleteFunc(k.flags, func(d digest) bool { return gone.Contains(d.uid) })
	k.ids.remove(gone)
}

// setFlags notes a message's flags. It says whether others were known, and
// whether any were.
func (k *known) setFlags(uid imap.UID, sum uint32) (changed, was bool) {
	n := len(k.flags)
	if n == 0 || k.flags[n-1].uid < uid {
		k.flags = append(k.flags, digest{uid, sum})
		k.shorten()
		return false, false
	}
	i, was := slices.BinarySearchFunc(k.flags, uid, func(d digest, uid imap.UID) int { return cmp.Compare(d.uid, uid) })
	if was {
		changed = k.flags[i].sum != sum
		k.flags[i].sum = sum
		return changed, true
	}
	k.flags = slices.Insert(k.flags, i, digest{uid, sum})
	k.shorten()
	return false, false
}

// shorten forgets the flags of the oldest messages, a tenth of them at once.
func (k *known) shorten() {
	if over := len(k.flags) - mostDigests; over > mostDigests/10 {
		k.flags = append([]digest(nil), k.flags[over:]...)
	}
}

// digestOf is the same for the same flags in any order and case. \Recent is the
// connection's, not the message's.
func digestOf(flags []imap.Flag) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sortedFlags(flags)))
	return h.Sum32()
}

// sortedFlags are flags in lower case and in order, each once.
func sortedFlags(flags []imap.Flag) string {
	words := make([]string, 0, len(flags))
	for _, f := range flags {
		if w := strings.ToLower(string(f)); w != `\recent` {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// lasting are flags without \Recent.
func lasting(flags []imap.Flag) []imap.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f imap.Flag) bool { return strings.EqualFold(string(f), `\Recent`) })
}
