package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// allocated says how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless repeats a piece up to a number of bytes, and counts what was taken.
type endless struct {
	head, piece string
	most, n     int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n >= e.most {
		return 0, io.EOF
	}
	if e.head != "" {
		k := copy(p, e.head)
		e.head = e.head[k:]
		e.n += k
		return k, nil
	}
	k := 0
	for k+len(e.piece) <= len(p) && e.n+k < e.most {
		k += copy(p[k:], e.piece)
	}
	if k == 0 {
		k = copy(p, e.piece)
		e.piece = e.piece[k:] + e.piece[:k]
	}
	e.n += k
	return k, nil
}

// A literal is announced with 4 GiB, or with as much as ten digits say, and
// little of it comes: memory follows what arrives, not what is announced.
func TestA40_HugeLiteral(t *testing.T) {
	for _, size := range []int64{1 << 32, 9_999_999_999} {
		stream := fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s", size, strings.Repeat("x", 1000))
		for name, do := range map[string]func(*Framer) error{
			"hold within the limits": func(f *Framer) error { _, err := f.Hold(1 << 40); return err },
			"hold":                   func(f *Framer) error { f.lim.Held = 1 << 40; _, err := f.Hold(1 << 40); return err },
			"read":                   func(f *Framer) error { _, err := io.Copy(io.Discard, readerFunc(f.ReadLiteral)); return err },
			"skip":                   func(f *Framer) error { return f.SkipLiteral() },
			"next":                   func(f *Framer) error { _, err := f.Next(); return err },
		} {
			var resp *Response
			var err, done error
			took := allocated(func() {
				f := NewFramer(strings.NewReader(stream), Limits{})
				if resp, err = f.Next(); err == nil && resp.Pending == size {
					done = do(f)
				}
			})
			if err != nil || done == nil {
				t.Errorf("%s: %v, %v", name, err, done)
			}
			if took > 1<<20 {
				t.Errorf("%s of %d: %d bytes allocated", name, size, took)
			}
		}
	}
}

// More literals than a response may hold are never all in memory, however
// small each is.
func TestA41_ManyLiterals(t *testing.T) {
	for _, piece := range []string{" {0}\r\n", " {1}\r\nx", " {60000}\r\n" + strings.Repeat("x", 60000)} {
		src := &endless{head: "* 1 FETCH (", piece: piece, most: 8 << 20}
		f := NewFramer(src, Limits{Skip: 4 << 20})
		var err error
		took := allocated(func() {
			for err == nil {
				_, err = f.Next()
			}
		})
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%.10q: %v", piece, err)
		}
		if took > 12<<20 || len(f.buf) > 8<<20 {
			t.Errorf("%.10q: %d bytes allocated, %d kept", piece, took, len(f.buf))
		}
	}
}

// Work is linear in what is read: the buffer is copied when it doubles and
// never else, whatever the sizes of the reads, and a line's beginning is not
// looked at again. Both are counted, not timed.
func TestA42_LinearFraming(t *testing.T) {
	for name, stream := range map[string]string{
		"line":        "* SEARCH" + strings.Repeat(" 1", 1<<19) + "\r\n",
		"quotes":      "* SEARCH" + strings.Repeat(` "\"`, 1<<18) + "\r\n",
		"announcing":  "* SEARCH" + strings.Repeat(" {1} {", 1<<17) + "\r\n",
		"badcharset":  "* NO [BADCHARSET (" + strings.Repeat(`")" `, 8000) + " {x}\r\n",
		"literals":    "* 1 FETCH (" + strings.Repeat("{1}\r\nx ", 1<<16) + ")\r\n",
		"held":        "* 1 FETCH (A {1048576}\r\n" + strings.Repeat("x", 1<<20) + ")\r\n",
		"small":       strings.Repeat("* 1 EXISTS\r\n", 1<<16),
		"truncated":   "* X" + strings.Repeat(" 1", 1<<19) + "\r\n",
		"empty lines": strings.Repeat("\r\n", 1<<18),
	} {
		src := &countingReader{src: strings.NewReader(stream)}
		f := NewFramer(src, Limits{})
		var moved int
		last := []byte(nil)
		src.each = func(p []byte) {
			// Read gets the end of the buffer; another array means a copy.
			if end := p[:cap(p)]; len(last) == 0 || &end[len(end)-1] != &last[len(last)-1] {
				moved += len(f.buf)
				last = end
			}
		}
		var err error
		for err == nil {
			var resp *Response
			if resp, err = f.Next(); err == nil && resp.Pending >= 0 {
				_, err = f.Hold(1 << 30)
			}
		}
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		if most := 4*len(stream) + 2*readChunk; moved > most {
			t.Errorf("%s: %d bytes moved for %d", name, moved, len(stream))
		}
		if most := len(stream)/smallBuffer + 64; src.calls > most {
			t.Errorf("%s: %d reads for %d bytes", name, src.calls, len(stream))
		}
	}
}

// The same byte by byte: what scanning remembers is where it was.
func TestA42_LinearScan(t *testing.T) {
	stream := "* SEARCH" + strings.Repeat(" 1", 1<<16)
	f := NewFramer(nil, Limits{})
	f.src = readerFunc(func(p []byte) (int, error) {
		if f.scan != f.w-f.r {
			t.Fatalf("%d of %d bytes were looked at", f.scan, f.w-f.r)
		}
		if len(stream) == 0 {
			return 0, io.EOF
		}
		n := copy(p[:1], stream)
		stream = stream[n:]
		return n, nil
	})
	if _, err := f.Next(); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

// countingReader tells each read.
type countingReader struct {
	src   io.Reader
	calls int
	each  func(p []byte)
}

func (c *countingReader) Read(p []byte) (int, error) {
	c.calls++
	c.each(p)
	return c.src.Read(p)
}

// A line without end is read over as far as Limits.Skip, in little memory; the
// response behind one that ends is intact.
func TestA46_EndlessLine(t *testing.T) {
	for _, tt := range []struct{ head, piece string }{
		{"* OK ", "x"},
		{"", "\x00"},
		{"* 1 FETCH (", `"`},
		{"* X ", "{5}"},
		{"+", " "},
		{"A1 OK [", "\r"},
		{"* X ", strings.Repeat("x", 70_000) + " {1}\r\n"}, // no line is endless, the response is
	} {
		src := &endless{head: tt.head, piece: tt.piece, most: 8 << 20}
		f := NewFramer(src, Limits{Skip: 2 << 20})
		var err error
		took := allocated(func() { _, err = f.Next() })
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%.20q: %v", tt.piece, err)
		}
		if took > 5<<20 {
			t.Errorf("%.20q: %d bytes allocated", tt.piece, took)
		}
		if src.n > 5<<20 {
			t.Errorf("%.20q: %d bytes read", tt.piece, src.n)
		}
	}
}

func TestA46_LongLineThenOthers(t *testing.T) {
	stream := "* OK " + strings.Repeat("x", 1<<20) + " {5}\r\n* 1 EXISTS\r\n" +
		"* 2 FETCH (X " + strings.Repeat(`"\" {3}" `, 1<<17) + "{9}\r\nA1 OK no\n)\r\n* 2 EXISTS\r\n"
	for _, src := range []io.Reader{strings.NewReader(stream), iotest.OneByteReader(strings.NewReader(stream))} {
		f := NewFramer(src, Limits{})
		for i, want := range []string{"* OK x", "* 1 EXISTS", "* 2 FETCH ", "* 2 EXISTS"} {
			resp, err := f.Next()
			if err != nil || !bytes.HasPrefix(resp.Bytes, []byte(want)) {
				t.Fatalf("%d: %.40q, %v", i, resp.Bytes, err)
			}
			if long := i%2 == 0; resp.Truncated != long || long && len(resp.Bytes) != 64<<10 {
				t.Errorf("%d: truncated %v, %d bytes", i, resp.Truncated, len(resp.Bytes))
			}
		}
	}
}

// A flood of lines needs no memory.
func TestA46_Flood(t *testing.T) {
	for _, piece := range []string{"\r\n", "\n", "* 1 FETCH (FLAGS ())\r\n", "+ \r\n"} {
		f := NewFramer(&endless{piece: piece, most: 1 << 20}, Limits{})
		var err error
		if took := allocated(func() {
			for err == nil {
				_, err = f.Next()
			}
		}); took > 256<<10 {
			t.Errorf("%q: %d bytes allocated", piece, took)
		}
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", piece, err)
		}
	}
}

// What looks like a response inside a literal is never one, and what looks
// like a literal inside a text is none, in whatever pieces it comes.
func TestA61_Confusion(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		responses    int
	}{
		{"tagged lines in a literal", "* 1 FETCH (BODY[] {22}\r\nA1 OK done\r\n* BYE x\r\n)\r\nA1 OK\r\n", 2},
		{"announcement in a literal", "* 1 FETCH (BODY[] {13}\r\nx {99999}\r\n\r\n)\r\nA1 OK\r\n", 2},
		{"quote in a literal", "* 1 FETCH (BODY[] {3}\r\n\"\\\" X {3}\r\n\r\n\r)\r\nA1 OK\r\n", 2},
		{"text ends as a literal", "* OK {5}\r\nA1 OK x {5}\r\n+ {5}\r\n* BYE {5}\r\n* PREAUTH {1}\r\n", 5},
		{"quoted string over lines", "* LIST () \"/\" \"a\r\nA1 OK b\"\r\n* OK\r\n", 3},
		{"bare CR and LF", "* OK a\rb\n\n\r* OK\r\n", 3},
		{"NUL padding", "* OK a\x00\x00\r\n\x00\x00* OK\r\n", 2},
	} {
		for way, src := range waysToRead(tt.stream, 11) {
			got := frames(src, Limits{}, hold)
			if len(got) != tt.responses+1 || got[tt.responses] != eof {
				t.Errorf("%s, %s: %q", tt.name, way, got)
			}
		}
	}
}

// Also when the literal is large, whichever way it is got rid of.
func TestA61_LargeLiteral(t *testing.T) {
	body := strings.Repeat("A1 OK done\r\n* 9 EXISTS\r\n", 10)
	stream := fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s)\r\n* OK end\r\n", len(body), body)
	for how := range 4 {
		for way, src := range waysToRead(stream, 12) {
			got := frames(src, small, how)
			if len(got) != 3 || got[1] != "* OK end" || !strings.HasPrefix(got[0], "* 1 FETCH") {
				t.Errorf("%d, %s: %q", how, way, got)
			}
		}
	}
}
