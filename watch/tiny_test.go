package watch_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// tiny is a connection to a server that takes next to no memory and no goroutine:
// what a Watcher takes can be measured without it. It answers what it is told
// while that is being written. All its mailboxes hold the same few messages.
type tiny struct {
	net.Conn // nil: what is not here is not called
	caps     string
	messages int
	answers  *sync.Map // to what was asked so far

	mu     sync.Mutex
	unread []byte
	more   chan struct{}
	closed chan struct{}
	idling string // the tag of IDLE
}

func newTiny(caps string, messages int) *tiny {
	c := &tiny{caps: caps, messages: messages, answers: new(sync.Map), more: make(chan struct{}, 1), closed: make(chan struct{})}
	c.say("* PREAUTH [CAPABILITY IMAP4rev1 %s] ready", caps)
	return c
}

// another is another connection to the same server.
func (c *tiny) another() *tiny {
	other := newTiny(c.caps, c.messages)
	other.answers = c.answers
	return other
}

// dial is for Watcher.Dial.
func (c *tiny) dial(ctx context.Context) (*imap.Client, error) {
	return imap.NewClient(ctx, c, &imap.Options{Security: imap.Plaintext})
}

func (c *tiny) say(format string, args ...any) {
	c.unread = fmt.Appendf(c.unread, format+"\r\n", args...)
	select {
	case c.more <- struct{}{}:
	default:
	}
}

func (c *tiny) Read(p []byte) (int, error) {
	for {
		c.mu.Lock()
		n := copy(p, c.unread)
		if c.unread = c.unread[n:]; len(c.unread) == 0 {
			c.unread = nil
		}
		c.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		select {
		case <-c.more:
		case <-c.closed:
			return 0, io.EOF
		}
	}
}

func (c *tiny) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range strings.Lines(string(p)) {
		c.hear(strings.TrimRight(line, "\r\n"))
	}
	return len(p), nil
}

func (c *tiny) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return nil
}

func (*tiny) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (*tiny) SetDeadline(time.Time) error      { return nil }
func (*tiny) SetReadDeadline(time.Time) error  { return nil }
func (*tiny) SetWriteDeadline(time.Time) error { return nil }

// arrive makes a message arrive in the mailbox that is open.
func (c *tiny) arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages++
	c.say("* %d EXISTS", c.messages)
}

func (c *tiny) hear(line string) {
	if line == "DONE" {
		c.say("%s OK done", c.idling)
		return
	}
	tag, rest, _ := strings.Cut(line, " ")
	name, args, _ := strings.Cut(rest, " ")
	if name == "UID" {
		name, args, _ = strings.Cut(args, " ")
	}
	switch name {
	case "EXAMINE", "SELECT":
		c.say("* %d EXISTS", c.messages)
		c.say("* OK [UIDVALIDITY 17] ok")
		c.say("* OK [UIDNEXT %d] ok", c.messages+1)
	case "STATUS":
		box, _, _ := strings.Cut(args, " ")
		c.say("* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY 17)", box, c.messages, c.messages+1)
	case "SEARCH":
		c.say("* SEARCH%s", c.search(args))
	case "FETCH":
		c.fetch(args)
	case "IDLE":
		c.idling = tag
		c.say("+ idling")
		return
	}
	c.say("%s OK done", tag)
}

// search are the UIDs that "ALL" or "UID first:last" asks for.
func (c *tiny) search(args string) string {
	first, last := c.interval(strings.TrimPrefix(args, "UID "))
	return c.answer("SEARCH", first, last, func(b *strings.Builder, uid int) { fmt.Fprint(b, " ", uid) })
}

// fetch answers for the messages in a range.
func (c *tiny) fetch(args string) {
	first, last := c.interval(args)
	c.unread = append(c.unread, c.answer("FETCH", first, last, func(b *strings.Builder, uid int) {
		fmt.Fprintf(b, "* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d "+
			"ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700\" \"Hello\" ((\"Bob\" NIL \"bob\" \"example.org\")) "+
			"((\"Bob\" NIL \"bob\" \"example.org\")) ((\"Bob\" NIL \"bob\" \"example.org\")) "+
			"((\"Alice\" NIL \"alice\" \"example.org\")) NIL NIL NIL \"<%d@example.org>\"))\r\n", uid, uid, 1000+uid, uid)
	})...)
}

// answer is what is said of the messages in a range. It is made once only.
func (c *tiny) answer(what string, first, last int, one func(b *strings.Builder, uid int)) string {
	key := fmt.Sprint(what, first, ":", last)
	if text, ok := c.answers.Load(key); ok {
		return text.(string)
	}
	var b strings.Builder
	for uid := first; uid <= last; uid++ {
		one(&b, uid)
	}
	c.answers.Store(key, b.String())
	return b.String()
}

// interval are the first and the last UID of a range, up to what there is.
func (c *tiny) interval(of string) (first, last int) {
	n, _ := fmt.Sscanf(of, "%d:%d", &first, &last)
	switch {
	case n == 0:
		first, last = 1, c.messages
	case n == 1 && strings.Contains(of, ":*"):
		last = c.messages
	case n == 1:
		last = first
	}
	return first, min(last, c.messages)
}
