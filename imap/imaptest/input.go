package imaptest

import (
	"bytes"
	"io"
	"slices"
)

const (
	smallInput = 512
	largeInput = 32 << 10
)

// input reads lines and literals from a connection. Its buffer is small until
// the client says much, and small again when it waits in IDLE.
type input struct {
	src  io.Reader
	buf  []byte
	r, w int // buf[r:w] is unread
}

// lineFault says what is wrong with a line that still has an end.
type lineFault string

const (
	faultNone   lineFault = ""
	faultLong   lineFault = "command line too long"
	faultBareLF lineFault = "line does not end with CRLF but with LF alone"
	faultCR     lineFault = "CR inside a line"
	faultNUL    lineFault = "NUL inside a line"
)

// line reads up to the next LF. It appends the text without the line end to dst.
// Of a line longer than limit it only keeps the start and the last few bytes,
// which may announce a literal.
func (in *input) line(dst []byte, limit int) ([]byte, lineFault, error) {
	base := len(dst)
	limit = max(limit, 0)
	for long := false; ; {
		chunk := in.buf[in.r:in.w]
		end := bytes.IndexByte(chunk, '\n')
		if end >= 0 {
			chunk = chunk[:end+1]
		}
		in.r += len(chunk)
		dst = append(dst, chunk...)
		if long = long || len(dst)-base > limit+2; long {
			dst = shorten(dst, base+limit)
		}
		switch {
		case end >= 0 && long:
			return bytes.TrimRight(dst, "\r\n"), faultLong, nil
		case end >= 0:
			return checkLine(dst, base)
		}
		if err := in.fill(); err != nil {
			return dst, faultNone, err
		}
	}
}

// shorten keeps the first n bytes and the last few.
func shorten(text []byte, n int) []byte {
	const few = 32
	if len(text) <= n+few {
		return text
	}
	return append(text[:n], text[len(text)-few:]...)
}

// checkLine cuts the line end off dst and looks for what no line may hold.
func checkLine(dst []byte, base int) ([]byte, lineFault, error) {
	dst = dst[:len(dst)-1]
	if len(dst) == base || dst[len(dst)-1] != '\r' {
		return dst, faultBareLF, nil
	}
	dst = dst[:len(dst)-1]
	switch {
	case bytes.IndexByte(dst[base:], '\r') >= 0:
		return dst, faultCR, nil
	case bytes.IndexByte(dst[base:], 0) >= 0:
		return dst, faultNUL, nil
	}
	return dst, faultNone, nil
}

// literal reads n bytes. It does not trust n: memory grows with what comes.
func (in *input) literal(n int64) ([]byte, error) {
	data := make([]byte, 0, min(n, 1<<20))
	for int64(len(data)) < n {
		if len(data) == cap(data) {
			grown := make([]byte, len(data), min(n, int64(cap(data))*2))
			copy(grown, data)
			data = grown
		}
		room := data[len(data):cap(data)]
		got, err := in.read(room)
		data = data[:len(data)+got]
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

// skip reads n bytes and forgets them.
func (in *input) skip(n int64) error {
	for n > 0 {
		if in.r == in.w {
			if err := in.fill(); err != nil {
				return err
			}
		}
		step := min(n, int64(in.w-in.r))
		in.r += int(step)
		n -= step
	}
	return nil
}

// read takes what is buffered, or else reads straight from the connection.
func (in *input) read(p []byte) (int, error) {
	if in.r < in.w {
		n := copy(p, in.buf[in.r:in.w])
		in.r += n
		return n, nil
	}
	n, err := in.src.Read(p)
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// unread gives back a line that was read.
func (in *input) unread(line []byte) {
	buf := append(slices.Clone(line), "\r\n"...)
	buf = append(buf, in.buf[in.r:in.w]...)
	in.buf, in.r, in.w = buf, 0, len(buf)
}

// buffered says whether there is input that needs no waiting.
func (in *input) buffered() bool { return in.r < in.w }

// fill reads more. The buffer must be used up.
func (in *input) fill() error {
	if in.w == len(in.buf) && len(in.buf) < largeInput {
		in.buf = make([]byte, max(smallInput, 4*len(in.buf)))
	}
	in.r, in.w = 0, 0
	n, err := in.src.Read(in.buf)
	in.w = n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// shrink gives a large buffer back before a long wait.
func (in *input) shrink() {
	if !in.buffered() && len(in.buf) > smallInput {
		in.buf, in.r, in.w = make([]byte, smallInput), 0, 0
	}
}
