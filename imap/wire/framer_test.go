package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// chunks reads src in pieces of random sizes.
type chunks struct {
	src io.Reader
	rnd *rand.Rand
}

func (c *chunks) Read(p []byte) (int, error) {
	return c.src.Read(p[:min(len(p), 1+c.rnd.IntN(9))])
}

// waysToRead are the chunkings that must make no difference.
func waysToRead(stream string, seed uint64) map[string]io.Reader {
	return map[string]io.Reader{
		"whole":   strings.NewReader(stream),
		"bytes":   iotest.OneByteReader(strings.NewReader(stream)),
		"halves":  iotest.HalfReader(strings.NewReader(stream)),
		"eof":     iotest.DataErrReader(strings.NewReader(stream)),
		"random":  &chunks{strings.NewReader(stream), rand.New(rand.NewPCG(seed, 1))},
		"random2": &chunks{strings.NewReader(stream), rand.New(rand.NewPCG(seed, 2))},
	}
}

// How frames treats literals that wait.
const (
	hold = iota
	read
	skip
	next
)

// frames reads everything and tells it in one line a response: its bytes,
// "…" behind truncated ones, "«n»" for a pending literal of n bytes and what
// was read of it, and at last the error.
func frames(src io.Reader, lim Limits, how int) (out []string) {
	f := NewFramer(src, lim)
	for {
		resp, err := f.Next()
		var line strings.Builder
		for err == nil {
			line.Write(resp.Bytes)
			if resp.Truncated {
				line.WriteString("…")
			}
			if resp.Pending < 0 {
				break
			}
			if how == next {
				fmt.Fprintf(&line, "«%d»", resp.Pending)
				break
			}
			if how == hold {
				begun := len(resp.Bytes)
				if resp, err = f.Hold(1 << 40); err == nil {
					whole := line.String()
					line.Reset()
					line.WriteString(whole[:len(whole)-begun])
					continue
				}
			}
			if how == read {
				fmt.Fprintf(&line, "«%d:", resp.Pending)
				var body []byte
				body, err = io.ReadAll(readerFunc(f.ReadLiteral))
				line.Write(body)
				line.WriteString("»")
			}
			if how == skip {
				fmt.Fprintf(&line, "«%d»", resp.Pending)
				err = f.SkipLiteral()
			}
			if err == nil {
				resp, err = f.Continue()
			}
		}
		if line.Len() > 0 {
			out = append(out, line.String())
		}
		if err != nil {
			return append(out, "!"+err.Error())
		}
		if line.Len() == 0 {
			out = append(out, "")
		}
		if len(out) > 10000 {
			return append(out, "!endless")
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

const eof = "!EOF"

var long = strings.Repeat("x", 300)

// small are limits that a test can reach.
var small = Limits{Line: 100, LongLine: 200, SetLine: 400, Inline: 20, Held: 1000, Skip: 1000}

var framerCases = []struct {
	name   string
	lim    Limits
	stream string
	want   []string
}{
	{"nothing", Limits{}, "", []string{eof}},
	{"lines", Limits{}, "* OK hi\r\nA1 OK done\r\n+ go\r\n", []string{"* OK hi", "A1 OK done", "+ go", eof}},
	{"empty lines", Limits{}, "\r\n\n* OK\r\n", []string{"", "", "* OK", eof}},
	{"bare LF", Limits{}, "* OK hi\n* 1 EXISTS\n", []string{"* OK hi", "* 1 EXISTS", eof}},
	{"bare CR", Limits{}, "* OK a\rb\r\r\n* 1 EXISTS\r\n", []string{"* OK a\rb\r", "* 1 EXISTS", eof}},
	{"NUL", Limits{}, "* OK a\x00b\r\n\x00\r\n* 1 EXISTS\r\n", []string{"* OK a\x00b", "\x00", "* 1 EXISTS", eof}},
	{"inline", Limits{}, "* 1 FETCH (BODY[] {5}\r\na\r\nbc)\r\n* OK\r\n", []string{"* 1 FETCH (BODY[] {5}\r\na\r\nbc)", "* OK", eof}},
	{"inline, bare LF", Limits{}, "* 1 FETCH (BODY[] {3}\nabc)\n* OK\n", []string{"* 1 FETCH (BODY[] {3}\nabc)", "* OK", eof}},
	{"empty literal", Limits{}, "* X {0}\r\n\r\n* OK\r\n", []string{"* X {0}\r\n", "* OK", eof}},
	{"literal8, non-synchronizing", Limits{}, "* X ~{3}\r\n\x00\r\n {2+}\r\n\r\n\r\n* OK\r\n", []string{"* X ~{3}\r\n\x00\r\n {2+}\r\n\r\n", "* OK", eof}},
	{"literals in a row", Limits{}, "* X {1}\r\na {1}\r\nb\r\n* OK\r\n", []string{"* X {1}\r\na {1}\r\nb", "* OK", eof}},
	{"glued behind a literal", Limits{}, "* X {1}\r\na{1}\r\nb\r\n", []string{"* X {1}\r\na{1}", "b", eof}},
	{"in brackets", Limits{}, "* 1 FETCH (BODY[HEADER.FIELDS ({4}\r\nDATE)] {1}\r\na)\r\n", []string{"* 1 FETCH (BODY[HEADER.FIELDS ({4}\r\nDATE)] {1}\r\na)", eof}},
	{"status text", Limits{}, "* OK see {5}\r\nA1 NO [ALERT] {3}\r\n* BYE {9}\r\n", []string{"* OK see {5}", "A1 NO [ALERT] {3}", "* BYE {9}", eof}},
	{"status text, odd spaces and case", Limits{}, "*  ok see {5}\r\n* pReauth  {5}\r\n", []string{"*  ok see {5}", "* pReauth  {5}", eof}},
	{"status text, number too large", Limits{}, "* OK see {99999999999}\r\n* OK\r\n", []string{"* OK see {99999999999}", "* OK", eof}},
	{"continuation", Limits{}, "+ {5}\r\n+{5}\r\n+ idling ({5}\r\n", []string{"+ {5}", "+{5}", "+ idling ({5}", eof}},
	{"badcharset", Limits{}, "* NO [BADCHARSET ({5}\r\nUTF-8 {2}\r\nK8)] try {5}\r\n* OK\r\n", []string{"* NO [BADCHARSET ({5}\r\nUTF-8 {2}\r\nK8)] try {5}", "* OK", eof}},
	{"badcharset, closed", Limits{}, "A1 no [badcharset (\"a)\" b)] see {5}\r\n* OK\r\n", []string{"A1 no [badcharset (\"a)\" b)] see {5}", "* OK", eof}},
	{"badcharset, lower case", Limits{}, "A1 no [badcharset (\"a)\" {5}\r\nUTF-8)]\r\n* OK\r\n", []string{"A1 no [badcharset (\"a)\" {5}\r\nUTF-8)]", "* OK", eof}},
	{"badcharset elsewhere", Limits{}, "* OK x [BADCHARSET ({5}\r\n* OK\r\n", []string{"* OK x [BADCHARSET ({5}", "* OK", eof}},
	{"in quotes", Limits{}, "* LIST () \"/\" \"a {5}\r\n* LIST () \"\\\"\" {3}\r\nabc\r\n", []string{"* LIST () \"/\" \"a {5}", "* LIST () \"\\\"\" {3}\r\nabc", eof}},
	{"in quotes, too large", Limits{}, "* LIST () \"/\" \"a {99999999999}\r\n* OK\r\n", []string{"* LIST () \"/\" \"a {99999999999}", "* OK", eof}},
	{"escapes", Limits{}, "* X \"\\\\\" {1}\r\na\r\n* X \"\\\" {1}\r\n* OK\r\n", []string{"* X \"\\\\\" {1}\r\na", "* X \"\\\" {1}", "* OK", eof}},
	{"quote at the end of a line", Limits{}, "* X \"a\\\r\n* OK\r\n", []string{"* X \"a\\", "* OK", eof}},
	{"quote left open before a literal's text", Limits{}, "* X {1}\r\n\" {1}\r\na\r\n* OK\r\n", []string{"* X {1}\r\n\" {1}\r\na", "* OK", eof}},
	{"no announcement", Limits{}, "* X {-1}\r\n* X {+3}\r\n* X {}\r\n* X { 3}\r\n* X {3 }\r\n* X {+}\r\n* X {0x3}\r\n* X {3++}\r\n* X 3}\r\n* X a{3}\r\n* X ~ {x}\r\n* X a~{3}\r\n",
		[]string{"* X {-1}", "* X {+3}", "* X {}", "* X { 3}", "* X {3 }", "* X {+}", "* X {0x3}", "* X {3++}", "* X 3}", "* X a{3}", "* X ~ {x}", "* X a~{3}", eof}},
	{"alone in a line", Limits{}, "{3}\r\n~{3}\r\n", []string{"{3}", "~{3}", eof}},
	{"not at the end", Limits{}, "* X {3} \r\n* X {3}\r\r\n", []string{"* X {3} ", "* X {3}\r", eof}},
	{"eleven digits", Limits{}, "* X {10000000000}\r\n* OK\r\n", []string{"!imap: literal exceeds the limit of 9999999999"}},
	{"eleven digits, zeros", Limits{}, "* X {00000000001}\r\na\r\n", []string{"!imap: literal exceeds the limit of 9999999999"}},
	{"ten digits, zeros", Limits{}, "* X {0000000001}\r\na\r\n", []string{"* X {0000000001}\r\na", eof}},
	{"thirty-one digits", Limits{}, "* X {" + strings.Repeat("0", 31) + "}\r\na\r\n", []string{"* X {" + strings.Repeat("0", 31) + "}", "a", eof}},
	{"large", small, "* 1 FETCH (BODY[] {30}\r\n123456789012345678901234567890 UID 5)\r\n* OK\r\n",
		[]string{"* 1 FETCH (BODY[] {30}\r\n123456789012345678901234567890 UID 5)", "* OK", eof}},
	{"large ones", small, "* 1 FETCH (A {21}\r\n123456789012345678901 B {20}\r\n12345678901234567890 C ~{22}\n1234567890123456789012 {1}\r\na)\r\n* OK\r\n",
		[]string{"* 1 FETCH (A {21}\r\n123456789012345678901 B {20}\r\n12345678901234567890 C ~{22}\n1234567890123456789012 {1}\r\na)", "* OK", eof}},
	{"large one behind a large one", small, "* X {21}\r\n123456789012345678901 {21}\r\nabcdefghijklmnopqrstu\r\n* OK\r\n",
		[]string{"* X {21}\r\n123456789012345678901 {21}\r\nabcdefghijklmnopqrstu", "* OK", eof}},
	{"too long", small, "* X " + long + "\r\n* OK\r\n", []string{"* X " + long[:96] + "…", "* OK", eof}},
	{"too long, then a literal", small, "* X " + long + " {5}\r\n* OK\n\r\n* OK\r\n", []string{"* X " + long[:96] + "…", "* OK", eof}},
	{"too long, literals", small, "* X " + long + " ~{5+}\r\n* OK\n " + long + " {3}\r\n\r\n\r \"{5}\r\n* OK\r\n", []string{"* X " + long[:96] + "…", "* OK", eof}},
	{"too long, quotes", small, "* X \"" + long + "\\\" {5}\r\n* OK\r\n* X " + long + " \"\\\\\" {2}\r\nab\r\n", []string{"* X \"" + long[:95] + "…", "* OK", "* X " + long[:96] + "…", eof}},
	{"too long, text", small, "* OK " + long + " {5}\r\n+ " + long + " {99999999999}\r\n* 1 EXISTS\r\n", []string{"* OK " + long[:95] + "…", "+ " + long[:98] + "…", "* 1 EXISTS", eof}},
	{"too long, wrong number", small, "* X " + long + " {99999999999}\r\n", []string{"!imap: literal exceeds the limit of 9999999999"}},
	{"too long behind a literal", small, "* X {3}\r\nabc " + long + " {5}\r\n\r\n\r\n\r\r\n* OK\r\n", []string{"* X {3}\r\nabc " + long[:92] + "…", "* OK", eof}},
	{"too long in all", small, "* X" + strings.Repeat(" {0}\r\n", 26) + "\r\n* OK\r\n", []string{"* X" + strings.Repeat(" {0}\r\n", 24) + " …", "* OK", eof}},
	{"FETCH may be longer", small, "* 1 FETCH " + long[:190] + "\r\n* 1 FETCH " + long[:191] + "\r\n", []string{"* 1 FETCH " + long[:190], "* 1 FETCH " + long[:90] + "…", eof}},
	{"SEARCH may be longest", small, "* sEARCH " + long[:300] + "\r\n* SEARCH " + long + long[:92] + "\r\n", []string{"* sEARCH " + long[:300], "* SEARCH " + long[:91] + "…", eof}},
	{"a short one before FETCH has no long limit", small, "*\r\n* FETCHED " + long[:100] + "\r\n", []string{"*", "* FETCHED " + long[:90] + "…", eof}},
}

func TestFramer(t *testing.T) {
	for _, tt := range framerCases {
		t.Run(tt.name, func(t *testing.T) {
			for way, src := range waysToRead(tt.stream, 7) {
				got := frames(src, tt.lim, hold)
				if strings.Join(got, "|") != strings.Join(tt.want, "|") {
					t.Errorf("%s:\n got %q\nwant %q", way, got, tt.want)
				}
			}
		})
	}
}

// Large literals read, skipped, or left to Next, in any chunking.
func TestFramerPending(t *testing.T) {
	const stream = "* 1 FETCH (A {25}\r\n* OK not a response\r\n\r\n12 B {3}\r\nabc C {21}\r\nabcdefghijklmnopqrstu)\r\n* OK\r\n"
	for how, want := range map[int]string{
		hold: "* 1 FETCH (A {25}\r\n* OK not a response\r\n\r\n12 B {3}\r\nabc C {21}\r\nabcdefghijklmnopqrstu)|* OK|!EOF",
		read: "* 1 FETCH (A {25}«25:* OK not a response\r\n\r\n12» B {3}\r\nabc C {21}«21:abcdefghijklmnopqrstu»)|* OK|!EOF",
		skip: "* 1 FETCH (A {25}«25» B {3}\r\nabc C {21}«21»)|* OK|!EOF",
		next: "* 1 FETCH (A {25}«25»|* OK|!EOF",
	} {
		for way, src := range waysToRead(stream, 3) {
			if got := strings.Join(frames(src, small, how), "|"); got != want {
				t.Errorf("%d, %s:\n got %q\nwant %q", how, way, got, want)
			}
		}
	}
}

// What a caller may do wrong, or leave undone, with a pending literal.
func TestFramerMisuse(t *testing.T) {
	const stream = "* X {30}\r\n* OK 4567890\r\n34567890\r\n12 tail\r\n* OK\r\n"
	open := func(t *testing.T) *Framer {
		f := NewFramer(strings.NewReader(stream), small)
		if resp, err := f.Next(); err != nil || resp.Pending != 30 || string(resp.Bytes) != "* X {30}" || resp.Literal8 {
			t.Fatalf("%+v, %v", resp, err)
		}
		return f
	}
	ends := func(t *testing.T, f *Framer) {
		t.Helper()
		if resp, err := f.Next(); err != nil || string(resp.Bytes) != "* OK" {
			t.Errorf("Next: %v %v", resp, err)
		}
	}
	var arg *ArgumentError
	t.Run("Next after a part", func(t *testing.T) {
		f := open(t)
		if n, err := f.ReadLiteral(make([]byte, 5)); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		ends(t, f)
	})
	t.Run("Hold after a part", func(t *testing.T) {
		f := open(t)
		f.ReadLiteral(make([]byte, 5))
		if _, err := f.Hold(100); !errors.As(err, &arg) {
			t.Error(err)
		}
		ends(t, f)
	})
	t.Run("Hold refused", func(t *testing.T) {
		f := open(t)
		var limit *LimitError
		if _, err := f.Hold(29); !errors.As(err, &limit) || limit.Size != 30 || limit.Max != 29 {
			t.Error(err)
		}
		if resp, err := f.Hold(30); err != nil || resp.Pending >= 0 || string(resp.Bytes) != stream[:41] {
			t.Errorf("%+v %v", resp, err)
		}
		ends(t, f)
	})
	t.Run("without a literal", func(t *testing.T) {
		f := NewFramer(strings.NewReader("* X\r\n* OK\r\n"), small)
		for range 2 { // before anything, and after a response
			if _, err := f.Hold(1); !errors.As(err, &arg) {
				t.Error(err)
			}
			if _, err := f.Continue(); !errors.As(err, &arg) {
				t.Error(err)
			}
			if err := f.SkipLiteral(); err != nil {
				t.Error(err)
			}
			if n, err := f.ReadLiteral(make([]byte, 9)); n != 0 || err != io.EOF {
				t.Error(n, err)
			}
			if _, err := f.Next(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("no room", func(t *testing.T) {
		f := open(t)
		if n, err := f.ReadLiteral(nil); n != 0 || err != nil {
			t.Error(n, err)
		}
		ends(t, f)
	})
	t.Run("Shrink", func(t *testing.T) {
		f := open(t)
		f.Shrink()
		if resp, err := f.Hold(30); err != nil || string(resp.Bytes) != stream[:41] {
			t.Errorf("%+v %v", resp, err)
		}
	})
}

// A stream that ends anywhere gives io.EOF between responses and
// io.ErrUnexpectedEOF inside.
func TestFramerTruncations(t *testing.T) {
	for _, tt := range framerCases {
		for how := range 4 {
			whole := frames(strings.NewReader(tt.stream), tt.lim, how)
			for cut := range len(tt.stream) {
				got := frames(strings.NewReader(tt.stream[:cut]), tt.lim, how)
				k := len(got) - 1
				switch got[k] {
				case eof:
					if strings.Join(got[:k], "|") != strings.Join(whole[:k], "|") {
						t.Errorf("%s cut at %d (%d): %q is no beginning of %q", tt.name, cut, how, got, whole)
					}
				case "!unexpected EOF", whole[len(whole)-1]:
				default:
					t.Errorf("%s cut at %d (%d): %q", tt.name, cut, how, got)
				}
			}
		}
	}
}

// An error of the source is returned as it is, and again.
func TestFramerSourceError(t *testing.T) {
	boom := errors.New("boom")
	f := NewFramer(io.MultiReader(strings.NewReader("* OK\r\n* 1 EX"), iotest.ErrReader(boom)), Limits{})
	f.Next()
	for range 2 {
		if _, err := f.Next(); err != boom {
			t.Error(err)
		}
	}
	f = NewFramer(readerFunc(func([]byte) (int, error) { return 0, nil }), Limits{})
	if _, err := f.Next(); err != io.ErrNoProgress {
		t.Error(err)
	}
}

// A source that fails for once, as one does whose deadline passed, loses
// nothing.
func TestFramerResumes(t *testing.T) {
	const stream = "* 1 FETCH (A {25}\r\n* OK not a response\r\n\r\n12 B {3}\r\nabc)\r\n* OK\r\n"
	late := errors.New("late")
	src, now := strings.NewReader(stream), true
	f := NewFramer(readerFunc(func(p []byte) (int, error) {
		if now = !now; now {
			return 0, late
		}
		return src.Read(p[:1])
	}), small)
	again := func(do func() (*Response, error)) *Response {
		for {
			if resp, err := do(); err == nil {
				return resp
			} else if err != late {
				t.Fatal(err)
			}
		}
	}
	if resp := again(f.Next); string(resp.Bytes) != "* 1 FETCH (A {25}" {
		t.Fatalf("%q", resp.Bytes)
	}
	var body []byte
	for p := make([]byte, 600); ; {
		n, err := f.ReadLiteral(p)
		body = append(body, p[:n]...)
		if err == io.EOF {
			break
		}
	}
	if string(body) != stream[19:44] {
		t.Errorf("%q", body)
	}
	if resp := again(f.Continue); string(resp.Bytes) != " B {3}\r\nabc)" {
		t.Errorf("%q", resp.Bytes)
	}
	if resp := again(f.Next); string(resp.Bytes) != "* OK" {
		t.Errorf("%q", resp.Bytes)
	}
}

func TestFramerBuffered(t *testing.T) {
	f := NewFramer(strings.NewReader("A1 OK\r\n* injected"), Limits{})
	f.Next()
	if n := f.Buffered(); n != 10 {
		t.Errorf("%d bytes buffered", n)
	}
	if got := f.Reset(strings.NewReader("* 1 EXISTS\r\n")); string(got) != "* injected" {
		t.Errorf("%q", got)
	}
	if resp, err := f.Next(); err != nil || string(resp.Bytes) != "* 1 EXISTS" || f.Buffered() != 0 {
		t.Errorf("%+v %v", resp, err)
	}
	// Also in the middle of a literal, or when nothing can be found any more.
	for _, stream := range []string{"* X {30}\r\n12", "* X {99999999999}\r\n"} {
		f := NewFramer(strings.NewReader(stream), small)
		f.Next()
		f.Reset(strings.NewReader("* 1 EXISTS\r\n"))
		if resp, err := f.Next(); err != nil || string(resp.Bytes) != "* 1 EXISTS" {
			t.Errorf("%+v %v", resp, err)
		}
	}
}

func TestFramerShrink(t *testing.T) {
	stream := "* SEARCH " + strings.Repeat("1", 100_000) + "\r\n* 1 EXISTS\r\n"
	f := NewFramer(strings.NewReader(stream), Limits{})
	f.Next()
	if len(f.buf) < 100_000 {
		t.Fatal("the buffer did not grow")
	}
	f.Shrink()
	if len(f.buf) > idleBuffer || f.resp.Bytes != nil {
		t.Errorf("the buffer still has %d bytes", len(f.buf))
	}
	if resp, err := f.Next(); err != nil || string(resp.Bytes) != "* 1 EXISTS" {
		t.Errorf("%+v %v", resp, err)
	}
	if f.Shrink(); len(f.buf) > idleBuffer {
		t.Errorf("the buffer still has %d bytes", len(f.buf))
	}
}

// Each limit at what it allows and one above it.
func TestFramerLimits(t *testing.T) {
	line := func(head string, n int) string { return head + strings.Repeat("x", n-len(head)) }
	literals := func(sizes ...int) string {
		var b strings.Builder
		b.WriteString("* 1 FETCH (")
		for i, n := range sizes {
			fmt.Fprintf(&b, "%s{%d}\r\n%s", " "[:min(i, 1)], n, strings.Repeat("x", n))
		}
		return b.String() + ")"
	}
	lim := small
	for _, tt := range []struct {
		name   string
		stream string
		how    int
		want   string // "": all of it, else what is in its place
	}{
		{"Line n", line("* X ", 100), hold, ""},
		{"Line n+1", line("* X ", 101), hold, line("* X ", 100) + "…"},
		{"LongLine n", line("* LIST ", 200), hold, ""},
		{"LongLine n+1", line("* LIST ", 201), hold, line("* LIST ", 100) + "…"},
		{"SetLine n", line("* VANISHED ", 400), hold, ""},
		{"SetLine n+1", line("* 5 VANISHED ", 401), hold, line("* 5 VANISHED ", 100) + "…"},
		{"Inline n", literals(20), next, ""},
		{"Inline n+1", literals(21), next, "* 1 FETCH ({21}«21»"},
		{"Held n", literals(500, 500), hold, ""},
		{"Held n+1", literals(500, 501), hold, "!imap: literal of 501 exceeds the limit of 500"},
		{"Held n, inline", literals(990, 10), hold, ""},
		{"Held n+1, inline", literals(990, 11), hold, "!imap: literal of 11 exceeds the limit of 10"},
		{"Skip n", literals(500, 500), skip, "* 1 FETCH ({500}«500» {500}«500»)"},
		{"Skip n+1", literals(500, 501), skip, "!imap: literal of 501 exceeds the limit of 1000"},
		{"Skip n, line", line("* X ", 999), hold, line("* X ", 100) + "…"},
		{"Skip n+1, line", line("* X ", 1000), hold, "!imap: line exceeds the limit of 1000"},
		{"Skip n, line and literals", line("* X ", 492) + " {500}\r\n" + long + long[:200], hold, line("* X ", 100) + "…"},
		{"Skip n+1, line and literals", line("* X ", 493) + " {501}\r\n" + long + long[:201], hold, "!imap: literal of 501 exceeds the limit of 1000"},
		{"all inline n", literals(20, 20, 20, 20, 20, 20, 20, 20, 20, 20), next, ""},
		{"all inline n+1", literals(20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 1), next, ""},
	} {
		if tt.want == "" {
			tt.want = tt.stream
		}
		if tt.name == "all inline n+1" {
			tt.want = tt.stream[:len(tt.stream)-4] + "«1»"
		}
		tt.want += "|* OK|!EOF"
		for way, src := range waysToRead(tt.stream+"\r\n* OK\r\n", 5) {
			got := strings.Join(frames(src, lim, tt.how), "|")
			if want, _, isErr := strings.Cut(tt.want, "|* OK"); isErr && want[0] == '!' {
				if !strings.HasSuffix(got, want) {
					t.Errorf("%s, %s:\n got %q\nwant %q", tt.name, way, got, want)
				}
			} else if got != tt.want {
				t.Errorf("%s, %s:\n got %q\nwant %q", tt.name, way, got, tt.want)
			}
		}
	}
}

func TestLimitsDefaults(t *testing.T) {
	want := Limits{64 << 10, 1 << 20, 16 << 20, 64 << 10, 50 << 20, 64 << 20, 64, 1000, 500, 64}
	if got := (Limits{}).WithDefaults(); got != want {
		t.Errorf("%+v", got)
	}
	if got := (Limits{Line: -1, Held: -1, Skip: -1, Depth: 5}).WithDefaults(); got.Line != want.Line || got.Held != want.Held || got.Skip != want.Skip || got.Depth != 5 {
		t.Errorf("%+v", got)
	}
}

// A fatal error stays.
func TestFramerStaysBroken(t *testing.T) {
	f := NewFramer(strings.NewReader("* X {99999999999}\r\n* OK\r\n"), Limits{})
	for range 3 {
		var limit *LimitError
		if _, err := f.Next(); !errors.As(err, &limit) {
			t.Error(err)
		}
	}
	if _, err := f.ReadLiteral(make([]byte, 1)); err == nil {
		t.Error("ReadLiteral works")
	}
	if f.SkipLiteral() == nil {
		t.Error("SkipLiteral works")
	}
}

func FuzzFramer(f *testing.F) {
	for _, tt := range framerCases {
		f.Add([]byte(tt.stream), uint64(1), byte(0))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64, how byte) {
		way := int(how % 4)
		want := frames(bytes.NewReader(stream), small, way)
		for name, src := range waysToRead(string(stream), seed) {
			if got := frames(src, small, way); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Fatalf("%s:\n got %q\nwant %q", name, got, want)
			}
		}
		fr := NewFramer(iotest.OneByteReader(bytes.NewReader(stream)), small)
		for {
			resp, err := fr.Next()
			// Twice what a response may hold in memory, and a chunk.
			if most := 4 * (small.SetLine + small.LongLine + smallBuffer + idleBuffer); len(fr.buf) > most {
				t.Fatalf("the buffer has %d bytes", len(fr.buf))
			}
			if err != nil {
				break
			}
			if resp.Pending >= 0 && resp.Bytes[len(resp.Bytes)-1] != '}' {
				t.Fatalf("pending behind %q", resp.Bytes)
			}
		}
	})
}
