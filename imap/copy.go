package imap

import (
	"context"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// CopyResult says where copied or moved messages went. It is zero if the server
// did not say: it may lack UIDPLUS, or the mailbox have no lasting UIDs.
type CopyResult struct {
	UIDValidity uint32     // of the mailbox they went to
	UIDs        UIDMapping // old UID to new UID
}

// Copy copies messages to another mailbox (RFC 9051 §6.4.7): all or none. If
// there is no such mailbox, the error is a *ResponseError, mostly with
// CodeTryCreate.
//
// A set too long for one command line, or for the server's limit of messages a
// command (RFC 9738), goes in parts, in ascending order, of which each is all or
// none: if one fails, the error is a *PartialError, and the result is of those
// before it.
func (m *Mailbox) Copy(ctx context.Context, uids UIDs, to string) (CopyResult, error) {
	saved, err := m.savedIn(uids)
	if err != nil {
		return CopyResult{}, err
	}
	r, _, err := m.transfer(ctx, "UID COPY", classCopy, uids.uidSet(), saved, to)
	return r, err
}

// CopySeq is Copy by sequence numbers.
func (m *Mailbox) CopySeq(ctx context.Context, seqs SeqSet, to string) (CopyResult, error) {
	uids, err := m.UIDs(ctx, seqs)
	if err != nil {
		return CopyResult{}, err
	}
	return m.Copy(ctx, uids, to)
}

// Move moves messages to another mailbox (RFC 9051 §6.4.8, RFC 6851; XMOVE of
// old Cyrus servers does as well). With a server that cannot, they are copied,
// marked as deleted, and expunged, see CopyAndDelete: if that fails half-way they
// are in both, and the result says where. It takes UIDPLUS; without that too,
// nothing is done and the error is an *UnsupportedError: messages of others might
// be expunged with them. A long set is moved in parts, as Copy copies it.
func (m *Mailbox) Move(ctx context.Context, uids UIDs, to string) (CopyResult, error) {
	saved, err := m.savedIn(uids)
	set := uids.uidSet()
	if err != nil || set.Empty() {
		return CopyResult{}, err
	}
	if err := m.check(m.writable); err != nil {
		return CopyResult{}, err
	}
	name := "UID MOVE"
	switch {
	case m.client.offers("MOVE", "IMAP4REV2"):
	case m.client.offers("XMOVE"): // draft-gulbrandsen-imap-move-01
		name = "UID XMOVE"
	case m.client.offers("UIDPLUS"):
		return m.CopyAndDelete(ctx, set, to, RemoveCopied)
	default:
		return CopyResult{}, &UnsupportedError{Capability: "MOVE or UIDPLUS", What: "Move"}
	}
	r, _, err := m.transfer(ctx, name, classMove, set, saved, to)
	return r, err
}

// MoveSeq is Move by sequence numbers.
func (m *Mailbox) MoveSeq(ctx context.Context, seqs SeqSet, to string) (CopyResult, error) {
	if err := m.check(m.writable); err != nil {
		return CopyResult{}, err
	}
	uids, err := m.UIDs(ctx, seqs)
	if err != nil {
		return CopyResult{}, err
	}
	return m.Move(ctx, uids, to)
}

// transfer sends UID COPY or UID MOVE, in parts if the server takes no more at
// once. It also returns which messages the server said it took, if it said so.
func (m *Mailbox) transfer(ctx context.Context, name string, cl class, set UIDSet, saved *savedRef, to string) (CopyResult, wire.NumSet, error) {
	parts, most := set, uint64(m.client.MessageLimit())
	if most > 0 && set.Len() > most {
		var err error
		if parts, err = m.searchSet(ctx, set); err != nil { // which of them there are
			return CopyResult{}, nil, err
		}
	}
	all := &transfer{set: set.set}
	err := m.inSuchParts(ctx, []wire.NumSet{parts.set}, most, saved, 2*len(to)+2, func(part wire.NumSet) (*call, error) {
		return m.transferPart(ctx, name, cl, part, saved, to, all)
	})
	r, source := all.result()
	return r, source, err
}

// transferPart sends one command and adds what the server said of it to all.
func (m *Mailbox) transferPart(ctx context.Context, name string, cl class, set wire.NumSet, saved *savedRef, to string, all *transfer) (*call, error) {
	t := &transfer{set: set}
	foot := footprint{class: cl, uids: concerned(set), usesSaved: saved != nil}
	k := m.call(name, foot, func(cmd *wire.Command) { m.addUIDs(cmd, set, saved).AString(m.client.names.wire(to)) })
	k.slow = true
	k.claim = func(r *response) bool { return r.kind == kindUntagged && t.add(r.code) }
	k.finish = func(r *response) { t.add(r.code) }
	err := m.do(ctx, k)
	if err == nil || k.answered() {
		all.join(t)
	}
	return k, err
}

// transfer is what the server said about one COPY or MOVE: COPYUID, in the
// tagged reply or before it (RFC 4315 §3, RFC 6851 §4.3), at once or in parts.
type transfer struct {
	set    wire.NumSet
	codes  []*ResponseCode
	ranges int // in all of them
}

// maxCopyUIDs is in how many parts it may come.
const (
	maxCopyUIDs   = 1000
	maxCopyRanges = 1 << 17
)

// add takes a code if it is about messages of the set, and tells more than is
// known.
func (t *transfer) add(code *ResponseCode) bool {
	if code == nil || code.Code != CodeCopyUID || code.Problem != nil || len(t.codes) >= maxCopyUIDs {
		return false
	}
	source := code.Source.set
	if t.ranges+len(source) > maxCopyRanges {
		return false
	}
	if !t.set.Dynamic() && len(source.Minus(t.set)) > 0 {
		return false
	}
	for _, c := range t.codes {
		if c.UIDValidity != code.UIDValidity || c.Source.set.Intersects(source) {
			return false
		}
	}
	t.codes, t.ranges = append(t.codes, code), t.ranges+len(source)
	return true
}

// join takes what a later command was told. Where UIDVALIDITY is another, the
// mailbox was made anew in between, and what was told first is of no use.
func (t *transfer) join(u *transfer) {
	if len(t.codes) > 0 && len(u.codes) > 0 && t.codes[0].UIDValidity != u.codes[0].UIDValidity {
		t.codes = nil
	}
	t.codes = append(t.codes, u.codes...)
}

// result joins the parts.
func (t *transfer) result() (r CopyResult, source wire.NumSet) {
	if len(t.codes) == 1 {
		c := t.codes[0]
		return CopyResult{c.UIDValidity, c.Copied}, c.Source.set
	}
	for _, c := range t.codes {
		r.UIDValidity = c.UIDValidity
		r.UIDs.runs = append(r.UIDs.runs, c.Copied.runs...)
		source = append(source, c.Source.set...)
	}
	slices.SortFunc(r.UIDs.runs, func(a, b uidRun) int {
		if a.source < b.source {
			return -1
		}
		return 1
	})
	return r, source.Union(nil)
}
