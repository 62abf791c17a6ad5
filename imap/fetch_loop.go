package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

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
