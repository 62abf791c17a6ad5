package imaptest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const defaultPipeSize = 1 << 20

// Pipe returns the two ends of an in-memory connection, buffered by 1 MiB each
// way. It behaves as a socket does: a Write returns as soon as the buffer has
// room for it, deadlines work, and what was written before Close can still be
// read by the other end. Unlike a socket it keeps the boundaries of writes: one
// Read never returns bytes of two Writes. Each end also has CloseWrite.
//
// Both ends may be used by any number of goroutines at once. Under
// testing/synctest every wait is a durable one, if the pipe was made inside the
// bubble.
func Pipe() (client, server net.Conn) { return PipeSize(defaultPipeSize) }

// PipeSize is Pipe with a buffer of n bytes each way; at least one byte.
func PipeSize(n int) (client, server net.Conn) {
	up, down := newStream(n), newStream(n)
	c := &pipeEnd{in: down, out: up, local: "client", remote: "server"}
	s := &pipeEnd{in: up, out: down, local: "server", remote: "client"}
	return c, s
}

// pipeEnd is one end of a pipe: it reads one stream and writes the other.
type pipeEnd struct {
	in, out       *stream
	local, remote pipeAddr
}

func (e *pipeEnd) Read(p []byte) (int, error) {
	n, err := e.in.read(p)
	return n, e.wrap("read", err)
}

func (e *pipeEnd) Write(p []byte) (int, error) {
	n, err := e.out.write(p)
	return n, e.wrap("write", err)
}

// Close ends both directions. The other end can still read what was written.
func (e *pipeEnd) Close() error {
	e.out.end(true)
	e.in.abandon()
	return nil
}

// CloseWrite ends the outgoing direction only.
func (e *pipeEnd) CloseWrite() error {
	e.out.end(false)
	return nil
}

func (e *pipeEnd) LocalAddr() net.Addr  { return e.local }
func (e *pipeEnd) RemoteAddr() net.Addr { return e.remote }

func (e *pipeEnd) SetDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readBy, t)
	e.out.setDeadline(&e.out.writeBy, t)
	return nil
}

func (e *pipeEnd) SetReadDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readBy, t)
	return nil
}

func (e *pipeEnd) SetWriteDeadline(t time.Time) error {
	e.out.setDeadline(&e.out.writeBy, t)
	return nil
}

func (e *pipeEnd) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "pipe", Source: e.local, Addr: e.remote, Err: err}
}

// pipeAddr names one end of a pipe.
type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return "pipe:" + string(a) }

// stream is one direction of a pipe.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond
	max     int

	buf   []byte // buf[start:] is unread
	start int
	marks []int // lengths of the writes still unread, oldest first

	ended     bool // nothing more will be written
	closed    bool // the writing end is closed: its writes fail as closed
	abandoned bool // the reading end is closed: nobody will read

	readBy, writeBy deadline
}

// deadline is one deadline of a stream, guarded by the stream's mutex.
type deadline struct {
	timer  *time.Timer
	passed bool
}

func newStream(n int) *stream {
	s := &stream{max: max(n, 1)}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.abandoned:
			return 0, net.ErrClosed
		case s.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case len(s.marks) > 0:
			return s.take(p), nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

// take copies from the oldest unread write. It is called with mu held and
// something to read.
func (s *stream) take(p []byte) int {
	n := copy(p, s.buf[s.start:s.start+s.marks[0]])
	s.start += n
	if s.marks[0] -= n; s.marks[0] == 0 {
		s.marks = s.marks[1:]
	}
	if len(s.marks) == 0 {
		s.release()
	}
	s.changed.Broadcast()
	return n
}

// release forgets the buffer's content, and the buffer itself if it is large:
// most connections of a large test are idle.
func (s *stream) release() {
	s.buf, s.start, s.marks = s.buf[:0], 0, s.marks[:0]
	if cap(s.buf) > 16<<10 {
		s.buf = nil
	}
	if cap(s.marks) > 64 {
		s.marks = nil
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch {
		case s.closed:
			return written, net.ErrClosed
		case s.ended, s.abandoned:
			return written, io.ErrClosedPipe
		case s.writeBy.passed:
			return written, os.ErrDeadlineExceeded
		}
		written += s.put(p[written:])
		if written == len(p) {
			return written, nil
		}
		s.changed.Wait()
	}
}

// put appends as much of p as there is room for.
func (s *stream) put(p []byte) int {
	n := min(len(p), s.max-(len(s.buf)-s.start))
	if n == 0 {
		return 0
	}
	if s.start > 0 && len(s.buf)+n > cap(s.buf) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
		s.start = 0
	}
	s.buf = append(s.buf, p[:n]...)
	s.marks = append(s.marks, n)
	s.changed.Broadcast()
	return n
}

// end says that nothing more will be written; with closing, that the writing
// end is closed altogether.
func (s *stream) end(closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if closing {
		s.closed = true
		s.writeBy.stop()
	}
	s.changed.Broadcast()
}

// abandon says that nobody will read any more.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = true
	s.readBy.stop()
	s.release()
	s.changed.Broadcast()
}

func (s *stream) setDeadline(d *deadline, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.stop()
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		s.changed.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.timer == timer {
			d.passed = true
			s.changed.Broadcast()
		}
	})
	d.timer = timer
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
