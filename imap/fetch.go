package imap

import (
	"context"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// FetchOptions say what Fetch asks for. The UID always comes. Reading marks
// nothing as seen unless MarkSeen is set.
type FetchOptions struct {
	Flags         bool
	Envelope      bool
	BodyStructure bool
	InternalDate  bool
	Size          bool
	ModSeq        bool // needs CONDSTORE
	SaveDate      bool // needs SAVEDATE (RFC 8514)
	Preview       bool // needs PREVIEW (RFC 8970)
	LazyPreview   bool // Preview, only if the server has it at hand: a quick answer
	EmailID       bool // needs OBJECTID (RFC 8474)
	ThreadID      bool // the same

	// GmailMessageID, GmailThreadID and GmailLabels need X-GM-EXT-1.
	GmailMessageID, GmailThreadID, GmailLabels bool

	// Annotations asks for annotations; nil: none. It needs
	// ANNOTATE-EXPERIMENT-1 (RFC 5257).
	Annotations *AnnotationQuery
	// BinarySizes asks for the decoded size of parts, such as "1.2", for
	// Message.BinarySize. It needs BINARY (RFC 3516).
	BinarySizes []string
	// Items asks for items of extensions that have no field here, by name; one
	// atom each. The answers are in Message.Raw, or in the item's field if it
	// has one.
	Items []string
	// Sections asks for parts of the message, for Message.Body and Bodies.
	Sections []Section
	// MarkSeen sets \Seen on the messages whose Sections are read.
	MarkSeen bool
	// ChangedSince leaves out messages whose mod-sequence is not above it, and
	// asks for ModSeq (RFC 7162 §3.1.4.1, CONDSTORE). 0: no condition. All that
	// changed is asked for in one command, so Slice means nothing.
	ChangedSince uint64
	// Vanished, with ChangedSince, is set to those of the UIDs that were expunged
	// since then (RFC 7162 §3.2.6). It is all there when the loop has ended
	// without an error, and is not to be read before. QRESYNC must be enabled.
	// The server may tell of UIDs that never were.
	Vanished *UIDSet
	// Partial asks for the messages in some places among the UIDs (RFC 9394
	// §3.3, capability PARTIAL). Together with ChangedSince the server chooses
	// the places first.
	Partial Partial
	// Slice is how many messages one command asks for; 0: 500, and with bodies
	// as many as come to about 1 MiB. What is under way when a loop is left has
	// to be read over before other commands are answered.
	Slice int
}

// Fetch yields messages with what opts ask for, in the order in which the
// server sends them (RFC 9051 §6.4.5). UIDs that do not exist are left out.
//
// Messages are asked for in slices, one ahead of the loop, so that other
// commands, the loop body's included, can be sent in between; what arrives in
// this time is kept, in memory and then in a file. break leaves the connection
// good. If the server refuses a slice the others still come; the error is the
// last thing that is yielded, a *PartialError that names those that did not
// come. What needs a capability that the server does not
// offer is an *UnsupportedError, before anything is sent.
func (m *Mailbox) Fetch(ctx context.Context, uids UIDs, opts *FetchOptions) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		if opts == nil {
			opts = &FetchOptions{Flags: true}
		}
		saved, err := m.savedIn(uids)
		set, few := uids.uidSet(), false
		if err == nil && set.Empty() {
			return
		}
		if err == nil {
			err = m.client.supports(opts)
		}
		if err == nil {
			err = m.checkFetch(opts)
		}
		if err == nil {
			set, few, err = m.resolve(ctx, set, opts)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		op := newFetch(ctx, m, opts, set.set)
		op.saved, op.few = saved, few
		op.run(yield)
	}
}

// FetchSeq is Fetch by sequence numbers, which are turned into UIDs first.
func (m *Mailbox) FetchSeq(ctx context.Context, seqs SeqSet, opts *FetchOptions) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		uids, err := m.UIDs(ctx, seqs)
		if err != nil {
			yield(nil, err)
			return
		}
		m.Fetch(ctx, uids, opts)(yield)
	}
}

const (
	fetchSlice   = 500     // messages asked for at once
	firstBodies  = 16      // the same, with bodies whose size is not known yet
	sliceBytes   = 1 << 20 // of bodies asked for at once
	fetchAhead   = 1 << 20 // bytes of messages that may wait for the loop
	parkPatience = 10 * time.Second
)

// resolve turns a set that may hold many messages, or holds "*", into the UIDs
// that exist now, if they do not fit a slice anyway. few says that they do,
// however many UIDs the set has.
func (m *Mailbox) resolve(ctx context.Context, set UIDSet, opts *FetchOptions) (_ UIDSet, few bool, _ error) {
	c := m.client
	c.mu.Lock()
	err := m.usable()
	exists, unsure, most := uint64(m.state.Exists), m.unsure, uint64(c.caps.messageLimit())
	c.mu.Unlock()
	if err != nil || opts.atOnce() {
		return set, false, err
	}
	slice := uint64(fetchSlice)
	if opts.Slice > 0 {
		slice = uint64(opts.Slice)
	}
	few = exists <= slice && !unsure
	switch {
	case set.Len() <= slice, few && set.set.Dynamic():
		return set, false, nil
	case few && !opts.bodies() && (most == 0 || exists <= most):
		return set, true, nil
	}
	set, err = m.searchSet(ctx, set)
	return set, false, err
}

// searchSet asks which UIDs of a set exist. "n:*" holds the highest UID even
// if it is below n; that one is left out.
func (m *Mailbox) searchSet(ctx context.Context, set UIDSet) (UIDSet, error) {
	found, err := m.Search(ctx, uidQuery(set.set))
	if err != nil {
		return found, err
	}
	return UIDSet{found.set.And(set.set)}, nil
}

// fetchOp is one loop over Fetch. What is not the loop's alone is guarded by
// the client's mutex.
type fetchOp struct {
	c    *Client
	box  *Mailbox
	ctx  context.Context
	opts *FetchOptions
	want Attribute

	saved   *savedRef     // what the set was given as
	rest    wire.NumSet   // not yet asked for; the loop's alone
	asked   wire.NumSet   // what the loop was to ask for
	again   []wire.NumSet // slices that are to be asked for again; the loop's alone
	shifted int           // what it cost that messages came in no order
	halved  int           // how often a slice was halved; the loop's alone
	calls   []*call       // slices under way, oldest first; the loop's alone
	parser  *parser       // of what was kept aside; made when needed
	given   []fetched     // the messages that the loop is at; the loop's alone

	out       []fetched
	bytes     int // of out, in memory
	partial   map[UID]*Message
	held      int64 // bytes of partial
	file      *spoolFile
	streaming *bodyStream
	came      int64 // messages, and their bytes
	cameBytes int64
	gone      wire.NumSet // VANISHED (EARLIER)
	most      uint64      // messages that the server takes at once; 0: any number
	few       bool        // there are no more messages than fit a slice
	stopped   bool
	failed    error // what the loop yields last
	ready     chan struct{}
}

// fetched is a message for the loop, or where it stands in the file.
type fetched struct {
	msg   *Message
	size  int // bytes of memory, or in the file
	aside bool
}

func newFetch(ctx context.Context, m *Mailbox, opts *FetchOptions, set wire.NumSet) *fetchOp {
	op := &fetchOp{c: m.client, box: m, ctx: ctx, opts: opts, rest: set, asked: set, ready: make(chan struct{}, 1), want: opts.wants()}
	op.most = uint64(m.client.MessageLimit())
	if opts.Vanished != nil {
		*opts.Vanished = UIDSet{}
	}
	return op
}

// run is the loop: it asks for slices, one ahead, and yields what comes.
func (op *fetchOp) run(yield func(*Message, error) bool) {
	defer op.stop()
	var last error
	var unserved wire.NumSet
	for {
		for len(op.calls) < 2 && len(op.rest)+len(op.again) > 0 {
			if err := op.ask(); err != nil {
				yield(nil, err)
				return
			}
		}
		if len(op.calls) == 0 {
			break
		}
		items, err := op.take()
		if err != nil {
			yield(nil, err)
			return
		}
		op.given = items
		for _, it := range items {
			msg, err := op.open(it)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(msg, nil) {
				return
			}
			op.dropStream(msg)
		}
		if len(items) == 0 {
			k := op.calls[0]
			op.calls = op.calls[1:]
			settled, err := op.goOn(k)
			if err != nil {
				last = err
				break
			}
			if k.err != nil && !settled {
				if !isResponseError(k.err) {
					last = k.err
					break
				}
				if !op.bisect(k) {
					last, unserved = k.err, unserved.Union(k.foot.messages())
				}
			}
		}
	}
	switch {
	case last == nil:
		last = op.failed
	case isResponseError(last) && len(unserved) > 0:
		last = &PartialError{Done: UIDSet{op.asked.Minus(unserved)}, Failed: UIDSet{unserved}, Err: last}
	}
	op.tellVanished()
	if last != nil {
		yield(nil, last)
	}
}

func isResponseError(err error) bool {
	_, ok := err.(*ResponseError)
	return ok
}

// dropStream ends the body that the loop's user did not read to its end.
func (op *fetchOp) dropStream(m *Message) {
	for _, b := range m.bodies {
		if b.stream != nil {
			op.c.mu.Lock()
			b.stream.drop()
			op.c.mu.Unlock()
		}
	}
}

// dropStreams ends the bodies of messages that nobody will read.
func dropStreams(items []fetched) {
	for _, it := range items {
		if it.msg == nil {
			continue
		}
		for _, b := range it.msg.bodies {
			if b.stream != nil {
				b.stream.drop()
			}
		}
	}
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

// bodies says whether sections are asked for that may be large.
func (o *FetchOptions) bodies() bool {
	for _, s := range o.Sections {
		if s.Count == 0 && (s.Kind == Whole || s.Kind == Text) {
			return true
		}
	}
	return false
}

// items writes what is asked for.
func (op *fetchOp) items(cmd *wire.Command) {
	cmd.List(func() { op.opts.addAll(cmd) })
}

// appendTo writes the section as a FETCH item.
func (s Section) appendTo(cmd *wire.Command, mark bool) {
	if !validPart(s.Part) {
		cmd.Fail(&wire.ArgumentError{Kind: "section part", Value: clip(s.Part), Reason: `want numbers from 1 with dots between, such as "1.2"`})
		return
	}
	item := "BODY.PEEK"
	switch {
	case s.Binary && mark:
		item = "BINARY"
	case s.Binary:
		item = "BINARY.PEEK"
	case mark:
		item = "BODY"
	}
	words := []string{"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"}
	spec := s.Part
	if w := words[min(int(s.Kind), len(words)-1)]; w != "" {
		spec = strings.TrimPrefix(spec+"."+w, ".")
	}
	fields := s.Fields
	if s.Kind != HeaderFields && s.Kind != HeaderFieldsNot {
		fields = nil
	}
	cmd.Section(item, spec, fields, s.Offset, s.Count)
}

// take waits for messages, or for the end of the oldest slice.
func (op *fetchOp) take() ([]fetched, error) {
	k := op.calls[0]
	for {
		op.c.mu.Lock()
		items := op.out
		op.out = nil
		if len(items) > 0 {
			op.c.memory -= int64(op.bytes)
			op.bytes = 0
			op.c.wake()
		}
		op.c.mu.Unlock()
		if len(items) > 0 {
			return items, nil
		}
		select {
		case <-k.done:
			select {
			case <-op.ready: // something came between the look and the end
				continue
			default:
				return nil, nil
			}
		case <-op.ready:
		case <-op.ctx.Done():
			return nil, canceled(op.ctx, "UID FETCH")
		}
	}
}

// stop ends the loop: nothing more is asked for, what is under way is dropped
// as it comes.
func (op *fetchOp) stop() {
	op.c.mu.Lock()
	defer op.c.mu.Unlock()
	op.stopped = true
	dropStreams(op.given)
	dropStreams(op.out)
	op.c.memory -= int64(op.bytes)
	for uid := range op.partial {
		op.forget(uid)
	}
	op.out, op.bytes = nil, 0
	op.file.close()
	if op.streaming != nil {
		op.streaming.drop()
	}
	for _, k := range op.calls {
		op.c.abandon(k, errStopped)
	}
}
