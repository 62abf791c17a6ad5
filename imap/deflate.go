package imap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"sync"
)

// A deflate compressor takes 800 KiB, so none is kept while there is nothing to
// write: each write borrows one, and begins without a history. What is short
// would gain nothing from that and goes out as it is, in a stored block.

// deflaters are the compressors that nobody uses now.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression)
	return w
}}

const (
	storedBelow = 200 // bytes; shorter text hardly shrinks
	keptOut     = 4 << 10
	// syncFlush is an empty stored block: behind it all that was said can be
	// inflated, and the stream is at the beginning of a byte.
	syncFlush = "\x00\x00\x00\xff\xff"
)

// deflater writes what it is given at once (RFC 1951). One goroutine at a time
// may use it.
type deflater struct {
	w   io.Writer
	out bytes.Buffer
}

func (d *deflater) Write(p []byte) (int, error) {
	d.out.Reset()
	if len(p) < storedBelow {
		d.store(p)
	} else {
		d.deflate(p)
	}
	_, err := d.w.Write(d.out.Bytes())
	if d.out.Cap() > keptOut {
		d.out = bytes.Buffer{}
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// RFC 1951 §3.2.4
func (d *deflater) store(p []byte) {
	n := uint16(len(p))
	head := []byte{0}
	head = binary.LittleEndian.AppendUint16(head, n)
	d.out.Write(binary.LittleEndian.AppendUint16(head, ^n))
	d.out.Write(p)
	d.out.WriteString(syncFlush)
}

func (d *deflater) deflate(p []byte) {
	z := deflaters.Get().(*flate.Writer)
	z.Reset(&d.out)
	_, _ = z.Write(p) // a bytes.Buffer takes everything
	_ = z.Flush()
	z.Reset(nil)
	deflaters.Put(z)
}
