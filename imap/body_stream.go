package imap

import (
	"io"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

const (
	bodyChunk  = 64 << 10
	bodyWindow = 2 // chunks
)

// bodyStream is a section whose literal is being read. Its fields are guarded
// by the client's mutex.
type bodyStream struct {
	c       *Client
	op      *fetchOp
	left    int64    // of the literal, not yet read from the wire
	chunks  [][]byte // read and not taken; the last one may still grow
	head    int      // how much of the first one was taken
	spare   []byte   // a chunk to use again
	filling bool     // the reader is reading into the end of the last one
	size    int      // bytes in chunks
	file    *spoolFile
	spilled bool  // it was not waited for once: it is read on without waiting
	dropped bool  // nobody wants it
	err     error // what follows the last byte; io.EOF: it came whole
	lost    error // why it cannot be had
	ready   chan struct{}
}

func (s *bodyStream) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// read is the consumer's side.
func (s *bodyStream) read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		s.c.mu.Lock()
		n, err := s.take(p)
		s.c.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-s.ready:
		case <-s.op.ctx.Done():
			return 0, canceled(s.op.ctx, "read body")
		case <-s.c.dead:
			s.c.mu.Lock()
			n, err := s.take(p)
			if n == 0 && err == nil {
				err = s.c.closed
			}
			s.c.mu.Unlock()
			return n, err
		}
	}
}

func (s *bodyStream) take(p []byte) (int, error) {
	switch {
	case s.lost != nil:
		return 0, s.lost
	case s.dropped:
		return 0, errBodyGone
	case len(s.chunks) == 0 && s.file != nil && s.file.unread() > 0:
		if s.c.closed != nil {
			return 0, s.c.closed
		}
		return s.file.read(p)
	case len(s.chunks) == 0:
		return 0, s.err
	}
	first := s.chunks[0]
	n := copy(p, first[s.head:])
	if s.head += n; s.head == len(first) {
		s.chunks = append(s.chunks[:0], s.chunks[1:]...)
		s.head = 0
		s.recycle(first)
	}
	s.size -= n
	s.c.memory -= int64(n)
	s.c.wake()
	return n, nil
}

// recycle keeps a chunk that was taken for the reader to use again, unless the
// reader is just reading into its end.
func (s *bodyStream) recycle(chunk []byte) {
	if !s.filling && cap(chunk) >= bodyChunk {
		s.spare = chunk[:cap(chunk)]
	}
}

// drop says that nobody will read what is left.
func (s *bodyStream) drop() {
	if s.dropped {
		return
	}
	s.dropped = true
	s.c.memory -= int64(s.size)
	s.chunks, s.size = nil, 0
	s.file.close()
	s.c.wake()
}

// full says whether the window is.
func (s *bodyStream) full() bool {
	return !s.dropped && !s.spilled && s.size >= bodyWindow*bodyChunk
}

// end says what follows the last byte.
func (s *bodyStream) end(err error) {
	if s.err == nil {
		s.err = err
	}
	s.op.streaming = nil
	s.signal()
}

// readSection handles a FETCH that stopped at a large literal. done is false
// if the response must be held in memory and parsed anew.
func (c *Client) readSection(r *response, wr *wire.Response) (done bool, err error) {
	c.mu.Lock()
	k, wanted := c.streamsTo(r)
	if wanted && k == nil {
		c.mu.Unlock()
		return false, nil
	}
	c.trace.response(wr)
	var s *bodyStream
	switch {
	case wanted:
		if box := c.target(); box != nil {
			box.apply(r)
		}
		c.problems(r.msg)
		s = k.fetch.deliverStream(k, r)
	case k != nil: // asked for, so that it may have any size
		s = &bodyStream{c: c, op: k.fetch, left: r.pending.size, dropped: true, ready: make(chan struct{}, 1)}
	default:
		r.msg.problem(r.pending.section.String(), &LimitError{What: "literal that nobody asked for", Size: uint64(r.pending.size), Max: uint64(c.opts.Limits.Inline)})
	}
	c.mu.Unlock()
	if s != nil {
		err = c.pour(s)
	} else {
		err = c.framer.SkipLiteral()
	}
	if err != nil {
		return true, err
	}
	return true, c.finishSection(r, !wanted)
}

// finishSection reads what follows the literal. If the message was delivered
// already, that is news about it.
func (c *Client) finishSection(r *response, whole bool) error {
	rest := r.msg
	if !whole {
		rest = &Message{Seq: r.msg.Seq, UID: r.msg.UID, has: r.msg.has & HasUID}
	}
	had := rest.has
	for {
		wr, err := c.framer.Continue()
		if err != nil {
			return err
		}
		c.trace.response(wr)
		pending, problem := c.parser.readMore(rest, wr)
		for wr.Pending >= 0 {
			if pending != nil && pending.collect {
				if wr, err = c.framer.Hold(int64(c.opts.Limits.Inline)); err == nil {
					pending, problem = c.parser.readMore(rest, wr)
					continue
				}
			}
			break
		}
		if wr != nil && wr.Pending >= 0 || err != nil {
			if err := c.framer.SkipLiteral(); err != nil {
				return err
			}
			continue
		}
		if problem != nil {
			rest.problem("FETCH", problem)
		}
		if !whole && rest.has == had && len(rest.Raw) == 0 {
			return nil
		}
		r.msg, r.pending = rest, nil
		return c.handle(r, nil, 0)
	}
}

// pour reads a literal from the wire into a stream.
func (c *Client) pour(s *bodyStream) error {
	for {
		c.park(s.op, s.full)
		b := s.room()
		n, err := c.framer.ReadLiteral(b)
		c.mu.Lock()
		s.left -= int64(n)
		s.filling = false
		if n > 0 && !s.dropped {
			s.add(b[:n])
		}
		if err == io.EOF {
			s.end(err)
		}
		c.mu.Unlock()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err // the connection ends, and so does the body
		}
	}
}

// room is where the reader may put more: the end of the last chunk, or a new
// one.
func (s *bodyStream) room() []byte {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if n := len(s.chunks); n > 0 {
		if last := s.chunks[n-1]; cap(last)-len(last) >= 4<<10 {
			s.filling = true
			return last[len(last):cap(last)]
		}
	}
	if s.spare == nil {
		return make([]byte, min(int64(bodyChunk), max(s.left, 1)))
	}
	b := s.spare
	s.spare = nil
	return b
}

// add puts what was read behind the rest: in memory while the budget lasts,
// then in a file.
func (s *bodyStream) add(b []byte) {
	if s.file != nil || s.spilled && s.c.memory+int64(len(b)) > s.c.opts.Budget {
		s.spill(b)
		return
	}
	if n := len(s.chunks); n > 0 {
		if last := s.chunks[n-1]; cap(last) > len(last) && &last[:len(last)+1][len(last)] == &b[0] {
			s.chunks[n-1] = last[:len(last)+len(b)]
			s.grown(len(b))
			return
		}
	}
	s.chunks = append(s.chunks, b)
	s.grown(len(b))
}

func (s *bodyStream) grown(n int) {
	s.size += n
	s.c.memory += int64(n)
	s.signal()
}

// spill writes to the file; the mutex is held, which is the price of being
// over the budget.
func (s *bodyStream) spill(b []byte) {
	if s.file == nil {
		f, err := s.c.spool.create(s.c)
		if err != nil {
			s.fail(err)
			return
		}
		s.file = f
	}
	if err := s.file.write(b); err != nil {
		s.fail(err)
		return
	}
	s.spare = b[:cap(b)]
	s.signal()
}

// fail loses the body; the connection lives.
func (s *bodyStream) fail(err error) {
	s.lost = err
	s.drop()
	s.signal()
}
