package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// token is what a server reads: 'a' an atom, 's' a string, '(' and ')'.
type token struct {
	kind byte
	text string
}

// A served is what a server would make of a command. It shares no code with
// the package; it is strict.
type served struct {
	b     []byte
	pos   int
	syncs map[int]bool // where the client waits
	toks  []token
}

var errServer = errors.New("the server does not understand")

// serve reads segments as a server does that must see exactly one command.
func serve(segs []Segment) ([]token, error) {
	s := served{syncs: map[int]bool{}}
	for _, seg := range segs {
		s.b = append(s.b, seg.Data...)
		if seg.Source != nil {
			b, err := io.ReadAll(io.LimitReader(seg.Source, seg.Size))
			if err != nil || int64(len(b)) != seg.Size {
				return nil, fmt.Errorf("literal of %d has %d: %v", seg.Size, len(b), err)
			}
			s.b = append(s.b, b...)
		}
		if seg.Sync {
			s.syncs[len(s.b)] = true
		}
	}
	open, first := 0, true
	for {
		if s.is("\r\n") {
			break
		}
		if s.is(")") {
			open--
			s.toks = append(s.toks, token{')', ""})
			if !first && s.pos < len(s.b) && s.b[s.pos] == ']' { // the end of a section
				s.atom()
			}
			continue
		}
		if !first && !s.is(" ") {
			return nil, fmt.Errorf("%w: no space at %d of %q", errServer, s.pos, s.b)
		}
		for s.is("(") {
			open++
			s.toks = append(s.toks, token{'(', ""})
		}
		if s.pos < len(s.b) && s.b[s.pos] == ')' {
			continue
		}
		if err := s.value(); err != nil {
			return nil, err
		}
		first = false
	}
	if open != 0 || s.pos != len(s.b) || len(s.syncs) != 0 {
		return nil, fmt.Errorf("%w: %d open, at %d of %q, awaited at %v", errServer, open, s.pos, s.b, s.syncs)
	}
	return s.toks, nil
}

func (s *served) is(want string) bool {
	if !bytes.HasPrefix(s.b[s.pos:], []byte(want)) {
		return false
	}
	s.pos += len(want)
	return true
}

func (s *served) value() error {
	if s.is(`"`) {
		return s.quoted()
	}
	if s.is("~{") || s.is("{") {
		return s.literal()
	}
	return s.atom()
}

func (s *served) quoted() error {
	var out []byte
	for ; s.pos < len(s.b); s.pos++ {
		switch c := s.b[s.pos]; {
		case c == '"':
			s.pos++
			s.toks = append(s.toks, token{'s', string(out)})
			return nil
		case c == '\\':
			if s.pos++; s.pos == len(s.b) || s.b[s.pos] != '"' && s.b[s.pos] != '\\' {
				return fmt.Errorf("%w: escape at %d of %q", errServer, s.pos, s.b)
			}
		case c == 0 || c == '\r' || c == '\n' || c >= 0x80:
			return fmt.Errorf("%w: quoted %#x at %d of %q", errServer, c, s.pos, s.b)
		}
		out = append(out, s.b[s.pos])
	}
	return fmt.Errorf("%w: open quote in %q", errServer, s.b)
}

func (s *served) literal() error {
	end := bytes.Index(s.b[s.pos:], []byte("}\r\n"))
	if end < 0 {
		return fmt.Errorf("%w: literal in %q", errServer, s.b)
	}
	digits, plus := strings.CutSuffix(string(s.b[s.pos:s.pos+end]), "+")
	n, err := strconv.ParseUint(digits, 10, 32)
	s.pos += end + 3
	if err != nil || uint64(len(s.b)-s.pos) < n {
		return fmt.Errorf("%w: literal %q of %q", errServer, digits, s.b)
	}
	if plus && s.syncs[s.pos] && n > 0 || !plus && !s.syncs[s.pos] {
		return fmt.Errorf("%w: literal at %d of %q waits, or does not", errServer, s.pos, s.b)
	}
	delete(s.syncs, s.pos)
	s.toks = append(s.toks, token{'s', string(s.b[s.pos : s.pos+int(n)])})
	s.pos += int(n)
	return nil
}

func (s *served) atom() error {
	start := s.pos
	for s.pos < len(s.b) && s.b[s.pos] > 0x20 && s.b[s.pos] < 0x7f && !strings.ContainsRune(`(){"`, rune(s.b[s.pos])) {
		s.pos++
	}
	if s.pos == start {
		return fmt.Errorf("%w: no value at %d of %q", errServer, s.pos, s.b)
	}
	s.toks = append(s.toks, token{'a', string(s.b[start:s.pos])})
	return nil
}

// want compares tokens; kind 'x' is an atom or a string, but never bare NIL.
func sameTokens(got, want []token) bool {
	return slices.EqualFunc(got, want, func(g, w token) bool {
		if w.kind == 'x' {
			return g.text == w.text && (g.kind == 's' || g.kind == 'a' && !strings.EqualFold(g.text, "NIL"))
		}
		return g == w
	})
}

// script builds a command as data says, and tells what the server must see. bad
// says that an argument must have been refused.
func script(data []byte) (c *Command, want []token, bad bool) {
	c = NewCommand("X")
	want = []token{{'a', "A1"}, {'a', "X"}}
	arg := func() string {
		n := 0
		if len(data) > 0 {
			n = min(int(data[0])%32, len(data)-1)
			if data[0] == 255 { // a long one
				s := strings.Repeat(string(data[1:]), 5000)
				data = nil
				return s[:min(len(s), 5000)]
			}
			data = data[1:]
		}
		s := string(data[:n])
		data = data[n:]
		return s
	}
	add := func(kind byte, text string) { want = append(want, token{kind, text}) }
	var items func(depth int)
	items = func(depth int) {
		for len(data) > 0 {
			op := data[0] % 12
			data = data[1:]
			switch op {
			case 0:
				s := arg()
				c.Atom(s)
				add('a', s)
			case 1:
				s := arg()
				c.Flag(s)
				add('a', s)
			case 2:
				s := arg()
				c.String(s)
				add('s', s)
				bad = bad || strings.Contains(s, "\x00")
			case 3:
				s := arg()
				c.AString(s)
				add('x', s)
				bad = bad || strings.Contains(s, "\x00")
			case 4:
				s := arg()
				c.ListPattern(s)
				add('x', s)
				bad = bad || strings.Contains(s, "\x00")
			case 5:
				s := arg()
				c.Secret(s)
				add('s', s)
				bad = bad || strings.Contains(s, "\x00")
			case 6:
				s := arg()
				c.Literal8(strings.NewReader(s), int64(len(s)))
				add('s', s)
			case 7:
				s := arg()
				c.Literal(strings.NewReader(s), int64(len(s)))
				add('s', s)
			case 8:
				if depth < 5 {
					add('(', "")
					c.List(func() { items(depth + 1) })
					add(')', "")
				}
			case 9:
				if depth > 0 {
					return
				}
			case 10:
				field := arg()
				c.Section("BODY", "HEADER.FIELDS", []string{field}, 0, 0)
				add('a', "BODY[HEADER.FIELDS")
				add('(', "")
				add('x', field)
				add(')', "")
				add('a', "]")
				bad = bad || field == "" || strings.ContainsAny(field, "\x00\r\n :\t")
			case 11:
				s := arg()
				c.Section("BODY", s, nil, 0, 0)
				add('a', "BODY["+s+"]")
				bad = bad || strings.ContainsAny(s, "\x00\r\n ()[]{}\"")
			}
		}
	}
	items(0)
	return c, want, bad
}

func checkScript(t *testing.T, data []byte, mode Literals) {
	c, want, bad := script(data)
	segs, err := c.Render("A1", mode)
	if err != nil {
		if segs != nil || c.Err() == nil {
			t.Fatalf("%q: %v, but %v", data, err, segs)
		}
		return
	}
	if bad {
		t.Fatalf("%q: %s is not refused", data, c.Redacted())
	}
	got, err := serve(segs)
	if err != nil || !sameTokens(got, want) {
		t.Fatalf("%q: %v\n got %q\nwant %q", data, err, got, want)
	}
}

// attacks are what a hostile string tries.
var attacks = []string{
	"", " ", "a b", "\r\nA2 EXPUNGE", "a\r\n", "\n", "\r", "\x00", "a\x00\r\nb", `"`, `\`, `a"b\`, `" EXPUNGE "`, "{5}", "{5+}", "~{5}", "{5}\r\n", "x {5}\r\n",
	"(", ")", "a)", "[", "]", "a]b", "*", "%", "NIL", "nil", "é", "\xff", "\x7f", "\t", "+", "\u2028", strings.Repeat("a", 5000), strings.Repeat("\n", 5000), "<0.5>", ":", "1:*",
}

// Whatever bytes in whatever argument position: the server sees one command
// with these bytes, or nothing is sent.
func TestA30_Arguments(t *testing.T) {
	for mode := Synchronizing; mode <= LiteralPlus; mode++ {
		for op := range byte(12) {
			for _, a := range attacks {
				if len(a) < 32 {
					checkScript(t, append([]byte{op, byte(len(a))}, a...), mode)
					checkScript(t, append(append([]byte{8, op, byte(len(a))}, a...), 2, 1, 'z'), mode)
				}
				checkScript(t, append([]byte{op, 255}, a...), mode)
			}
		}
		rnd := rand.New(rand.NewPCG(30, uint64(mode)))
		alphabet := []byte("aZ09 \t\r\n\x00\"\\(){}[]*%+~:<>.,&\x7f\x80\xff\xc3\xa9\x01\x02\x03\x08\x09")
		for range 8_000 {
			data := make([]byte, rnd.IntN(40))
			for i := range data {
				data[i] = alphabet[rnd.IntN(len(alphabet))]
			}
			checkScript(t, data, mode)
		}
	}
}

// The same for every method that takes a string, those to come included, found
// by reflection: there is none that takes text as it is.
func TestA32_NoRawText(t *testing.T) {
	typ := reflect.TypeFor[*Command]()
	tried := 0
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		for p := 1; p < m.Type.NumIn(); p++ {
			in := m.Type.In(p)
			if in.Kind() != reflect.String && in != reflect.TypeFor[[]string]() {
				continue
			}
			for _, a := range attacks {
				tried++
				c := NewCommand("X")
				args := []reflect.Value{reflect.ValueOf(c)}
				for q := 1; q < m.Type.NumIn(); q++ {
					args = append(args, reflect.Zero(m.Type.In(q)))
					switch t := m.Type.In(q); {
					case t.Kind() == reflect.String && q == p:
						args[q] = reflect.ValueOf(a).Convert(t)
					case t.Kind() == reflect.String:
						args[q] = reflect.ValueOf("BODY").Convert(t)
					case t == reflect.TypeFor[[]string]() && q == p:
						args[q] = reflect.ValueOf([]string{a})
					}
				}
				out := m.Func.Call(args)
				segs, err := c.Render("A1", LiteralPlus)
				if m.Name == "Render" {
					segs, err = out[0].Interface().([]Segment), nil
				}
				if err != nil || segs == nil {
					continue
				}
				if toks, err := serve(segs); err != nil || len(toks) > 7 {
					t.Errorf("%s of %.40q: %v, %.200q", m.Name, a, err, toks)
				}
			}
		}
	}
	for _, a := range attacks {
		if segs, err := NewCommand(a).Render("A1", LiteralPlus); err == nil {
			if _, err := serve(segs); err != nil {
				t.Errorf("NewCommand of %q: %v", a, err)
			}
		}
	}
	if tried < 9*len(attacks) {
		t.Errorf("only %d calls", tried)
	}
}

func FuzzCommand(f *testing.F) {
	for op := range byte(12) {
		for _, a := range attacks {
			f.Add(append([]byte{op, byte(len(a))}, a[:min(len(a), 40)]...), op)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, mode byte) { checkScript(t, data, Literals(mode%3)) })
}
