package imap

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// tracer writes the protocol of a connection. What may be shown is decided by
// the state of the protocol, never by looking for what resembles a secret: of
// LOGIN only the name is told, of AUTHENTICATE the mechanism, of a literal the
// size.
//
// A nil tracer does nothing.
type tracer struct {
	w       io.Writer // nil: only the last lines are kept
	mu      sync.Mutex
	recent  recentLines
	buf     []byte
	dropped int
	writing bool
	closed  bool
	idle    chan struct{} // closed when the writer has ended
	secret  bool          // an AUTHENTICATE is under way
}

const (
	traceBacklog = 1 << 20
	traceLine    = 2000
	traceGrace   = time.Second // for the last lines, at Close
)

// newTracer returns nil if neither a trace nor the last lines are wanted.
func newTracer(w io.Writer, recent int) *tracer {
	if w == nil && recent <= 0 {
		return nil
	}
	return &tracer{w: w, recent: recentLines{most: recent}}
}

// command notes a command as it is begun.
func (t *tracer) command(k *call) {
	if t == nil {
		return
	}
	switch k.name {
	case "LOGIN":
		t.line('C', k.tag+" LOGIN ***")
	case "AUTHENTICATE":
		_, mechanism, _ := strings.Cut(k.cmd.Redacted(), " ")
		mechanism, _, _ = strings.Cut(mechanism, " ")
		t.line('C', k.tag+" AUTHENTICATE "+mechanism+" ***")
	default:
		t.line('C', k.tag+" "+k.cmd.Redacted())
	}
}

// response notes a response; literals are told by their size.
func (t *tracer) response(wr *wire.Response) {
	if t == nil {
		return
	}
	b := wr.Bytes
	if len(b) > 0 && b[0] == '+' && t.inSecret() {
		t.line('S', "+ ***")
		return
	}
	switch name := responseName(b); name {
	case "GENURLAUTH", "URLFETCH": // whoever has such a URL may read the message
		t.line('S', "* "+name+" ***")
		return
	}
	var out []byte
	for len(b) > 0 && len(out) < traceLine {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			out = append(out, b...)
			break
		}
		head := bytes.TrimSuffix(b[:i], []byte("\r"))
		n := sizeAtEnd(head)
		out = append(out, head...)
		out = append(out, fmt.Sprintf("<%d bytes>", n)...)
		b = b[min(len(b), i+1+n):]
	}
	t.line('S', string(out))
}

// sizeAtEnd is the number in braces at the end of a line.
func sizeAtEnd(line []byte) int {
	i := bytes.LastIndexByte(line, '{')
	n, _ := strconv.Atoi(string(bytes.Trim(line[i+1:], "{}+")))
	return n
}

func (t *tracer) inSecret() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.secret
}

// hide says that continuation requests are part of a login.
func (t *tracer) hide(on bool) {
	if t != nil {
		t.mu.Lock()
		t.secret = on
		t.mu.Unlock()
	}
}

// line notes a line of one side.
func (t *tracer) line(side byte, text string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	full := len(t.buf) > traceBacklog || t.closed
	if full && t.recent.most <= 0 {
		t.dropped++
		return
	}
	if len(text) > traceLine {
		text = text[:traceLine] + fmt.Sprintf("… (%d bytes)", len(text))
	}
	line := time.Now().UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z ")
	line = append(line, side, ':', ' ')
	for _, r := range text {
		if !printableRune(r) {
			r = '\uFFFD'
		}
		line = append(line, string(r)...)
	}
	t.recent.add(line)
	switch {
	case t.w == nil:
		return
	case full:
		t.dropped++
		return
	}
	t.buf = append(append(t.buf, line...), '\n')
	if !t.writing {
		t.writing = true
		t.idle = make(chan struct{})
		go t.write()
	}
}

// write is the goroutine that exists while there are lines.
func (t *tracer) write() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.buf) > 0 {
		b := t.buf
		t.buf = nil
		if t.dropped > 0 {
			b = fmt.Appendf(b, "(%d lines dropped: the trace was not written fast enough)\n", t.dropped)
			t.dropped = 0
		}
		t.mu.Unlock()
		_, err := t.w.Write(b)
		t.mu.Lock()
		if err != nil {
			t.closed, t.buf = true, nil
		}
	}
	t.writing = false
	close(t.idle)
}

// close waits a moment for the last lines.
func (t *tracer) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	t.closed = true
	writing, idle := t.writing, t.idle
	t.mu.Unlock()
	if !writing {
		return
	}
	timer := time.NewTimer(traceGrace)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
}
