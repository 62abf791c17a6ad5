package imap

import (
	"errors"
	"io"
	"iter"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Body is a section of a message: an io.Reader. Small ones are in memory; a
// large one may still be arriving, and must be read before the Fetch loop goes
// on: what is left of it then is dropped, and reading it returns an error.
// Reading an unread body never makes another call wait: if somebody else needs
// the connection, the rest is kept aside. A Body is for one goroutine at a time.
type Body struct {
	// Section is what it is a part of, as the server named it.
	Section Section
	// Size is how many bytes it has in all.
	Size int64
	// Origin is where a partial answer begins; -1: it is not partial.
	Origin int64
	// Nil says that the server sent NIL: there is no such part.
	Nil bool

	section Section
	origin  int64
	data    []byte
	stream  *bodyStream
}

var (
	errBodyGone = errors.New("imap: the body must be read before the Fetch loop goes on")
)

func newBody(section Section, origin int64, data []byte, isNil bool) *Body {
	return &Body{Section: section, Size: int64(len(data)), Origin: origin, Nil: isNil,
		section: section, origin: origin, data: data}
}

// Read reads on in the section. It waits for the server, for its Fetch's
// Context, and for the end of the connection.
func (b *Body) Read(p []byte) (int, error) {
	if b.stream != nil {
		return b.stream.read(p)
	}
	if len(b.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

// WriteTo writes what is left of the section to w.
func (b *Body) WriteTo(w io.Writer) (int64, error) {
	if b.stream == nil {
		n, err := w.Write(b.data)
		b.data = b.data[n:]
		return int64(n), err
	}
	return io.CopyBuffer(w, struct{ io.Reader }{b}, make([]byte, bodyChunk))
}

// Bytes reads what is left of the section.
func (b *Body) Bytes() ([]byte, error) {
	if b.stream == nil {
		data := b.data
		b.data = nil
		return data, nil
	}
	return io.ReadAll(b)
}

// Keep reads what is left of the section into memory, so that it can be read
// after the Fetch loop has gone on too. Look at Size first.
func (b *Body) Keep() error {
	if b.stream == nil {
		return nil
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return err
	}
	b.data, b.stream = data, nil
	return nil
}

// Bodies yields the message's sections in the order in which the server sent
// them.
func (m *Message) Bodies() iter.Seq2[*Body, error] {
	return func(yield func(*Body, error) bool) {
		for _, b := range m.bodies {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Body returns the message's section, nil if the server did not send it. Of
// several ranges of one section it is the one that begins at s.Offset.
func (m *Message) Body(s Section) *Body {
	for _, b := range m.bodies {
		if b.is(s) {
			return b
		}
	}
	return nil
}

// is says whether b answers s: the same section, and the same beginning.
func (b *Body) is(s Section) bool {
	origin := int64(-1)
	if s.Count > 0 {
		origin = s.Offset
	}
	return b.section.same(s) && (b.origin == origin || b.origin == -1 && b.Nil)
}

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
