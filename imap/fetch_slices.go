package imap

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// sliceLen is sliceSize, or as many messages as a command line has room for.
func (op *fetchOp) sliceLen() uint64 {
	n := op.sliceSize()
	if op.box.isSaved(op.rest, op.saved) {
		return n
	}
	octets, ranges := op.c.room(op.itemsLen())
	head, _ := op.rest.CutText(octets, ranges)
	return min(n, head.Len())
}

// itemsLen is how many octets a command has beside the set.
func (op *fetchOp) itemsLen() int {
	cmd := wire.NewCommand("UID FETCH")
	op.items(cmd)
	op.opts.modifiers(cmd)
	return cmd.Len()
}

// maxHalved is how often slices of one loop are halved: a message of 500 is
// found by nine, so this is some dozens of bad ones.
const maxHalved = 400

// bisect puts a refused slice back, in halves, where the server is one that
// refuses all for a bad one. It returns false if the slice stays refused: then
// it is one message, or too many were.
func (op *fetchOp) bisect(k *call) bool {
	refused, ok := k.err.(*ResponseError)
	if !ok || refused.Status != StatusNo || refusalMeans(refused.Text) != nil ||
		refused.Code == CodeLimit || refused.Code == CodeOverQuota {
		return false // not for a message's sake
	}
	left := k.foot.messages()
	if left.Dynamic() || left.Len() < 2 || op.opts.atOnce() || op.halved == maxHalved || !op.c.hasQuirk(QuirkBisectFetch) {
		return false
	}
	op.halved++
	head, tail := left.Cut((left.Len() + 1) / 2)
	op.again = append(op.again, tail, head)
	return true
}

// goneMeanwhile says whether a NO only says that some messages are gone, which
// is no error of UID FETCH (RFC 9051 §6.4.9): Exchange, and RFC 2180 §4.1.2.
func goneMeanwhile(r *response) bool {
	return r.status == StatusNo && (r.code != nil && r.code.Code == CodeExpungeIssued ||
		strings.Contains(strings.ToLower(r.text), "requested messages no longer exist"))
}
