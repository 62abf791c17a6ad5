package imap

import (
	"context"
	"strconv"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// UIDBatchesOptions refine UIDBatches.
type UIDBatchesOptions struct {
	// First and Last choose batches by their place, from 1 on; 1 is the one with
	// the highest UIDs. Zero: all batches.
	First, Last uint32
}

// UIDBatches returns sets of UIDs that cut the mailbox into batches of so many
// messages, the newest messages first; the last one has the rest (RFC 10022,
// capability UIDBATCHES). Each set is one range. So a client can go through a
// mailbox in pieces of equal size without asking for all of its UIDs. Batches
// say nothing about messages that come later.
//
// Servers refuse a size that is too small with CodeTooFew, below 500 mostly,
// and more batches at once than they can count with CodeTooMany.
func (m *Mailbox) UIDBatches(ctx context.Context, size uint32, opts *UIDBatchesOptions) ([]UIDSet, error) {
	if opts == nil {
		opts = &UIDBatchesOptions{}
	}
	if !m.client.offers("UIDBATCHES") {
		return nil, &UnsupportedError{Capability: "UIDBATCHES", What: "UIDBatches"}
	}
	var got *uidBatches
	k := m.call("UIDBATCHES", footprint{class: classAsk}, func(cmd *wire.Command) { opts.arguments(cmd, size) })
	k.slow = true
	gather(k, func(b *uidBatches) bool {
		if b.tag != "" && b.tag != k.tag {
			return false
		}
		got = b
		return true
	}, "UIDBATCHES")
	if err := m.do(ctx, k); err != nil {
		return nil, err
	}
	if got == nil {
		return nil, nothingSaid("UIDBATCHES")
	}
	return got.sets, nil
}

// RFC 10022 §4, uidbatches
func (o *UIDBatchesOptions) arguments(cmd *wire.Command, size uint32) {
	if size == 0 || (o.First == 0) != (o.Last == 0) || o.First > o.Last {
		cmd.Fail(&wire.ArgumentError{Kind: "UIDBATCHES", Reason: "the size and the places of batches begin at 1, and First is not above Last"})
		return
	}
	cmd.Number(uint64(size))
	if o.First != 0 {
		cmd.Atom(strconv.FormatUint(uint64(o.First), 10) + ":" + strconv.FormatUint(uint64(o.Last), 10))
	}
}

// uidBatches is a UIDBATCHES response.
type uidBatches struct {
	tag  string
	sets []UIDSet
}

// maxBatches is how many batches one answer may have.
const maxBatches = 1 << 20

// RFC 10022 §4, uidbatches-response: ranges from the highest UID down, which must
// not be joined.
func (p *parser) uidBatchesResponse(resp *response) {
	b := new(uidBatches)
	if p.r.SkipSP(); p.r.Peek() == '(' {
		d := new(searchData)
		p.searchCorrelator(d)
		b.tag = d.tag
	}
	for p.r.SkipSP(); !p.r.AtEnd(); {
		if len(b.sets) == maxBatches {
			p.r.FailWith(&wire.LimitError{What: "number of batches", Max: maxBatches})
			return
		}
		b.sets = append(b.sets, p.uidRange())
		if !p.r.Take(',') {
			break
		}
	}
	resp.data = b
}

// RFC 9051 §9, uid-range, or one UID.
func (p *parser) uidRange() UIDSet {
	a := p.r.NZNumber()
	z := a
	if p.r.Take(':') {
		z = p.r.NZNumber()
	}
	if p.r.Err() != nil {
		return UIDSet{}
	}
	return UIDSet{wire.NumSet{{First: min(a, z), Last: max(a, z)}}}
}
