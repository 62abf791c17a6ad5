package imap

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// deflated is what a server with one compressor says: each piece is followed by
// a flush.
func deflated(t testing.TB, pieces ...[]byte) [][]byte {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]byte, len(pieces))
	for i, p := range pieces {
		_, _ = z.Write(p)
		_ = z.Flush()
		out[i] = bytes.Clone(b.Bytes())
		b.Reset()
	}
	return out
}

// somePieces are texts that refer to each other far back, of all sizes.
func somePieces(rnd *rand.Rand, n int) (pieces [][]byte) {
	words := make([]string, 50)
	for i := range words {
		words[i] = fmt.Sprintf("* %d FETCH (FLAGS (\\Seen) UID %d)\r\n", rnd.IntN(1000), rnd.IntN(1<<30))
	}
	for range n {
		var b bytes.Buffer
		for size := 1 + rnd.IntN(1<<rnd.IntN(18)); b.Len() < size; {
			if rnd.IntN(20) == 0 {
				words[rnd.IntN(len(words))] = fmt.Sprint(rnd.Uint64(), flushMark)
			}
			b.WriteString(words[rnd.IntN(len(words))])
		}
		pieces = append(pieces, b.Bytes())
	}
	return pieces
}

// stations gives a chunk a Read, and tells when one is waited for.
type stations struct {
	chunks [][]byte
	wait   func()
}

func (s *stations) Read(p []byte) (int, error) {
	if s.wait != nil {
		s.wait()
	}
	if len(s.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.chunks[0])
	if s.chunks[0] = s.chunks[0][n:]; len(s.chunks[0]) == 0 {
		s.chunks = s.chunks[1:]
	}
	return n, nil
}

// However the bytes come, and however often the decompressor was given back in
// between, what comes out is what went in.
func TestInflateAtRest(t *testing.T) {
	rests := 0
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		pieces := somePieces(rnd, 40)
		want := bytes.Join(pieces, nil)
		i := newInflater(&stations{chunks: deflated(t, pieces...)}, nil)
		if seed%3 == 1 {
			i.raw.src = iotest.OneByteReader(i.raw.src)
		}
		i.raw.src = &restCounter{i.raw.src, i, &rests}
		var got bytes.Buffer
		p := make([]byte, 1+rnd.IntN(5000))
		for {
			n, err := i.Read(p)
			got.Write(p[:n])
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(seed, err)
			}
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Fatal(seed, "something else came out")
		}
		if most := window + keptMore; cap(i.history) > 2*most {
			t.Errorf("%d: a history of %d", seed, cap(i.history))
		}
	}
	if rests < 500 {
		t.Errorf("the decompressor was given back %d times", rests)
	}
}

// restCounter counts the Reads that wait with no decompressor held.
type restCounter struct {
	io.Reader
	i *inflater
	n *int
}

func (r *restCounter) Read(p []byte) (int, error) {
	if r.i.z == nil {
		*r.n++
	}
	return r.Reader.Read(p)
}

// While the server has nothing to say, an inflater holds little more than what
// the server has said so far.
func TestInflateHoldsLittle(t *testing.T) {
	said := [][]byte{bytes.Repeat([]byte("* OK still here\r\n"), 20)}
	i := newInflater(&stations{chunks: deflated(t, said...)}, nil)
	i.raw.src.(*stations).wait = func() {
		if len(i.history) == 0 {
			return // the first wait
		}
		if i.z != nil || len(i.raw.buf) > rawSmall || cap(i.history) > 1024 {
			t.Errorf("waits with a decompressor %v, %d raw, %d of history", i.z != nil, len(i.raw.buf), cap(i.history))
		}
	}
	if _, err := io.Copy(io.Discard, struct{ io.Reader }{i}); err != nil {
		t.Fatal(err)
	}
}

func TestInflateErrors(t *testing.T) {
	var whole bytes.Buffer
	z, _ := flate.NewWriter(&whole, 1)
	_, _ = io.WriteString(z, "* OK x\r\n")
	_ = z.Close()
	broken := errors.New("reset by peer")
	for _, tt := range []struct {
		name string
		src  io.Reader
		want error
		text string
	}{
		{"nothing", strings.NewReader(""), io.EOF, ""},
		{"cut", bytes.NewReader(deflated(t, []byte("* OK x\r\n"))[0][:5]), io.EOF, "* OK"},
		{"end of the stream", &whole, errDeflateEnd, "* OK x\r\n"},
		{"connection", io.MultiReader(bytes.NewReader(deflated(t, []byte("* OK x\r\n"))[0]), iotest.ErrReader(broken)), broken, "* OK x\r\n"},
		{"garbage", strings.NewReader("* OK in clear\r\n"), flate.CorruptInputError(0), "p"},
		{"too far back", strings.NewReader("\x4b\x04\xa2\xff\xff\xff"), flate.CorruptInputError(0), "a"},
	} {
		i := newInflater(tt.src, nil)
		got, err := io.ReadAll(&eofKept{i})
		if tt.want == io.EOF && err != errKept || tt.want != io.EOF && err == nil || string(got) != tt.text {
			t.Errorf("%s: %q, %v", tt.name, got, err)
			continue
		}
		if _, corrupt := errors.AsType[flate.CorruptInputError](err); !corrupt && tt.want != io.EOF && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

var errKept = errors.New("EOF")

// eofKept makes an error of io.EOF, which ReadAll would swallow.
type eofKept struct{ io.Reader }

func (r *eofKept) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = errKept
	}
	return n, err
}

// What a deflater writes, another's inflater reads at once, piece by piece.
func TestDeflate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var wire bytes.Buffer
	d := &deflater{w: &wire}
	peer := flate.NewReader(&wire)
	for _, piece := range append(somePieces(rnd, 60), nil, []byte("DONE\r\n"), bytes.Repeat([]byte("x"), storedBelow), bytes.Repeat([]byte("x"), storedBelow-1)) {
		if n, err := d.Write(piece); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
		got := make([]byte, len(piece))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, piece) {
			t.Fatalf("%d bytes: %v", len(piece), err)
		}
		if d.out.Cap() > keptOut {
			t.Errorf("%d bytes are kept", d.out.Cap())
		}
	}
	if n, err := (&deflater{w: failingWriter{}}).Write([]byte("x")); n != 0 || err == nil {
		t.Error(n, err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no") }
