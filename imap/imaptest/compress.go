package imaptest

import (
	"bytes"
	"compress/flate"
	"io"
	"net"
	"strings"
)

// compress is COMPRESS DEFLATE: both sides deflate what they send from the line
// end on, inside TLS. RFC 4978.
func (c *conn) compress(cmd *command) reply {
	cmd.sp()
	mechanism := cmd.atom()
	switch {
	case !cmd.end():
		return cmd.syntax()
	case !strings.EqualFold(mechanism, "DEFLATE"):
		return no("", "unknown compression %s", mechanism)
	case c.deflated != nil:
		return no("COMPRESSIONACTIVE", "DEFLATE is active already")
	}
	c.conclude(cmd, ok("DEFLATE active"))
	c.flush()
	early := bytes.Clone(c.in.buf[c.in.r:c.in.w])
	c.in.r, c.in.w = 0, 0
	c.deflated = newDeflateConn(c.nc.Conn, early)
	c.nc.Conn = c.deflated
	return reply{}
}

// uncompress ends both directions, each behind a whole line. RFC 8437 §4.1.
func (c *conn) uncompress() {
	if c.deflated != nil {
		c.nc.Conn = c.deflated.plain()
		c.deflated = nil
	}
}

// deflateConn deflates what is written to it, each write with a flush, and
// inflates what is read.
type deflateConn struct {
	net.Conn
	raw *byteReader
	r   io.ReadCloser
	w   *flate.Writer
	out bytes.Buffer
}

func newDeflateConn(c net.Conn, early []byte) *deflateConn {
	d := &deflateConn{Conn: c, raw: &byteReader{src: c, buf: early}}
	d.r = flate.NewReader(d.raw)
	d.w, _ = flate.NewWriter(&d.out, flate.BestSpeed)
	return d
}

func (d *deflateConn) Read(p []byte) (int, error) { return d.r.Read(p) }

// Write sends whatever comes of p at one go, so that faults below see it whole.
func (d *deflateConn) Write(p []byte) (int, error) {
	d.out.Reset()
	if _, err := d.w.Write(p); err != nil {
		return 0, err
	}
	if err := d.w.Flush(); err != nil {
		return 0, err
	}
	if _, err := d.Conn.Write(d.out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// plain is the connection underneath, with what was read too early.
func (d *deflateConn) plain() net.Conn {
	if len(d.raw.buf) == 0 {
		return d.Conn
	}
	return &earlyConn{Conn: d.Conn, early: d.raw.buf}
}

// earlyConn is a connection from which something was read already.
type earlyConn struct {
	net.Conn
	early []byte
}

func (c *earlyConn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	c.early = c.early[n:]
	return n, nil
}

// byteReader gives a decompressor single bytes, so that it takes no more than
// it needs.
type byteReader struct {
	src  io.Reader
	buf  []byte // to be given
	room [4096]byte
}

func (r *byteReader) ReadByte() (byte, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b, nil
}

func (r *byteReader) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

func (r *byteReader) fill() error {
	for len(r.buf) == 0 {
		n, err := r.src.Read(r.room[:])
		if r.buf = r.room[:n]; n == 0 && err != nil {
			return err
		}
	}
	return nil
}
