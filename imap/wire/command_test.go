package wire

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// sent tells what goes out: the bytes, "↵" where the server is awaited, and
// "«n»" before a streamed literal that does not wait.
func sent(segs []Segment) string {
	var b strings.Builder
	for _, s := range segs {
		b.Write(s.Data)
		if s.Source != nil {
			if s.NonSync {
				fmt.Fprintf(&b, "«%d»", s.Size)
			}
			_, _ = io.Copy(&b, io.LimitReader(s.Source, s.Size))
		}
		if s.Sync {
			b.WriteString("↵")
		}
	}
	return b.String()
}

func TestCommand(t *testing.T) {
	big := strings.Repeat("x", 1001)
	for _, tt := range []struct {
		build func(*Command)
		sync  string // behind "A1 X", up to the line end
		minus string // with LITERAL-, "": the same
		plus  string // with LITERAL+, "": as with LITERAL-
	}{
		{func(c *Command) {}, "", "", ""},
		{func(c *Command) { c.Atom("abc").Number(0).Number(1<<64 - 1).Nil().Star() }, " abc 0 18446744073709551615 NIL *", "", ""},
		{func(c *Command) { c.Set(NumSet{{1, 1}, {5, Star}}) }, " 1,5:*", "", ""},
		{func(c *Command) { c.Flag(`\Seen`).Flag("$Junk").Flag(`\*`).Flag("a]").Flag("]") }, ` \Seen $Junk \* a] ]`, "", ""},
		{func(c *Command) { c.String("").String("a").String(`a"\b`).String("a\tb") }, " \"\" \"a\" \"a\\\"\\\\b\" \"a\tb\"", "", ""},
		{func(c *Command) { c.String("a\r\nb") }, " {4}\r\n↵a\r\nb", " {4+}\r\na\r\nb", ""},
		{func(c *Command) { c.String("é").String("\x7f") }, " {2}\r\n↵é {1}\r\n↵\x7f", " {2+}\r\né {1+}\r\n\x7f", ""},
		{func(c *Command) { c.String(big[:1000]) }, ` "` + big[:1000] + `"`, "", ""},
		{func(c *Command) { c.String(big) }, " {1001}\r\n↵" + big, " {1001+}\r\n" + big, ""},
		{func(c *Command) {
			c.AString("a").AString("").AString("nil").AString("a b").AString("a]").AString("é").AString("{5}")
		}, " a \"\" \"nil\" \"a b\" \"a]\" {2}\r\n↵é \"{5}\"", " a \"\" \"nil\" \"a b\" \"a]\" {2+}\r\né \"{5}\"", ""},
		{func(c *Command) {
			c.ListPattern("a/%").ListPattern("*").ListPattern("a*").ListPattern("a b%").ListPattern("Nil").ListPattern("")
		}, ` a/% "*" a* "a b%" "Nil" ""`, "", ""},
		{func(c *Command) { c.Secret("pass").Secret("é") }, " \"pass\" {2}\r\n↵é", " \"pass\" {2+}\r\né", ""},
		{func(c *Command) { c.Literal(strings.NewReader("a\r\nb"), 4).Atom("x") }, " {4}\r\n↵a\r\nb x", " {4+}\r\n«4»a\r\nb x", ""},
		{func(c *Command) { c.Literal8(strings.NewReader("\x00"), 1) }, " ~{1}\r\n↵\x00", " ~{1+}\r\n«1»\x00", ""},
		{func(c *Command) { c.Literal(strings.NewReader(""), 0) }, " {0}\r\n↵", " {0+}\r\n«0»", ""},
		{func(c *Command) { c.Literal(strings.NewReader(strings.Repeat(big, 5)), 4097) }, " {4097}\r\n↵" + strings.Repeat(big, 5)[:4097], " {4097}\r\n↵" + strings.Repeat(big, 5)[:4097], " {4097+}\r\n«4097»" + strings.Repeat(big, 5)[:4097]},
		{func(c *Command) {
			c.List(func() {}).List(func() { c.Atom("a").List(func() { c.Nil() }).Atom("b") }).Atom("c")
		}, " () (a (NIL) b) c", "", ""},
		{func(c *Command) { c.List(func() { c.String("é").String("é") }) }, " ({2}\r\n↵é {2}\r\n↵é)", " ({2+}\r\né {2+}\r\né)", ""},
		{func(c *Command) { c.List(func() { c.List(func() {}); c.List(func() {}) }) }, " (() ())", "", ""},
		{func(c *Command) { c.Section("BODY.PEEK", "", nil, 0, 0) }, " BODY.PEEK[]", "", ""},
		{func(c *Command) { c.Section("BODY", "1.2.MIME", nil, 0, 5).Section("BINARY", "1", nil, 7, 0) }, " BODY[1.2.MIME]<0.5> BINARY[1]<7.4294967295>", "", ""},
		{func(c *Command) {
			c.List(func() { c.Section("BODY", "HEADER.FIELDS", []string{"Date", `a"b`}, 0, 0).Atom("UID") })
		}, ` (BODY[HEADER.FIELDS (Date "a\"b")] UID)`, "", ""},
		{func(c *Command) { c.Section("BODY", "HEADER.FIELDS", []string{"é"}, 1, 2) }, " BODY[HEADER.FIELDS ({2}\r\n↵é)]<1.2>", " BODY[HEADER.FIELDS ({2+}\r\né)]<1.2>", ""},
	} {
		if tt.minus == "" {
			tt.minus = tt.sync
		}
		if tt.plus == "" {
			tt.plus = tt.minus
		}
		for mode, want := range []string{tt.sync, tt.minus, tt.plus} {
			c := NewCommand("X")
			tt.build(c)
			segs, err := c.Render("A1", Literals(mode))
			if want = "A1 X" + want + "\r\n"; err != nil || sent(segs) != want {
				t.Errorf("mode %d:\n got %q, %v\nwant %q", mode, sent(segs), err, want)
			}
		}
	}
	if c := NewCommand("UID FETCH"); c.Name() != "UID FETCH" || c.Err() != nil {
		t.Error(c.Name(), c.Err())
	}
}

func TestCommandErrors(t *testing.T) {
	src := strings.NewReader("")
	for _, tt := range []struct {
		build func(*Command)
		want  string
	}{
		{func(c *Command) { c.Set(nil) }, "imap: bad number set: it is empty"},
		{func(c *Command) { c.Set(NumSet{{0, 5}}) }, `imap: bad number set "0:5": numbers begin at 1, ranges ascend`},
		{func(c *Command) { c.Set(NumSet{{5, 4}}) }, `imap: bad number set "5:4": numbers begin at 1, ranges ascend`},
		{func(c *Command) { c.Literal(nil, 5) }, "imap: bad literal: its size must be known and its source not nil"},
		{func(c *Command) { c.Literal8(src, -1) }, "imap: bad literal: its size must be known and its source not nil"},
		{func(c *Command) { c.String("a\x00b") }, `imap: bad string "a\x00b": IMAP strings cannot hold NUL`},
		{func(c *Command) { c.Secret("a\x00b") }, "imap: bad string: IMAP strings cannot hold NUL"},
		{func(c *Command) { c.Section("BODY", "", nil, -1, 5) }, `imap: bad section "BODY[]": offset and count must have 32 bits`},
		{func(c *Command) { c.Section("BODY", "", nil, 0, 1<<32) }, `imap: bad section "BODY[]": offset and count must have 32 bits`},
		{func(c *Command) { c.Section("BODY", "", []string{"a"}, 0, 0) }, `imap: bad section "BODY[]": want letters, digits and dots`},
		{func(c *Command) { c.List(func() { c.Render("A1", 0); c.Fail(c.Err()) }) }, `imap: bad command "X": a list is not closed`},
		{func(c *Command) { c.Fail(io.EOF).Atom("") }, "EOF"},
	} {
		c := NewCommand("X")
		tt.build(c)
		if c.Err() == nil || c.Err().Error() != tt.want {
			t.Errorf("got %v\nwant %s", c.Err(), tt.want)
		}
		if segs, err := c.Render("A1", LiteralPlus); segs != nil || err != c.Err() {
			t.Errorf("rendered all the same: %v, %v", segs, err)
		}
	}
}

// A command without streams can be rendered again, and what a caller does to
// the segments of one is nothing to the other.
func TestCommandRenderTwice(t *testing.T) {
	c := NewCommand("X").String("é").Atom("a").Secret("s").String("é")
	first, _ := c.Render("A1", Synchronizing)
	second, _ := c.Render("A2", Synchronizing)
	for _, s := range first {
		for i := range s.Data[len(s.Data):cap(s.Data)] {
			s.Data[:cap(s.Data)][len(s.Data)+i] = '!'
		}
	}
	if got := sent(second); got != "A2 X {2}\r\n↵é a \"s\" {2}\r\n↵é\r\n" {
		t.Errorf("%q", got)
	}
}

func TestCommandRedacted(t *testing.T) {
	const canary = "canary"
	c := NewCommand("LOGIN").String("alice").Secret(canary).String("b").Secret(canary+"\r\n").Atom("x").
		String("a\nb").Literal(strings.NewReader("canned"), 6).List(func() {})
	want := `LOGIN "alice" *** "b" *** x {3 bytes} {6 bytes} ()`
	if got := c.Redacted(); got != want {
		t.Errorf("%q", got)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(verb, c); got != want {
			t.Errorf("%s: %q", verb, got)
		}
		// In an unexported field fmt does not ask the method.
		for _, in := range []any{struct{ c *Command }{c}, struct{ c Command }{*c}} {
			got := fmt.Sprintf(verb, in)
			for _, secret := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprint([]byte(canary))} {
				if strings.Contains(got, strings.Trim(secret, "[]")) {
					t.Errorf("%s in a field: %s", verb, got)
				}
			}
		}
	}
	if err := NewCommand("LOGIN").Secret(canary + "\x00").Err(); err == nil || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
}

// Only what is an atom goes out as one.
func TestA31_Atoms(t *testing.T) {
	valid := []string{"a", "CONDSTORE", "$MDNSent", "a.b-c_d", "x=y", "a[b", "}", "+", "~", "#", "&", "1"}
	invalid := []string{"", " ", "a b", "a\r\nb", "\n", "\x00", "a(", ")", "{5}", "a{", "%", "*", `"`, `a\b`, "a]", "é", "\x7f", "\x80", "a\tb"}
	methods := []struct {
		name             string
		add              func(*Command, string) *Command
		valid, notFailed []string
	}{
		{"Atom", (*Command).Atom, nil, nil},
		{"Flag", (*Command).Flag, []string{`\Seen`, `\*`, `\a]`, "]]"}, []string{"a]"}},
		{"Section item", func(c *Command, s string) *Command { return c.Section(s, "", nil, 0, 0) }, nil, nil},
		{"Section section", func(c *Command, s string) *Command { return c.Section("BODY", s, nil, 0, 0) }, nil, []string{""}},
		{"Section field", func(c *Command, s string) *Command { return c.Section("BODY", "HEADER.FIELDS", []string{s}, 0, 0) },
			[]string{"X-A", "é"}, []string{"a(", ")", "{5}", "a{", "%", "*", `"`, `a\b`, "a]", "é", "\x80"}},
		{"name", func(_ *Command, s string) *Command { return NewCommand(s) }, []string{"UID COPY"}, []string{"a b"}},
		{"tag", func(c *Command, s string) *Command { _, err := c.Render(s, 0); return c.Fail(err) }, nil, nil},
	}
	for _, m := range methods {
		for _, s := range invalid {
			c := m.add(NewCommand("X"), s)
			if ok := strings.Contains("\x01"+strings.Join(m.notFailed, "\x01")+"\x01", "\x01"+s+"\x01") && m.notFailed != nil; (c.Err() == nil) != ok {
				t.Errorf("%s %q: %v", m.name, s, c.Err())
			}
			var arg *ArgumentError
			if c.Err() != nil && !errors.As(c.Err(), &arg) {
				t.Errorf("%s %q: %T", m.name, s, c.Err())
			}
		}
		more := valid
		if strings.HasPrefix(m.name, "Section") {
			more = []string{"a", "BODY.PEEK", "1.2.HEADER"}
		}
		for _, s := range append(m.valid, more...) {
			if m.name == "tag" && s == "+" {
				continue
			}
			if c := m.add(NewCommand("X"), s); c.Err() != nil {
				t.Errorf("%s %q: %v", m.name, s, c.Err())
			}
		}
	}
	for _, s := range []string{"*", `\`, `\\Seen`, `\*a`, `\a b`, `\a\b`, "a*"} {
		if NewCommand("X").Flag(s).Err() == nil {
			t.Errorf("Flag %q is taken", s)
		}
	}
}

// A literal goes out unasked only where the server said that it may.
func TestA33_NonSynchronizing(t *testing.T) {
	for _, tt := range []struct {
		size              int
		sync, minus, plus bool // does it wait
	}{{0, true, false, false}, {1, true, false, false}, {4096, true, false, false}, {4097, true, true, false}, {1 << 20, true, true, false}} {
		body := strings.Repeat("\n", tt.size)
		for mode, wait := range []bool{tt.sync, tt.minus, tt.plus} {
			for _, add := range []func(*Command){
				func(c *Command) { c.Literal(strings.NewReader(body), int64(tt.size)) },
				func(c *Command) { c.Literal8(strings.NewReader(body), int64(tt.size)) },
				func(c *Command) { c.String(body) },
				func(c *Command) { c.Secret(body) },
			} {
				c := NewCommand("X")
				add(c)
				segs, err := c.Render("A1", Literals(mode))
				if err != nil {
					t.Fatal(err)
				}
				if out := sent(segs); tt.size > 0 && (strings.Contains(out, "↵") != wait || strings.Contains(out, "+}\r\n") == wait) {
					t.Errorf("%d bytes, mode %d: %.30q", tt.size, mode, out)
				}
			}
		}
	}
}

// What goes out as a literal is quoted where the server takes UTF-8 in quotes,
// and nothing else changes.
func TestRenderUTF8(t *testing.T) {
	long := strings.Repeat("é", 501)
	for _, tt := range []struct {
		name       string
		build      func(*Command)
		plain, utf string
	}{
		{"8 bit", func(c *Command) { c.AString("Bücher") }, "A1 X {7}\r\nBücher\r\n", "A1 X \"Bücher\"\r\n"},
		{"escaped", func(c *Command) { c.String(`ü"\`) }, "A1 X {4}\r\nü\"\\\r\n", `A1 X "ü\"\\"` + "\r\n"},
		{"secret", func(c *Command) { c.Secret("pä").Number(1) }, "A1 X {3}\r\npä 1\r\n", "A1 X \"pä\" 1\r\n"},
		{"ASCII", func(c *Command) { c.String("a b").AString("c") }, "A1 X \"a b\" c\r\n", "A1 X \"a b\" c\r\n"},
		{"line end", func(c *Command) { c.String("ü\r\n") }, "A1 X {4}\r\nü\r\n\r\n", "A1 X {4}\r\nü\r\n\r\n"},
		{"not UTF-8", func(c *Command) { c.String("\xff") }, "A1 X {1}\r\n\xff\r\n", "A1 X {1}\r\n\xff\r\n"},
		{"long", func(c *Command) { c.String(long) }, "A1 X {1002}\r\n" + long + "\r\n", "A1 X {1002}\r\n" + long + "\r\n"},
		{"charset", func(c *Command) { c.Charset("UTF-8").Atom("ALL") }, "A1 X CHARSET UTF-8 ALL\r\n", "A1 X ALL\r\n"},
		{"charset in between", func(c *Command) { c.Atom("A").Charset("UTF-8").String("ü").List(func() { c.Atom("B") }) },
			"A1 X A CHARSET UTF-8 {2}\r\nü (B)\r\n", "A1 X A \"ü\" (B)\r\n"},
	} {
		cmd := NewCommand("X")
		tt.build(cmd)
		for _, r := range []struct {
			want   string
			render func(string, Literals) ([]Segment, error)
		}{{tt.plain, cmd.Render}, {tt.utf, cmd.RenderUTF8}} {
			segs, err := r.render("A1", Synchronizing)
			got := ""
			for _, s := range segs {
				got += string(s.Data)
			}
			if err != nil || got != r.want {
				t.Errorf("%s: %q, %v; want %q", tt.name, got, err, r.want)
			}
		}
		if s := cmd.Redacted(); strings.Contains(s, "ä") {
			t.Errorf("%s: %s", tt.name, s)
		}
	}
	if err := NewCommand("X").Charset("UTF 8").Err(); err == nil {
		t.Error("a charset of two words")
	}
}

// The arguments of one command, put into another, go out as they would have
// gone out there.
func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		build func(*Command)
		want  string
	}{
		{func(c *Command) {}, ""},
		{func(c *Command) { c.Atom("SEEN").Atom("DRAFT") }, " SEEN DRAFT"},
		{func(c *Command) { c.String("é").Atom("a") }, " {2}\r\n↵é a"},
		{func(c *Command) { c.Charset("UTF-8").Atom("a").Secret("b") }, ` CHARSET UTF-8 a "b"`},
		{func(c *Command) { c.List(func() { c.Saved(1).Star() }) }, " ($ *)"},
	} {
		args := NewCommand("UID SEARCH")
		tt.build(args)
		for want, c := range map[string]*Command{
			"A1 X" + tt.want + "\r\n":           NewCommand("X").Arguments(args),
			"A1 X y" + tt.want + " z\r\n":       NewCommand("X").Atom("y").Arguments(args).Atom("z"),
			"A1 X" + tt.want + tt.want + "\r\n": NewCommand("X").Arguments(args).Arguments(args),
		} {
			segs, err := c.Render("A1", Synchronizing)
			if got := sent(segs); got != want || err != nil {
				t.Errorf("%q, %v\nwant %q", got, err, want)
			}
		}
	}
	args := NewCommand("X").Atom("a").Saved("ref")
	c := NewCommand("X")
	c.List(func() { c.Arguments(args).Atom("b") })
	segs, err := c.Render("A1", Synchronizing)
	if got := sent(segs); got != "A1 X (a $ b)\r\n" || err != nil || len(c.SavedRefs()) != 1 || c.SavedRefs()[0] != "ref" {
		t.Error(got, err, c.SavedRefs())
	}
	if err := NewCommand("X").Arguments(NewCommand("Y").Atom("")).Err(); err == nil {
		t.Error("a bad argument was taken over")
	}
}
