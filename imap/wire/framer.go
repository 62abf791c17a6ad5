package wire

import (
	"bytes"
	"io"
)

// Framer cuts a server's byte stream into responses. It is not safe for
// concurrent use.
//
// A line ends at LF, with or without a CR before it, everywhere. A literal is
// announced by {n} at the end of a line, outside quotes, behind a space or a
// bracket, and never in the text of a status response or of a continuation
// request: "* OK see {42}" is text (RFC 9051 §7.1, §9).
//
// A Framer's buffer grows with what the peer sends and what a response holds;
// Shrink gives it back.
type Framer struct {
	src io.Reader
	lim Limits
	err error // the end of the response cannot be found any more

	buf  []byte // buf[r:w] is read from src and not yet consumed
	r, w int

	resp    Response
	scan    int   // how far from r the line end was looked for
	line    int   // where, from r, the present line of the response began
	maxLine int   // how many bytes its lines may have; 0 if not yet known
	skipped int64 // bytes of the response that nobody wanted
	sums          // of the response so far
	saved   sums  // the same up to the pending literal

	rest bool  // what comes next is the rest of a response
	mid  bool  // the part before the pending literal was consumed
	left int64 // bytes of the pending literal not yet read
}

// sums is what a Framer counts of a response.
type sums struct {
	kind   kind
	lines  int   // bytes of its lines before the present one
	inline int64 // bytes of literals framed within it
	held   int64 // the same and those that were held
}

// A Response is one framed response. Its Bytes are valid until the next call
// to a method of the Framer.
type Response struct {
	// Bytes is the response without its line end, small literals included as
	// they stand on the wire. If Pending is not negative they end with the
	// announcement of a literal that was not read yet.
	Bytes []byte
	// Pending is the size of a literal that waits to be held, read or
	// skipped; -1: none, the response is complete.
	Pending int64
	// Literal8 says that the pending literal is announced as literal8.
	Literal8 bool
	// Truncated says that the response was longer than its limit: Bytes is
	// its beginning, the rest was read and dropped.
	Truncated bool
}

const (
	smallBuffer = 512
	idleBuffer  = 8 * smallBuffer // what Shrink leaves alone
	readChunk   = 64 << 10
	headSize    = 64 // of a response, by which its limit is told
)

// NewFramer returns a Framer that reads from src.
func NewFramer(src io.Reader, lim Limits) *Framer {
	return &Framer{src: src, lim: lim.WithDefaults(), resp: Response{Pending: -1}}
}

// Reset makes f read from src from now on, keeping nothing of what was
// buffered. It returns what was: after STARTTLS these bytes are an attack,
// after COMPRESS they belong to the decompressor.
func (f *Framer) Reset(src io.Reader) (buffered []byte) {
	buffered = bytes.Clone(f.buf[f.r:f.w])
	*f = Framer{src: src, lim: f.lim, buf: f.buf, resp: Response{Pending: -1}}
	return buffered
}

// InResponse says whether something of a response was read and its end was not.
func (f *Framer) InResponse() bool {
	return f.w > f.r || f.line > 0 || f.rest || f.mid || f.left > 0
}

// Buffered says how many bytes were read from the source and not consumed.
func (f *Framer) Buffered() int { return f.w - f.r }

// Shrink releases a large buffer if little or nothing is in it. A caller that
// expects to wait long calls it first; the last Response's Bytes are no longer
// valid.
func (f *Framer) Shrink() {
	have := f.w - f.r
	if cap(f.buf) <= idleBuffer || have > smallBuffer || f.resp.Pending >= 0 {
		return
	}
	var small []byte
	if have > 0 {
		small = make([]byte, idleBuffer)
		copy(small, f.buf[f.r:f.w])
	}
	f.buf, f.r, f.w = small, 0, have
	f.resp = Response{Pending: -1} // it would keep the old buffer alive
}

// Next returns the next response. What is left of a response that was not
// read to its end is skipped first, never taken for a response.
//
// An error of the source is returned as it is; io.EOF inside a response
// becomes io.ErrUnexpectedEOF. If the source recovers, as from a deadline, Next
// may be called again and nothing is lost. A *LimitError or a *SyntaxError means that the
// end of the response cannot be found: the stream is of no further use.
func (f *Framer) Next() (*Response, error) {
	for f.rest {
		if _, err := f.Continue(); err != nil {
			return nil, err
		}
	}
	f.sums, f.skipped, f.maxLine = sums{}, 0, 0
	return f.frame()
}

// Continue returns what follows a pending literal that was read or skipped: a
// Response that holds only the rest. It may have a pending literal again. What
// is left of the literal is skipped.
func (f *Framer) Continue() (*Response, error) {
	if !f.rest {
		return nil, noLiteral()
	}
	if f.resp.Pending >= 0 {
		if err := f.SkipLiteral(); err != nil {
			return nil, err
		}
	}
	f.sums = f.saved
	return f.frame()
}

// Hold reads the pending literal into memory and goes on with the response;
// the Response that it returns begins where the present one began.
//
// A literal of more than most bytes, or one that takes the response past
// Limits.Held, is refused with a *LimitError before any of it is read; it still
// waits to be read or skipped then. One that was begun with ReadLiteral cannot
// be held. An error of the source, though, is final.
func (f *Framer) Hold(most int64) (*Response, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.resp.Pending < 0 || f.mid {
		return nil, noLiteral()
	}
	if most = min(most, f.lim.Held-f.held); f.left > most {
		return nil, &LimitError{What: "literal", Size: uint64(f.left), Max: uint64(max(most, 0))}
	}
	need := int64(len(f.resp.Bytes)+f.lineEnd()) + f.left
	if err := f.want(need); err != nil {
		return nil, f.fail(err)
	}
	f.held += f.left
	f.left, f.resp = 0, Response{Pending: -1}
	f.scan, f.line = int(need), int(need)
	return f.next()
}

// lineEnd is the size of the line end behind the response in the buffer.
func (f *Framer) lineEnd() int {
	n := f.r + len(f.resp.Bytes)
	if n < f.w && f.buf[n] == '\r' {
		return 2
	}
	return 1
}

// ReadLiteral reads from the pending literal. It returns io.EOF at the
// literal's end, and io.ErrUnexpectedEOF if the stream ends before.
// The Response's Bytes are no longer valid after the first call.
func (f *Framer) ReadLiteral(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	f.consumeHead()
	if f.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if f.r == f.w {
		if len(p) >= smallBuffer {
			// Past the buffer: a large body is copied once.
			n, err := f.src.Read(p[:min(int64(len(p)), f.left)])
			f.left -= int64(n)
			if n > 0 {
				err = nil
			}
			return n, noEOF(err)
		}
		if err := f.fill(); err != nil {
			return 0, noEOF(err)
		}
	}
	n := copy(p[:min(int64(len(p)), f.left)], f.buf[f.r:f.w])
	f.r += n
	f.left -= int64(n)
	return n, nil
}

// SkipLiteral reads over what is left of the pending literal. It refuses with a
// *LimitError, before reading, what takes the response past Limits.Skip.
func (f *Framer) SkipLiteral() error {
	if f.err != nil {
		return f.err
	}
	f.consumeHead()
	if f.left > f.lim.Skip-f.skipped {
		return &LimitError{What: "literal", Size: uint64(f.left), Max: uint64(f.lim.Skip)}
	}
	for f.left > 0 {
		if f.r == f.w {
			if err := f.fill(); err != nil {
				return noEOF(err)
			}
		}
		n := min(int64(f.w-f.r), f.left)
		f.r += int(n)
		f.left -= n
		f.skipped += n
	}
	return nil
}

// consumeHead drops the part of the response before the pending literal.
func (f *Framer) consumeHead() {
	if f.resp.Pending >= 0 && !f.mid {
		f.mid, f.saved = true, f.sums
		f.r += len(f.resp.Bytes) + f.lineEnd()
		f.resp.Bytes = nil
	}
}

// frame begins a response, or the rest of one.
func (f *Framer) frame() (*Response, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.scan, f.line = 0, 0
	f.resp = Response{Pending: -1}
	f.mid, f.left = false, 0
	return f.next()
}

// next finds the end of the response from f.scan on, and consumes it.
func (f *Framer) next() (*Response, error) {
	for {
		i := bytes.IndexByte(f.buf[f.r+f.scan:f.w], '\n')
		if i < 0 {
			f.scan = f.w - f.r
			if f.tooLong(f.scan, false) {
				return f.truncate()
			}
			if err := f.fill(); err != nil {
				if f.w > f.r || f.rest {
					err = noEOF(err)
				}
				return nil, err
			}
			continue
		}
		end := f.scan + i // of the line, from r
		if f.tooLong(end, true) {
			return f.truncate()
		}
		next := end + 1
		if end > f.line && f.buf[f.r+end-1] == '\r' {
			end--
		}
		lit, err := f.announced(f.buf[f.r+f.line : f.r+end])
		if err != nil {
			return nil, f.fail(err)
		}
		if !lit.ok {
			return f.complete(end, next), nil
		}
		f.lines += end - f.line
		if f.large(lit.size) {
			return f.pend(end, lit), nil
		}
		f.inline += lit.size
		f.held += lit.size
		f.line = next + int(lit.size)
		f.scan = f.line
		if err := f.want(int64(f.line)); err != nil {
			return nil, err
		}
	}
}

// announced says which literal a line of the response announces.
func (f *Framer) announced(line []byte) (literal, error) {
	if len(line) == 0 || line[len(line)-1] != '}' {
		return literal{}, nil
	}
	if f.kind = f.kind.of(line); f.kind == text {
		return literal{}, nil
	}
	lit, err := announcement(line)
	if (lit.ok || err != nil) && inQuotes(line[:lit.start]) {
		return literal{}, nil
	}
	return lit, err
}

// large says whether a literal is not framed within its response.
func (f *Framer) large(size int64) bool {
	return size > int64(f.lim.Inline) || f.held+size > f.lim.Held ||
		f.inline+size > int64(max(f.lim.LongLine, f.lim.Inline))
}

// complete hands out the response that ends at end.
func (f *Framer) complete(end, next int) *Response {
	f.resp = Response{Bytes: f.buf[f.r : f.r+end : f.r+end], Pending: -1}
	f.r += next
	f.rest = false
	return &f.resp
}

// pend hands out the response as far as a large literal.
func (f *Framer) pend(end int, lit literal) *Response {
	if f.maxLine == 0 {
		f.maxLine = f.lim.lineOf(f.buf[f.r : f.r+end])
	}
	f.resp = Response{Bytes: f.buf[f.r : f.r+end : f.r+end], Pending: lit.size, Literal8: lit.binary}
	f.left, f.mid, f.rest = lit.size, false, true
	return &f.resp
}

// fail makes err the answer to every later call.
func (f *Framer) fail(err error) error {
	f.err = err
	return err
}

func noLiteral() error {
	return &ArgumentError{Kind: "call", Reason: "no literal is pending"}
}
