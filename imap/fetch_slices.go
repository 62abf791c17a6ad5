package imap

import (
	"math"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

const (
	fetchSlice   = 500     // messages asked for at once
	firstBodies  = 16      // the same, with bodies whose size is not known yet
	sliceBytes   = 1 << 20 // of bodies asked for at once
	fetchAhead   = 1 << 20 // bytes of messages that may wait for the loop
	parkPatience = 10 * time.Second
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

// ask sends for the next slice.
func (op *fetchOp) ask() error {
	var slice wire.NumSet
	if n := len(op.again); n > 0 {
		slice, op.again = op.again[n-1], op.again[:n-1]
	} else if op.opts.ChangedSince != 0 && op.opts.Partial.IsZero() {
		slice, op.rest = op.rest.CutText(op.c.room(modifiersRoom))
	} else if op.rest.Dynamic() || op.opts.atOnce() {
		slice, op.rest = op.rest, nil
	} else {
		slice, op.rest = op.rest.Cut(op.sliceLen())
	}
	foot := footprint{class: classFetch, uids: slice, usesSaved: op.saved != nil}
	if op.opts.MarkSeen || op.opts.Vanished != nil {
		foot.class = classStore // alone with its messages
	}
	k := op.box.call("UID FETCH", foot, func(cmd *wire.Command) {
		op.box.addUIDs(cmd, slice, op.saved)
		op.items(cmd)
		op.opts.modifiers(cmd)
	})
	if op.opts.Vanished != nil {
		k.answers = []string{"VANISHED"}
	}
	k.fetch = op
	k.claim = func(r *response) bool { return op.claim(k, r) }
	k.finish = func(*response) { op.flush(k) }
	k.forgive = goneMeanwhile
	if err := op.ctx.Err(); err != nil {
		return canceled(op.ctx, "UID FETCH")
	}
	if err := op.c.submit(k); err != nil {
		return err
	}
	op.calls = append(op.calls, k)
	return nil
}

// sliceSize is how many messages to ask for at once. With bodies that is as
// many as come to about a mebibyte, judged by those that came: what is under
// way when the loop is left has to be read over.
func (op *fetchOp) sliceSize() uint64 {
	size := op.sliceWanted()
	if op.most > 0 && !op.few {
		size = min(size, op.most)
	}
	return size
}

func (op *fetchOp) sliceWanted() uint64 {
	if op.few {
		return math.MaxUint32
	}
	if op.opts.Slice > 0 {
		return uint64(op.opts.Slice)
	}
	if !op.opts.bodies() {
		return fetchSlice
	}
	op.c.mu.Lock()
	defer op.c.mu.Unlock()
	if op.came == 0 {
		return firstBodies
	}
	return uint64(min(max(sliceBytes*op.came/max(op.cameBytes, 1), 1), fetchSlice))
}
