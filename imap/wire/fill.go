package wire

import "io"

// want reads until n bytes are in the buffer, which grows as they arrive, not
// as they are announced.
func (f *Framer) want(n int64) error {
	for int64(f.w-f.r) < n {
		if err := f.fill(); err != nil {
			return noEOF(err)
		}
	}
	return nil
}

// fill reads more into the buffer, moving or growing it as needed.
func (f *Framer) fill() error {
	if f.r == f.w {
		f.r, f.w = 0, 0
	}
	if f.w == len(f.buf) {
		f.makeRoom()
	}
	for range 100 {
		n, err := f.src.Read(f.buf[f.w:])
		f.w += n
		if n > 0 {
			return nil // err, if any, comes again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// makeRoom doubles the buffer while a response needs it, else moves what is in
// it to the front.
func (f *Framer) makeRoom() {
	have := f.w - f.r
	if f.r > 0 && have <= len(f.buf)/2 && len(f.buf) >= readChunk {
		copy(f.buf, f.buf[f.r:f.w])
	} else {
		size := max(smallBuffer, 2*len(f.buf))
		if len(f.buf) >= smallBuffer && size < 4<<10 {
			size = 4 << 10
		}
		grown := make([]byte, size)
		copy(grown, f.buf[f.r:f.w])
		f.buf = grown
	}
	f.r, f.w = 0, have
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
