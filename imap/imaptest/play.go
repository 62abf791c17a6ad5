package imaptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// PlayOptions say how a Transcript is played.
type PlayOptions struct {
	// Timeout limits every step, in real time; for sockets. Zero: no limit.
	Timeout time.Duration

	// TLS is for the starttls directive. Nil: it fails.
	TLS *tls.Config
}

// Play plays the transcript as the server on conn, and closes conn at its end:
// when the client has closed, or when it did something else, which is the
// error.
func (t *Transcript) Play(conn net.Conn, opts *PlayOptions) error {
	p := newPlayer(t, conn, opts)
	err := p.play()
	if err == nil {
		err = p.drain()
	}
	p.conn.Close()
	return err
}

// player plays a transcript. It belongs to one goroutine, except for received.
type player struct {
	script *Transcript
	opts   PlayOptions
	conn   net.Conn
	quit   chan struct{} // closed when pauses have to end

	unread []byte // read from conn and not yet looked at
	tags   map[string]string
	sizes  []int  // of split, and
	turn   int    // how many pieces were said
	gone   bool   // the client has closed
	idle   string // tag of an IDLE that the client has not ended yet

	mu       sync.Mutex
	received []byte
}

func newPlayer(t *Transcript, conn net.Conn, opts *PlayOptions) *player {
	p := &player{
		script: t,
		conn:   conn,
		quit:   make(chan struct{}),
		tags:   make(map[string]string),
	}
	if opts != nil {
		p.opts = *opts
	}
	return p
}

func (p *player) play() error { return p.steps(p.script.steps) }

func (p *player) steps(steps []step) error {
	for _, s := range steps {
		if p.opts.Timeout > 0 {
			p.conn.SetDeadline(time.Now().Add(p.opts.Timeout))
		}
		if err := p.step(s); err != nil {
			if inner := (*scriptError)(nil); errors.As(err, &inner) {
				return err
			}
			return &scriptError{line: s.line, err: err}
		}
	}
	return nil
}

// scriptError is what went wrong, and where.
type scriptError struct {
	line int
	err  error
}

func (e *scriptError) Error() string {
	return fmt.Sprintf("imaptest: transcript line %d: %v", e.line, e.err)
}

func (e *scriptError) Unwrap() error { return e.err }

func (p *player) step(s step) error {
	switch s.verb {
	case verbSay:
		return p.say(p.fill(s.text))
	case verbExpect, verbAny:
		return p.expect(s)
	case verbExpectRaw:
		return p.expectRaw(s.text)
	case verbPause:
		p.pause(s.wait)
		return nil
	case verbStall:
		p.untilClosed()
		return nil
	case verbCut:
		p.conn.Close()
		return nil
	case verbHalfClose:
		if half, can := p.conn.(interface{ CloseWrite() error }); can {
			return half.CloseWrite()
		}
		return fmt.Errorf("halfclose: a %T cannot", p.conn)
	case verbSplit:
		p.sizes, p.turn = s.sizes, 0
		return nil
	case verbExpectClose:
		return p.expectClose()
	case verbStartTLS:
		return p.startTLS()
	default:
		return p.repeat(s)
	}
}

// say writes data, split as the script wants it. To a client that is gone it
// says nothing, since no server could know.
func (p *player) say(data []byte) error {
	if p.idle != "" && bytes.HasPrefix(data, []byte(p.idle+" ")) {
		p.idle = ""
	}
	for len(data) > 0 && !p.gone {
		n := len(data)
		if len(p.sizes) > 0 {
			n = min(n, p.sizes[p.turn%len(p.sizes)])
			p.turn++
		}
		if _, err := p.conn.Write(data[:n]); err != nil {
			if isTimeout(err) {
				return fmt.Errorf("the client does not read: %w", err)
			}
			p.gone = true
		}
		data = data[n:]
	}
	return nil
}

// fill puts the tags into a line.
func (p *player) fill(text []byte) []byte {
	if bytes.IndexByte(text, '$') < 0 || len(p.tags) == 0 {
		return text
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		end := i + 1
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if tag, bound := p.tags[string(text[i:end])]; text[i] == '$' && bound {
			out = append(out, tag...)
			i = end - 1
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// expect reads a line and compares it.
func (p *player) expect(s step) error {
	got, err := p.line()
	if err != nil {
		return p.missing(describe(s), got, err)
	}
	tag := placeholder(string(s.text))
	if _, bound := p.tags[tag]; tag != "" && !bound {
		name, _, _ := strings.Cut(string(got), " ")
		p.tags[tag] = name
	}
	want := string(p.fill(s.text)) + "\r\n"
	if s.verb == verbExpect && want != string(got) {
		return fmt.Errorf("the client said something else\n\twant %q\n\tgot  %q", want, got)
	}
	if name, rest, _ := strings.Cut(string(got), " "); rest == "IDLE\r\n" {
		p.idle = name
	} else if string(got) == "DONE\r\n" {
		p.idle = ""
	}
	return nil
}

// describe names what a step waits for.
func describe(s step) string {
	if s.verb == verbAny {
		return "any line"
	}
	return fmt.Sprintf("%q", s.text)
}

func (p *player) expectRaw(want []byte) error {
	for len(p.unread) < len(want) {
		if err := p.read(); err != nil {
			return p.missing(fmt.Sprintf("%q", want), p.unread, err)
		}
	}
	got := p.unread[:len(want)]
	p.unread = p.unread[len(want):]
	if !bytes.Equal(got, want) {
		return fmt.Errorf("the client said something else\n\twant %q\n\tgot  %q", want, got)
	}
	return nil
}

// missing is the error for what the client has not said.
func (p *player) missing(want string, got []byte, err error) error {
	what := "the client closed the connection"
	if isTimeout(err) {
		what = "the client said nothing more in time"
	}
	return fmt.Errorf("%s\n\twant %s\n\tgot  %q", what, want, got)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// pause waits, but not when the test is over.
func (p *player) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.quit:
	}
}

// untilClosed reads and forgets until the client closes.
func (p *player) untilClosed() {
	p.conn.SetDeadline(time.Time{})
	for p.read() == nil {
		p.unread = nil
	}
	p.unread = nil
}

func (p *player) expectClose() error {
	if len(p.unread) == 0 {
		switch err := p.read(); {
		case err == nil:
		case isTimeout(err):
			return fmt.Errorf("the client does not close the connection")
		default:
			return nil
		}
	}
	return fmt.Errorf("the client did not close the connection\n\tgot  %q", p.unread)
}

func (p *player) startTLS() error {
	if p.opts.TLS == nil {
		return errors.New("starttls: there is no TLS configuration")
	}
	if len(p.unread) > 0 {
		return fmt.Errorf("starttls: the client did not wait\n\tgot  %q", p.unread)
	}
	t := tls.Server(p.conn, p.opts.TLS)
	if err := t.Handshake(); err != nil {
		return fmt.Errorf("starttls: %w", err)
	}
	p.conn = t
	return nil
}

// repeat plays steps again and again.
func (p *player) repeat(s step) error {
	for i := 0; s.count == 0 || i < s.count; i++ {
		for _, tag := range s.tags {
			delete(p.tags, tag)
		}
		if s.count == 0 && len(p.unread) == 0 {
			if err := p.read(); isTimeout(err) {
				return fmt.Errorf("the client said nothing more in time")
			} else if err != nil {
				return nil
			}
		}
		if err := p.steps(s.body); err != nil {
			return err
		}
	}
	return nil
}

// drain waits for the client to close and fails if it says anything first. A
// client that idles when the script ends may say DONE or just close: which of
// them comes first is up to its scheduler, so a script cannot know.
func (p *player) drain() error {
	for {
		if p.idle != "" && string(p.unread) == "DONE\r\n" {
			p.idle, p.unread = "", nil
		}
		if len(p.unread) > 0 && (p.idle == "" || !strings.HasPrefix("DONE\r\n", string(p.unread))) {
			break
		}
		if err := p.read(); isTimeout(err) || err != nil && len(p.unread) > 0 {
			break
		} else if err != nil {
			return nil
		}
	}
	if len(p.unread) == 0 {
		return &scriptError{p.script.last, errors.New("the client does not close the connection")}
	}
	return &scriptError{
		p.script.last,
		fmt.Errorf("after the end of the script the client said\n\tgot  %q", p.unread),
	}
}

// line reads up to the next LF, which it includes.
func (p *player) line() ([]byte, error) {
	for {
		if end := bytes.IndexByte(p.unread, '\n'); end >= 0 {
			line := p.unread[:end+1]
			p.unread = p.unread[end+1:]
			return line, nil
		}
		if err := p.read(); err != nil {
			return p.unread, err
		}
	}
}

// read reads some more.
func (p *player) read() error {
	buf := make([]byte, 4096)
	n, err := p.conn.Read(buf)
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n == 0 {
		return err
	}
	p.unread = append(p.unread, buf[:n]...)
	p.mu.Lock()
	p.received = append(p.received, buf[:n]...)
	p.mu.Unlock()
	return nil
}
