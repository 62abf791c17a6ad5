package imap

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// A deflate decompressor takes 40 KiB, most of it for the last 32 KiB that came
// out, which what comes may refer to. Where the server has flushed, that
// history is all there is to remember: the decompressor is given back, and
// another one goes on with the history, which is as long as what the server
// has said so far, up to 32 KiB.

// inflaters are the decompressors that nobody uses now.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(new(bytes.Reader)) }}

const (
	window    = 32 << 10 // how far back deflate can refer
	keptMore  = 8 << 10  // what is kept beyond that, so as not to move it too often
	rawSmall  = 512
	rawLarge  = 16 << 10
	flushMark = "\x00\x00\xff\xff" // the end of an empty stored block
)

var errDeflateEnd = errors.New("the server ended the compressed stream, and not the connection")

// inflater reads a deflated stream. The reader goroutine owns it.
type inflater struct {
	raw     rawReader
	z       io.ReadCloser // nil: at rest
	history []byte
	filled  int  // bytes that went into z's window, round and round
	drained bool // z has handed out all that it had
	// stuck is how many bytes came since something last came out.
	stuck atomic.Int64
	err   error // of z; for ever
}

func newInflater(src io.Reader, buffered []byte) *inflater {
	i := new(inflater)
	i.raw = rawReader{src: src, came: &i.stuck}
	if len(buffered) > 0 {
		i.raw.buf, i.raw.w = buffered, len(buffered)
		i.stuck.Store(int64(len(buffered)))
	}
	return i
}

func (i *inflater) Read(p []byte) (int, error) {
	if i.err != nil {
		return 0, i.err
	}
	if i.mayRest() {
		i.rest()
	}
	if i.z == nil {
		if err := i.begin(); err != nil {
			return 0, err
		}
	}
	n, err := i.z.Read(p)
	if n > 0 {
		i.stuck.Store(0)
	}
	i.drained = n < len(p)
	i.filled += n
	i.remember(p[:n])
	if err != nil {
		i.err = i.cause(err)
		if n == 0 {
			return 0, i.err
		}
	}
	return n, nil
}

// complaint says, for an error about the server's silence, that it was not
// silent: it may have flushed as Go's decompressor does not notice
// (Z_PARTIAL_FLUSH, golang.org/issue/31514).
func (i *inflater) complaint() string {
	if i == nil || i.stuck.Load() == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d compressed bytes came that cannot be read yet; do without Compress)", i.stuck.Load())
}

// cause says what an error of the decompressor means.
func (i *inflater) cause(err error) error {
	switch {
	case i.raw.err != nil: // of the connection
		return i.raw.err
	case err == io.EOF:
		return errDeflateEnd
	}
	return fmt.Errorf("the server's compressed data cannot be read: %w", err)
}

// mayRest says whether the history is all that matters now: everything that
// came was inflated and handed out, and it ended with a flush. Where the
// decompressor's window is just full it may have stopped in the middle of a
// block, so there it goes on.
func (i *inflater) mayRest() bool {
	return i.z != nil && i.drained && i.raw.empty() && i.raw.endsWith(flushMark) && i.filled%window != 0
}

// rest gives the decompressor back.
func (i *inflater) rest() {
	_ = i.z.(flate.Resetter).Reset(new(bytes.Reader), nil)
	inflaters.Put(i.z)
	i.z = nil
	i.raw.shrink()
}

// begin waits for something to inflate, and takes a decompressor then.
func (i *inflater) begin() error {
	if i.raw.empty() {
		if err := i.raw.fill(); err != nil {
			return err
		}
	}
	i.z = inflaters.Get().(io.ReadCloser)
	history := i.history[max(len(i.history)-window, 0):]
	i.filled = len(history)
	return i.z.(flate.Resetter).Reset(&i.raw, history)
}

// remember keeps the last of what came out.
func (i *inflater) remember(p []byte) {
	const most = window + keptMore
	if len(p) > most {
		p = p[len(p)-most:]
	}
	if over := len(i.history) + len(p) - most; over > 0 {
		keep := i.history[max(len(i.history)-window, over, 0):]
		if len(p) >= window {
			keep = nil
		}
		i.history = i.history[:copy(i.history, keep)]
	}
	i.history = append(i.history, p...)
}

// remainder reads what follows the stream, which has just been flushed or has
// ended. An empty last block is part of the stream.
func (i *inflater) remainder() io.Reader {
	rest := i.raw.buf[i.raw.r:i.raw.w]
	if i.err != errDeflateEnd {
		rest = bytes.TrimPrefix(rest, []byte("\x03\x00"))
	}
	if i.z != nil {
		i.rest()
	}
	if len(rest) == 0 {
		return i.raw.src
	}
	return io.MultiReader(bytes.NewReader(rest), i.raw.src)
}

// rawReader is what a decompressor takes byte by byte, no more than it needs.
type rawReader struct {
	src  io.Reader
	buf  []byte // buf[r:w] is still to be taken
	r, w int
	last [len(flushMark)]byte // the last bytes that were taken before buf
	err  error
	came *atomic.Int64 // counts what is read
}

func (r *rawReader) ReadByte() (byte, error) {
	if r.r == r.w {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	b := r.buf[r.r]
	r.r++
	return b, nil
}

func (r *rawReader) Read(p []byte) (int, error) {
	if r.r == r.w {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.r:r.w])
	r.r += n
	return n, nil
}

func (r *rawReader) empty() bool { return r.r == r.w }

// fill reads more; all that was there has been taken.
func (r *rawReader) fill() error {
	r.last = r.tail()
	if r.w == len(r.buf) && len(r.buf) < rawLarge {
		r.buf = make([]byte, max(rawSmall, min(4*len(r.buf), rawLarge)))
	}
	r.r, r.w = 0, 0
	for range 100 {
		n, err := r.src.Read(r.buf)
		if r.w = n; n > 0 {
			r.came.Add(int64(n))
			return nil
		}
		if err != nil {
			r.err = err
			return err
		}
	}
	r.err = io.ErrNoProgress
	return r.err
}

// tail is the last bytes that were taken.
func (r *rawReader) tail() (t [len(flushMark)]byte) {
	taken := r.buf[:r.r]
	if len(taken) >= len(t) {
		copy(t[:], taken[len(taken)-len(t):])
		return t
	}
	copy(t[:], r.last[len(taken):])
	copy(t[len(t)-len(taken):], taken)
	return t
}

func (r *rawReader) endsWith(mark string) bool {
	t := r.tail()
	return string(t[:]) == mark
}

// shrink gives a large buffer back; nothing is in it.
func (r *rawReader) shrink() {
	if len(r.buf) > rawSmall {
		r.last = r.tail()
		r.buf, r.r, r.w = nil, 0, 0
	}
}
