package imap

import (
	"errors"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

var errStopped = errors.New("imap: the loop was left")

// claim takes a FETCH line if it is about a message of the slice that still
// lacks something that the line has.
func (op *fetchOp) claim(k *call, r *response) bool {
	if r.kind == kindVanished {
		return op.claimVanished(k, r)
	}
	if r.kind != kindFetch {
		return false
	}
	uid, msg := op.whose(k, r.msg)
	if uid == 0 || k.foot.done.Contains(uint32(uid)) {
		return false
	}
	if msg != nil && !op.lacks(msg, r.msg) {
		return false
	}
	if msg == nil {
		msg = r.msg
		if msg.onlyNews() && !op.wantsOnlyNews() {
			r.news = true // merged, and told to the listeners
			msg = r.msg.copy()
		}
	} else {
		r.news = r.msg.onlyNews()
		msg.merge(r.msg)
	}
	if op.complete(msg) {
		op.deliver(k, msg, r)
		return true
	}
	if op.stopped || k.abandoned {
		// Nobody waits for the rest. Flags alone may be what another call asks for.
		return !r.msg.onlyNews()
	}
	if op.partial == nil {
		op.partial = map[UID]*Message{}
	}
	op.partial[uid] = msg
	msg.held += r.size
	op.held += int64(r.size)
	op.c.memory += int64(r.size)
	if op.held > op.c.opts.Budget/2 || len(op.partial) > maxPartial { // there is no room to wait for the rest
		if msg.onlyNews() {
			op.forget(uid) // it was told as such
			return true
		}
		msg.Missing = op.named(msg)
		op.deliver(k, msg, nil)
	}
	return true
}

const (
	maxPartial = 4096    // messages that wait for more
	maxShifted = 1 << 32 // ranges that moved, because messages came in another order
)

// answered notes that a message has come. Servers send them in ascending order,
// or nearly so; one that scatters millions would have the set moved each time.
func (op *fetchOp) answered(k *call, uid UID) {
	done := &k.foot.done
	n := len(*done)
	if n > maxFound || op.shifted > maxShifted {
		return
	}
	if n > 0 && uint32(uid) < (*done)[n-1].First {
		op.shifted += n
	}
	if done.Add(uint32(uid)); len(*done) > maxFound || op.shifted > maxShifted {
		err := &wire.LimitError{What: "messages in no order", Max: maxFound}
		op.failed = firstOf(op.failed, err)
		op.c.abandon(k, err)
	}
}

// forget takes a message from those that wait for more.
func (op *fetchOp) forget(uid UID) {
	if m := op.partial[uid]; m != nil {
		op.held -= int64(m.held)
		op.c.memory -= int64(m.held)
		delete(op.partial, uid)
	}
}

// whose says which message of the slice a line is about, and what is known of
// it already. A line without a UID is about the one whose number it has.
func (op *fetchOp) whose(k *call, m *Message) (UID, *Message) {
	if m.UID != 0 {
		// "n:*" holds the last message also if its UID is below n; it need not be
		// just below UIDNEXT, which may be unknown.
		last := m.Seq == op.box.state.Exists || m.UID >= op.box.state.UIDNext-1 || m.Seq == 0 && !m.onlyNews()
		if !k.foot.uids.Contains(uint32(m.UID)) && !(k.foot.uids.Dynamic() && last) {
			return 0, nil
		}
		return m.UID, op.partial[m.UID]
	}
	for uid, p := range op.partial {
		if p.Seq == m.Seq && p.epoch == op.box.state.Epoch && m.Seq != 0 {
			return uid, p
		}
	}
	return 0, nil
}
