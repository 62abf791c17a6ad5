package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func readerOf(s string) *Reader {
	lim := Limits{}.WithDefaults()
	r := NewReader([]byte(s), &lim)
	return &r
}

// Each method: what it returns, what it leaves, or what it asks for.
func TestReader(t *testing.T) {
	nstring := func(r *Reader) any {
		s, ok := r.NString()
		return fmt.Sprintf("%s %v", s, ok)
	}
	methods := map[string]func(*Reader) any{
		"Atom":        func(r *Reader) any { return r.Atom() },
		"AtomBytes":   func(r *Reader) any { return string(r.AtomBytes()) },
		"Name":        func(r *Reader) any { return string(r.Name()) },
		"Number":      func(r *Reader) any { return r.Number() },
		"NZNumber":    func(r *Reader) any { return r.NZNumber() },
		"Number64":    func(r *Reader) any { return r.Number64() },
		"IsNil":       func(r *Reader) any { return r.IsNil() },
		"String":      func(r *Reader) any { return r.String() },
		"StringBytes": func(r *Reader) any { return string(r.StringBytes()) },
		"NString":     nstring,
		"AString":     func(r *Reader) any { return r.AString() },
		"Skip":        func(r *Reader) any { r.Skip(); return "" },
		"NumSet":      func(r *Reader) any { return r.NumSet().String() },
		"SP":          func(r *Reader) any { r.SP(); return "" },
		"SkipSP":      func(r *Reader) any { return r.SkipSP() },
		"End":         func(r *Reader) any { r.End(); return "" },
		"Take":        func(r *Reader) any { return r.Take('(') },
		"Expect":      func(r *Reader) any { r.Expect('('); return "" },
		"Open":        func(r *Reader) any { r.Open(); return r.Depth() },
		"Close":       func(r *Reader) any { return r.Close() },
		"Peek":        func(r *Reader) any { return r.Peek() },
		"Rest":        func(r *Reader) any { return string(r.Rest()) },
		"AtPending":   func(r *Reader) any { return r.AtPending() },
	}
	for _, tt := range []struct {
		method, in string
		want       any
		rest       string // "!want" for an error
	}{
		{"Atom", "abc def", "abc", " def"},
		{"Atom", "a[b}~+é)", "a[b}~+é", ")"},
		{"Atom", "a]", "a", "]"},
		{"Atom", "", "", "!an atom"},
		{"Atom", "(", "", "!an atom"},
		{"Atom", "\x7f", "", "!an atom"},
		{"AtomBytes", "abc)", "abc", ")"},
		{"Name", "body.Peek[1]", "BODY.PEEK", "[1]"},
		{"Name", strings.Repeat("aé", 40), strings.Repeat("Aé", 40), ""},
		{"Name", "é", "é", ""},
		{"Name", "[", "", "!a name"},
		{"Number", "0", uint32(0), ""},
		{"Number", "007x", uint32(7), "x"},
		{"Number", "4294967295", uint32(1<<32 - 1), ""},
		{"Number", "4294967296", uint32(0), "!a smaller number"},
		{"Number", "99999999999999999999999999", uint32(0), "!a smaller number"},
		{"Number", "-1", uint32(0), "!a number"},
		{"NZNumber", "1", uint32(1), ""},
		{"NZNumber", "0", uint32(0), "!a number that is not zero"},
		{"Number64", "9223372036854775807 ", uint64(1<<63 - 1), " "},
		{"Number64", "9223372036854775808", uint64(0), "!a smaller number"},
		{"IsNil", "NIL", true, ""},
		{"IsNil", "nIl)", true, ")"},
		{"IsNil", "NILS", false, "NILS"},
		{"IsNil", "NI", false, "NI"},
		{"IsNil", "", false, ""},
		{"String", `"a b"c`, "a b", "c"},
		{"String", `""`, "", ""},
		{"String", `"a\"b\\c\d"`, `a"b\cd`, ""},
		{"String", "\"a\r\x00é\"", "a\r\x00é", ""},
		{"String", `"a`, "", "!the end of the quoted string"},
		{"String", `"a\"`, "", "!the end of the quoted string"},
		{"String", `"a\`, "", "!the end of the quoted string"},
		{"String", "\"a\n\"", "", "!the end of the quoted string"},
		{"String", "\"a\\\n\"", "", "!the end of the quoted string"},
		{"String", "{3}\r\na\r\nb", "a\r\n", "b"},
		{"String", "{3}\na\"bc", "a\"b", "c"},
		{"String", "~{3+}\r\n\x00\x01\x02", "\x00\x01\x02", ""},
		{"String", "{0}\r\n", "", ""},
		{"String", "{3}\r\nab", "", "!the whole literal"},
		{"String", "{3}", "", "!a string"},
		{"String", "{3} \r\nabc", "", "!a string"},
		{"String", "{}\r\n", "", "!a string"},
		{"String", "{-1}\r\n", "", "!a string"},
		{"String", "{99999999999}\r\n", "", "!a string"},
		{"String", "{9999999999}\r\n", "", "!the whole literal"},
		{"String", "~", "", "!a string"},
		{"String", "abc", "", "!a string"},
		{"StringBytes", `"ab"`, "ab", ""},
		{"StringBytes", "{2}\r\nab", "ab", ""},
		{"StringBytes", "{3}\r\nab", "", "!the whole literal"},
		{"StringBytes", `"ab`, "", "!the end of the quoted string"},
		{"NString", "NIL", " false", ""},
		{"NString", `"NIL"`, "NIL true", ""},
		{"NString", "x", " false", "!a string"},
		{"AString", "a]b c", "a]b", " c"},
		{"AString", "~x", "~x", ""},
		{"AString", "~{1}\r\nx", "x", ""},
		{"AString", `"x"`, "x", ""},
		{"AString", "", "", "!a string"},
		{"AString", "%", "", "!a string"},
		{"Skip", "abc d", "", " d"},
		{"Skip", "  abc", "", ""},
		{"Skip", `"a)" b`, "", " b"},
		{"Skip", "{2}\r\n)( b", "", " b"},
		{"Skip", "~{2}\r\n)( b", "", " b"},
		{"Skip", `(a (b "c)" {1}` + "\r\n) () NIL) x) d", "", " d"},
		{"Skip", "()", "", ""},
		{"Skip", "BODY[HEADER.FIELDS (DATE \"a]b\")]<0.5> x", "", " x"},
		{"Skip", "BODY[HEADER.FIELDS ({3}\r\n)] X)] x", "", " x"},
		{"Skip", "BODY[]<0>) x", "", ") x"},
		{"Skip", "a[b) c] x", "", ") c] x"},
		{"Skip", "a[b c] x", "", " c] x"},
		{"Skip", "a[ (b] x", "", " (b] x"},
		{"Skip", "a[ (b (c)] x", "", " (b (c)] x"},
		{"Skip", "a[ () ()] x", "", " () ()] x"},
		{"Skip", `a["] x`, "", `"] x`},
		{"Skip", `a[ ("] x`, "", ` ("] x`},
		{"Skip", "(a[b) x", "", " x"},
		{"Skip", `a"b"`, "", `"b"`},
		{"Skip", `\Seen x`, "", " x"},
		{"Skip", "*%]\\ x", "", " x"},
		{"Skip", "a\x00\r\nb x", "", " x"},
		{"Skip", "", "", "!a value"},
		{"Skip", " ", "", "!a value"},
		{"Skip", ")", "", "!a value"},
		{"Skip", "(a", "", "!a value"},
		{"Skip", "\x00", "", "!a value"},
		{"Skip", `("a`, "", "!the end of the quoted string"},
		{"NumSet", "1,5:7 x", "1,5:7", " x"},
		{"NumSet", "3,2,1)", "1:3", ")"},
		{"NumSet", "7:5", "5:7", ""},
		{"NumSet", "1:*", "", "!a set of numbers"},
		{"NumSet", "*", "", "!a set of numbers"},
		{"NumSet", "0", "", "!a set of numbers"},
		{"NumSet", "0:5", "", "!a set of numbers"},
		{"NumSet", "1,,2", "", "!a set of numbers"},
		{"NumSet", "1,", "", "!a set of numbers"},
		{"NumSet", "1:2:3", "", "!a set of numbers"},
		{"NumSet", "4294967296", "", "!a set of numbers"},
		{"NumSet", "", "", "!a set of numbers"},
		{"SP", "   a", "", "a"},
		{"SP", "a", "", "!a space"},
		{"SkipSP", "a", false, "a"},
		{"SkipSP", "  ", true, ""},
		{"End", "  ", "", ""},
		{"End", " a", "", "!the end"},
		{"Take", "((", true, "("},
		{"Take", "\x00", false, "\x00"},
		{"Take", "", false, ""},
		{"Expect", "(a", "", "a"},
		{"Expect", "a", "", "!("},
		{"Open", "(a", 1, "a"},
		{"Close", "  )a", true, "a"},
		{"Close", "  a", false, "  a"},
		{"Peek", "a", byte('a'), "a"},
		{"Peek", "", byte(0), ""},
		{"Rest", "a b", "a b", ""},
		{"AtPending", "{5}", true, "{5}"},
		{"AtPending", "~{5+}", true, "~{5+}"},
		{"AtPending", "{5}\r\nhello", false, "{5}\r\nhello"},
		{"AtPending", "{5} {6}", false, "{5} {6}"},
		{"AtPending", "{x}", false, "{x}"},
		{"AtPending", "a{5}", false, "a{5}"},
		{"AtPending", "", false, ""},
	} {
		for _, before := range []string{"", "(", strings.Repeat("x", shareBelow)} {
			r := readerOf(before + tt.in)
			r.pos = len(before)
			got := methods[tt.method](r)
			if got != tt.want {
				t.Errorf("%s of %q: %#v, want %#v", tt.method, tt.in, got, tt.want)
			}
			var syntax *SyntaxError
			if want, isErr := strings.CutPrefix(tt.rest, "!"); isErr {
				if !errors.As(r.Err(), &syntax) || syntax.Want != want {
					t.Errorf("%s of %q: %v, want %q", tt.method, tt.in, r.Err(), want)
				}
				continue
			}
			if rest := string(r.b[r.pos:]); r.Err() != nil || rest != tt.rest {
				t.Errorf("%s of %q leaves %q, %v; want %q", tt.method, tt.in, rest, r.Err(), tt.rest)
			}
		}
		// Behind an error every method returns a zero and moves nothing.
		r := readerOf(tt.in)
		r.FailWith(errors.New("first"))
		switch got := methods[tt.method](r); got {
		case "", uint32(0), uint64(0), false, " false", byte(0), 1:
		default:
			t.Errorf("%s behind an error: %#v", tt.method, got)
		}
		if r.pos != 0 || r.Err().Error() != "first" || !r.AtEnd() {
			t.Errorf("%s behind an error: at %d, %v", tt.method, r.pos, r.Err())
		}
		if r.Recover(0, 0); r.Err() != nil || r.AtEnd() != (tt.in == "") {
			t.Errorf("Recover: %v", r.Err())
		}
	}
}

func TestReaderErrorText(t *testing.T) {
	r := readerOf("abc (def")
	r.Atom()
	r.Number()
	if got := r.Err().Error(); got != `imap: syntax error at byte 3: want a number near " (def"` {
		t.Error(got)
	}
	r = readerOf("a")
	r.Atom()
	r.SP()
	if got := r.Err().Error(); got != "imap: syntax error at byte 1: want a space, found the end" {
		t.Error(got)
	}
	r = readerOf(strings.Repeat("x", 1000))
	if r.Number(); len(r.Err().Error()) > 120 {
		t.Error(r.Err())
	}
	if string(r.Bytes(2, 4)) != "xx" || r.Pos() != 0 {
		t.Error("Bytes or Pos is wrong")
	}
}

func TestReaderList(t *testing.T) {
	for _, tt := range []struct{ in, want, err string }{
		{"(a b c)d", "a b c d", ""},
		{"( a  b )d", "a b d", ""},
		{"()d", "d", ""},
		{"( )d", "d", ""},
		{"(a", "a", "want an atom"},
		{"(a (b))", "a", "want an atom"},
		{"a", "", "want ( near"},
	} {
		r := readerOf(tt.in)
		var got []string
		r.List(func() {
			if a := r.Atom(); a != "" {
				got = append(got, a)
			}
		})
		if r.Err() == nil {
			got = append(got, r.Atom())
		}
		if tt.err == "" && r.Err() != nil || tt.err != "" && !strings.Contains(fmt.Sprint(r.Err()), tt.err) || strings.Join(got, " ") != tt.want {
			t.Errorf("%q: %q, %v", tt.in, got, r.Err())
		}
	}
	// An item that reads nothing ends it.
	r := readerOf("(a b)")
	if r.List(func() {}); r.Err() == nil {
		t.Error("no error")
	}
}

// Strings are copies: what becomes of the response's bytes is nothing to them.
func TestReaderCopies(t *testing.T) {
	for _, pad := range []int{0, 2 * shareBelow} {
		b := []byte(`abc "def" {3}` + "\r\nghi" + ` "j\"k" ` + strings.Repeat("x", pad))
		lim := Limits{}.WithDefaults()
		r := NewReader(b, &lim)
		var got []string
		got = append(got, r.Atom())
		r.SP()
		got = append(got, r.String())
		r.SP()
		kept := r.StringBytes()
		r.SP()
		got = append(got, r.AString())
		for i := range b {
			b[i] = '!'
		}
		kept = append(kept, '?')
		if strings.Join(got, ",") != `abc,def,j"k` || string(kept) != "ghi?" || b[17] != '!' {
			t.Errorf("%q, %q", got, kept)
		}
	}
}

func TestReaderAllocations(t *testing.T) {
	line := bytes.TrimSuffix(bytes.SplitAfter(fetchStream(2), []byte("\r\n"))[0], []byte("\r\n"))[2:]
	lim := Limits{}.WithDefaults()
	n := testing.AllocsPerRun(100, func() {
		r := NewReader(line, &lim)
		for !r.AtEnd() {
			switch r.Peek() {
			case '"':
				_ = r.String()
			case '(':
				r.Open()
			case ')':
				r.Close()
			case ' ':
				r.SP()
			case '\\':
				r.Skip()
			default:
				r.Atom()
			}
		}
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	})
	if n > 2 { // the Reader may be one
		t.Errorf("%v allocations", n)
	}
}

// One depth counter for whatever nests: 64 is allowed, more is not, and how
// much more makes no difference to what it costs.
func TestA43_Nesting(t *testing.T) {
	methods := map[string]func(*Reader){
		"Skip": func(r *Reader) { r.Skip() },
		"List": func(r *Reader) {
			var item func()
			item = func() {
				if r.Peek() == '(' {
					r.List(item)
				} else {
					r.Atom()
				}
			}
			item()
		},
		"Open": func(r *Reader) {
			for r.Err() == nil && r.Peek() == '(' {
				r.Open()
			}
			r.Atom()
			for r.Close() {
			}
		},
	}
	for name, read := range methods {
		for _, depth := range []int{1, 50, 64, 65, 1000, 100_000} {
			r := readerOf(strings.Repeat("(", depth) + "a" + strings.Repeat(")", depth))
			took := allocated(func() { read(r) })
			var limit *LimitError
			switch {
			case depth <= 64 && (r.Err() != nil || !r.AtEnd() || r.Depth() != 0):
				t.Errorf("%s of %d: %v at %d", name, depth, r.Err(), r.Pos())
			case depth > 64 && (!errors.As(r.Err(), &limit) || limit.What != "nesting" || limit.Max != 64 || r.Pos() > 65):
				t.Errorf("%s of %d: %v at %d", name, depth, r.Err(), r.Pos())
			case took > 1<<20:
				t.Errorf("%s of %d: %d bytes allocated", name, depth, took)
			}
		}
	}
	// Never closed, and closed too often.
	for _, in := range []string{strings.Repeat("(", 1<<20), strings.Repeat("() ", 1000) + ")"} {
		r := readerOf(in)
		for r.Err() == nil {
			r.Skip()
		}
	}
}

// Numbers never wrap.
func TestA45_Numbers(t *testing.T) {
	for _, tt := range []struct {
		in         string
		n, nz, n64 bool
	}{
		{"0", true, false, true},
		{"1", true, true, true},
		{"4294967295", true, true, true},
		{"4294967296", false, false, true},
		{"4294967301", false, false, true},
		{"9223372036854775807", false, false, true},
		{"9223372036854775808", false, false, false},
		{"18446744073709551615", false, false, false},
		{"18446744073709551617", false, false, false},
		{"340282366920938463463374607431768211457", false, false, false},
		{strings.Repeat("9", 100_000), false, false, false},
		{strings.Repeat("0", 100_000) + "1", true, true, true},
		{"-1", false, false, false},
		{"+1", false, false, false},
		{"", false, false, false},
		{"１", false, false, false},
	} {
		for i, want := range []bool{tt.n, tt.nz, tt.n64} {
			r := readerOf(tt.in)
			n := uint64(0)
			switch i {
			case 0:
				n = uint64(r.Number())
			case 1:
				n = uint64(r.NZNumber())
			case 2:
				n = r.Number64()
			}
			if ok := r.Err() == nil; ok != want || !ok && n != 0 || ok && fmt.Sprint(n) != strings.TrimLeft(tt.in[:len(tt.in)-1], "0")+tt.in[len(tt.in)-1:] {
				t.Errorf("%.40s (%d): %d, %v", tt.in, i, n, r.Err())
			}
		}
	}
}

// A section that is none costs no second look at the rest.
func TestA42_LinearSkip(t *testing.T) {
	for _, piece := range []string{"a[ ", "a[ (", `a[ ("`, `a[ ("b"`, "a[ (b", "{ ", "~{ ", `a["`, "a[ ({1}"} {
		in := strings.Repeat(piece, 20_000)
		lim := Limits{Depth: 1 << 30}.WithDefaults()
		r := NewReader([]byte(in), &lim)
		looked := 0
		for !r.AtEnd() {
			if r.Peek() == '[' {
				end, _ := r.sectionEnd()
				looked += end - r.pos
			}
			r.pos++
		}
		if looked > 3*len(in) {
			t.Errorf("%q: %d bytes looked at for %d", piece, looked, len(in))
		}
	}
}

// A script of calls on any bytes: no panic, no step back, and an end.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07"), []byte(`abc 12 "q" {3}`+"\r\nabc (a (b) NIL) 1,5:7 BODY[HEADER.FIELDS (X)]<0>"))
	f.Add([]byte{11}, []byte(`(a[b) BODY[X ({1}`+"\r\n)"))
	f.Fuzz(func(t *testing.T, script, in []byte) {
		lim := Limits{}.WithDefaults()
		r := NewReader(in, &lim)
		for _, op := range script {
			before, wasErr := r.Pos(), r.Err()
			switch op % 22 {
			case 0:
				r.Atom()
			case 1:
				r.Name()
			case 2:
				r.Number()
			case 3:
				r.NZNumber()
			case 4:
				r.Number64()
			case 5:
				r.IsNil()
			case 6:
				_ = r.String()
			case 7:
				r.StringBytes()
			case 8:
				r.NString()
			case 9:
				r.AString()
			case 10:
				r.NumSet()
			case 11:
				if r.Skip(); r.Err() == nil && r.Pos() == before {
					t.Fatal("Skip read nothing and said nothing")
				}
			case 12:
				r.SP()
			case 13:
				r.Open()
			case 14:
				r.Close()
			case 15:
				r.List(func() { r.Skip() })
			case 16:
				r.Expect('[')
			case 17:
				r.End()
			case 18:
				r.Rest()
			case 19:
				if r.AtPending() && !bytes.HasSuffix(in, []byte("}")) {
					t.Fatal("AtPending without an announcement")
				}
			case 20:
				r.AtomBytes()
			case 21:
				depth := r.Depth()
				if r.Skip(); r.Err() != nil {
					r.Recover(before, depth)
					wasErr = nil
				}
			}
			if r.Pos() < before || r.Pos() > len(in) {
				t.Fatalf("op %d went from %d to %d", op%22, before, r.Pos())
			}
			if wasErr != nil && (r.Pos() != before || r.Err() != wasErr) {
				t.Fatalf("op %d went on behind an error", op%22)
			}
		}
	})
}
