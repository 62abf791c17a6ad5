package imap

import (
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// deliver gives a message to the loop.
func (op *fetchOp) deliver(k *call, m *Message, r *response) {
	op.answered(k, m.UID)
	op.came++
	if r != nil {
		op.cameBytes += int64(r.size)
	}
	op.forget(m.UID)
	if op.stopped || k.abandoned {
		return
	}
	if r != nil && r.size > 0 && r.msg == m && op.c.memory+int64(r.size) > op.c.opts.Budget && op.keepAside(r) {
		return
	}
	size := m.held
	if r != nil {
		size += r.size
	}
	if most := 2 * op.c.opts.Budget; size > 0 && len(op.out) > 0 && op.c.memory+int64(size) > most {
		op.failed = &wire.LimitError{What: "messages that wait for the loop", Max: uint64(most)}
		return
	}
	op.out = append(op.out, fetched{msg: m, size: size})
	op.bytes += size
	op.c.memory += int64(size)
	op.signal()
}

func (op *fetchOp) signal() {
	select {
	case op.ready <- struct{}{}:
	default:
	}
}

// keepAside writes the response to a file, to be parsed again when the loop
// comes to it.
func (op *fetchOp) keepAside(r *response) bool {
	if op.file == nil {
		f, err := op.c.spool.create(op.c)
		if err != nil {
			return false
		}
		op.file = f
	}
	if err := op.file.write(r.bytes); err != nil {
		op.failed = err
		return true
	}
	op.out = append(op.out, fetched{size: len(r.bytes), aside: true})
	op.signal()
	return true
}

// open returns the message of an item.
func (op *fetchOp) open(it fetched) (*Message, error) {
	if !it.aside {
		return it.msg, nil
	}
	b := make([]byte, it.size)
	op.c.mu.Lock()
	for n := 0; n < len(b); {
		got, err := op.file.read(b[n:])
		if err != nil {
			if op.c.closed != nil {
				err = op.c.closed
			}
			op.c.mu.Unlock()
			return nil, err
		}
		n += got
	}
	op.c.mu.Unlock()
	if op.parser == nil {
		op.parser = newParser(op.c.opts.Limits)
	}
	r, err := op.parser.parseResponse(&wire.Response{Bytes: b, Pending: -1})
	if err != nil {
		return nil, err
	}
	op.missing(r.msg)
	return r.msg, nil
}

// flush delivers, at the tagged reply, what came in part.
func (op *fetchOp) flush(k *call) {
	var uids []UID
	for uid := range op.partial {
		if k.foot.uids.Contains(uint32(uid)) || k.foot.uids.Dynamic() {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	for _, uid := range uids {
		m := op.partial[uid]
		if m.onlyNews() && !op.wantsOnlyNews() && op.want&^m.answered() != 0 {
			op.forget(uid) // only what came unasked
			continue
		}
		m.Missing = op.named(m)
		op.deliver(k, m, nil)
	}
	op.signal()
}

// named names what did not come.
func (op *fetchOp) named(m *Message) (names []string) {
	for _, it := range fetchItems {
		if op.want&it.a != 0 && m.answered()&it.a == 0 {
			names = append(names, it.name)
		}
	}
	names = append(names, op.opts.extras(m)...)
	for _, s := range op.missing(m) {
		names = append(names, s.String())
	}
	return names
}

// streamsTo says which Fetch a large literal goes to as a stream: the one that
// wants it, if it is the last thing that the message lacks. wanted is whether
// anybody does; if not, k is the Fetch that did, and was left.
func (c *Client) streamsTo(r *response) (k *call, wanted bool) {
	for _, k := range c.flight {
		op := k.fetch
		if op == nil {
			continue
		}
		uid, known := op.whose(k, r.msg)
		if uid == 0 || k.foot.done.Contains(uint32(uid)) {
			continue
		}
		if op.stopped || k.abandoned {
			return k, false
		}
		whole := r.msg.copy()
		if known != nil {
			whole = known.copy()
			whole.merge(r.msg)
		}
		whole.bodies = append(whole.bodies, newBody(r.pending.section, r.pending.origin, nil, false))
		if r.msg.UID == 0 || !op.complete(whole) {
			return nil, true
		}
		return k, true
	}
	return nil, false
}

// deliverStream gives the loop a message whose last section is still to come.
func (op *fetchOp) deliverStream(k *call, r *response) *bodyStream {
	m := r.msg
	if p := op.partial[m.UID]; p != nil {
		p.merge(m)
		m = p
	}
	s := &bodyStream{c: op.c, op: op, left: r.pending.size, ready: make(chan struct{}, 1)}
	b := newBody(r.pending.section, r.pending.origin, nil, false)
	b.Size, b.stream = r.pending.size, s
	m.bodies = append(m.bodies, b)
	op.missing(m)
	op.streaming = s
	op.cameBytes += s.left
	op.deliver(k, m, nil)
	return s
}

// park makes the reader wait for a loop that is behind, but only while nobody
// else needs the connection; then what comes is kept aside instead.
func (c *Client) park(op *fetchOp, full func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var until time.Time
	for full() {
		now := time.Now()
		if until.IsZero() {
			until = now.Add(parkPatience)
			c.watch(until)
		}
		if !c.mayPark(op) || !now.Before(until) {
			op.spilling()
			return
		}
		c.watch(until)
		c.mu.Unlock()
		<-c.kick
		c.mu.Lock()
	}
}

// mayPark says whether the reader may wait for op's loop.
func (c *Client) mayPark(op *fetchOp) bool {
	if c.closed != nil || c.bye != "" || c.unwritable != nil || c.leaving || op.stopped {
		return false
	}
	for _, k := range append(slices.Clip(c.flight), c.queue...) {
		if k.fetch != op {
			return false
		}
	}
	return !c.events.waiting() && (c.box == nil || !c.box.listeners.waiting())
}

// spilling says that the body on the wire is no longer waited for.
func (op *fetchOp) spilling() {
	if op.streaming != nil {
		op.streaming.spilled = true
	}
}

// afterData returns the wait for a loop that is behind with its messages.
func (c *Client) afterData(r *response) func() error {
	if r.kind != kindFetch {
		return nil
	}
	for _, k := range c.flight {
		if op := k.fetch; op != nil && op.bytes > fetchAhead {
			return func() error {
				c.park(op, func() bool { return op.bytes > fetchAhead && !op.stopped })
				return nil
			}
		}
	}
	return nil
}
