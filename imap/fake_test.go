package imap_test

import (
	"bufio"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/test/corpus"
)

// fake is a server whose every byte the test decides.
type fake struct {
	conn net.Conn
	r    *bufio.Reader
	idle string // the tag of IDLE

	mu   sync.Mutex
	said []string // the client's commands, with their tags
}

func newFake(conn net.Conn) *fake { return &fake{conn: conn, r: bufio.NewReader(conn)} }

// say writes; that the client may have closed is not the fake's business.
func (f *fake) say(text ...string) {
	for _, s := range text {
		_, _ = f.conn.Write([]byte(s))
	}
}

// line reads a line, without its end.
func (f *fake) line() (string, error) {
	s, err := f.r.ReadString('\n')
	return strings.TrimSuffix(s, "\r\n"), err
}

// command reads a command with its literals, for which it asks.
func (f *fake) command() (tag, rest string, err error) {
	whole := ""
	for {
		s, err := f.line()
		whole += s
		if err != nil {
			return "", "", err
		}
		n, sync, ok := literalAtEnd(s)
		if !ok {
			break
		}
		if sync {
			f.say("+ go on\r\n")
		}
		data := make([]byte, n)
		for i := range data {
			if data[i], err = f.r.ReadByte(); err != nil {
				return "", "", err
			}
		}
		whole += "\r\n" + string(data)
	}
	f.mu.Lock()
	f.said = append(f.said, whole)
	f.mu.Unlock()
	tag, rest, _ = strings.Cut(whole, " ")
	return tag, rest, nil
}

// literalAtEnd says whether a line announces a literal.
func literalAtEnd(s string) (n int, sync, ok bool) {
	i := strings.LastIndexByte(s, '{')
	if i < 0 || !strings.HasSuffix(s, "}") {
		return 0, false, false
	}
	digits, plus := strings.CutSuffix(s[i+1:len(s)-1], "+")
	n, err := strconv.Atoi(digits)
	return n, !plus, err == nil
}

// commands returns what the client has said.
func (f *fake) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.said)
}

// secrets are the commands that must not go out in clear.
func (f *fake) secrets() (all []string) {
	for _, s := range f.commands() {
		if u := strings.ToUpper(s); strings.Contains(u, " LOGIN ") || strings.Contains(u, " AUTHENTICATE ") {
			all = append(all, s)
		}
	}
	return all
}

// serve answers commands: handle those that it returns true for, the usual ones
// as a small server does.
func (f *fake) serve(handle func(tag, command string) bool) {
	defer f.conn.Close()
	for {
		tag, command, err := f.command()
		if err != nil {
			return
		}
		if handle != nil && handle(tag, command) {
			continue
		}
		f.answer(tag, command)
	}
}

const fakeCaps = "IMAP4rev1 IDLE UIDPLUS SORT THREAD=REFERENCES"

func (f *fake) answer(tag, command string) {
	name, _, _ := strings.Cut(command, " ")
	switch {
	case tag == "DONE":
		f.say(f.idle + " OK IDLE terminated\r\n")
	case name == "IDLE":
		f.idle = tag
		f.say("+ idling\r\n")
	case name == "SELECT", name == "EXAMINE":
		f.say("* FLAGS (\\Seen)\r\n* 50 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 100] x\r\n" + tag + " OK [READ-WRITE] selected\r\n")
	case name == "CAPABILITY":
		f.say("* CAPABILITY " + fakeCaps + "\r\n" + tag + " OK done\r\n")
	case name == "LOGIN":
		f.say(tag + " OK [CAPABILITY " + fakeCaps + "] in\r\n")
	default:
		f.say(tag + " OK done\r\n")
	}
}

// connect returns a client that is logged in to a fake and has INBOX selected.
func connect(t testing.TB, opts *imap.Options, handle func(f *fake, tag, command string) bool) (*imap.Client, *imap.Mailbox, *fake) {
	t.Helper()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security = imap.Plaintext
	client, server := imaptest.Pipe()
	f := newFake(server)
	go func() {
		f.say("* OK [CAPABILITY " + fakeCaps + "] hi\r\n")
		f.serve(func(tag, command string) bool { return handle != nil && handle(f, tag, command) })
	}()
	c, err := imap.NewClient(t.Context(), client, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(t.Context(), "alice", "pass"); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, box, f
}

// attack returns the case of the attack corpus.
func attack(t testing.TB, name string) corpus.Case {
	t.Helper()
	for _, c := range corpus.Load(t, corpus.Attacks) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no attack %q", name)
	return corpus.Case{}
}

// attacks returns the cases of a class.
func attacks(t testing.TB, class string) (all []corpus.Case) {
	t.Helper()
	for _, c := range corpus.Load(t, corpus.Attacks) {
		if c.AttackClass == class {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no attacks of class %q", class)
	}
	return all
}

// retag puts the tag of the command in flight in place of "A1".
func retag(input []byte, tag string) string {
	lines := strings.SplitAfter(string(input), "\r\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, "A1 "); ok {
			lines[i] = tag + " " + rest
		}
	}
	return strings.Join(lines, "")
}
