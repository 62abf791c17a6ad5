package imap

import (
	"errors"
	"slices"
	"time"

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

// newsAttributes are what servers send unasked.
const newsAttributes = HasUID | HasFlags | HasModSeq | HasAnnotationsChanged

// onlyNews says whether the line has nothing but what servers send unasked.
func (m *Message) onlyNews() bool {
	return (m.has|m.nils)&^newsAttributes == 0 && len(m.bodies) == 0 && len(m.Raw) == 0 && len(m.binarySizes) == 0
}

func (op *fetchOp) wantsOnlyNews() bool {
	return op.want&^newsAttributes == 0 && len(op.opts.Sections) == 0 && !op.opts.hasExtras()
}

// lacks says whether line has something that msg was asked for and lacks.
func (op *fetchOp) lacks(msg, line *Message) bool {
	return op.want&^msg.answered()&line.answered() != 0 || len(line.bodies) > 0 && len(msg.bodies) < len(op.opts.Sections) ||
		len(line.Raw)+len(line.binarySizes) > 0 && op.opts.hasExtras() && len(op.opts.extras(msg)) > 0
}

func (op *fetchOp) complete(m *Message) bool {
	return op.want&^m.answered() == 0 && len(op.missing(m)) == 0 && (!op.opts.hasExtras() || len(op.opts.extras(m)) == 0)
}

// answered is what the server told, that there is none included.
func (m *Message) answered() Attribute { return m.has | m.nils }

// missing returns the sections that have not come. If exactly one has not and
// exactly one came that was not asked for, that is it, wrongly named.
func (op *fetchOp) missing(m *Message) (missing []Section) {
	if len(op.opts.Sections) == 0 {
		return nil
	}
	used := make([]bool, len(m.bodies))
	for _, s := range op.opts.Sections {
		i := slices.IndexFunc(m.bodies, func(b *Body) bool { return b.is(s) })
		if i < 0 {
			missing = append(missing, s)
		} else {
			used[i] = true
		}
	}
	if len(missing) == 1 {
		if i := slices.Index(used, false); i >= 0 && slices.Index(used[i+1:], false) < 0 {
			b := m.bodies[i]
			m.problem(b.section.String(), errors.New("came in place of "+missing[0].String()))
			b.section, b.origin = missing[0], -1
			if missing[0].Count > 0 {
				b.origin = missing[0].Offset
				b.clip(missing[0].Offset, missing[0].Count)
			}
			return nil
		}
	}
	return missing
}

// clip takes a range of a body that came whole, as Exchange sends it, in place
// of that range.
func (b *Body) clip(offset, count int64) {
	size := int64(len(b.data))
	if b.stream == nil && size > count {
		b.data = b.data[min(offset, size):min(offset+count, size)]
		b.Size = int64(len(b.data))
	}
}

// merge adds to m what line has; nothing is overwritten with nothing.
func (m *Message) merge(line *Message) {
	if line.has&HasUID != 0 {
		m.UID = line.UID
	}
	if line.has&HasFlags != 0 {
		m.Flags = line.Flags
	}
	if line.Envelope != nil {
		m.Envelope = line.Envelope
	}
	if line.BodyStructure != nil {
		m.BodyStructure = line.BodyStructure
	}
	if line.has&HasInternalDate != 0 {
		m.InternalDate = line.InternalDate
	}
	if line.has&HasSize != 0 {
		m.Size = line.Size
	}
	if line.has&HasModSeq != 0 {
		m.ModSeq = line.ModSeq
	}
	m.mergeExtensions(line)
	m.has |= line.has
	m.nils |= line.nils
	m.Seq = line.Seq
	m.Raw = append(m.Raw, line.Raw...)
	m.Problems = append(m.Problems, line.Problems...)
	m.bodies = append(m.bodies, line.bodies...)
	m.binarySizes = append(m.binarySizes, line.binarySizes...)
}

// mergeExtensions is merge for the attributes of extensions.
func (m *Message) mergeExtensions(line *Message) {
	take(&m.SaveDate, line.SaveDate, line.has&HasSaveDate)
	take(&m.Preview, line.Preview, line.has&HasPreview)
	take(&m.EmailID, line.EmailID, line.has&HasEmailID)
	take(&m.ThreadID, line.ThreadID, line.has&HasThreadID)
	take(&m.GmailMessageID, line.GmailMessageID, line.has&HasGmailMessageID)
	take(&m.GmailThreadID, line.GmailThreadID, line.has&HasGmailThreadID)
	take(&m.GmailLabels, line.GmailLabels, line.has&HasGmailLabels)
	take(&m.Annotations, line.Annotations, line.has&HasAnnotations)
	m.AnnotationsChanged = append(m.AnnotationsChanged, line.AnnotationsChanged...)
}

// take sets what the line has.
func take[T any](to *T, v T, has Attribute) {
	if has != 0 {
		*to = v
	}
}

// copy returns a message that shares nothing that changes.
func (m *Message) copy() *Message {
	c := *m
	c.Flags = slices.Clone(m.Flags)
	c.bodies = slices.Clone(m.bodies)
	return &c
}

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
