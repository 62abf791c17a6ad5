package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// output is stdout, as records one a line. On a terminal it keeps a live line
// below them. Any goroutine may use it.
type output struct {
	stdout  io.Writer
	json    bool
	style   style
	columns func() int // nil: stdout is no terminal

	mu   sync.Mutex
	live func(columns int) string // nil: no live line
	on   bool                     // the live line is on the screen
}

func newOutput(e *env, asJSON bool) *output {
	o := &output{stdout: e.stdout, json: asJSON}
	f, ok := e.stdout.(*os.File)
	if !ok || asJSON || !term.IsTerminal(int(f.Fd())) || e.getenv("TERM") == "dumb" {
		return o
	}
	o.style.color = e.getenv("NO_COLOR") == ""
	o.columns = func() int {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 1 {
			return w - 1 // in the last column some terminals wrap
		}
		return 79
	}
	return o
}

// terminal says whether people look on.
func (o *output) terminal() bool { return o.columns != nil }

// outputError says that stdout takes nothing more.
type outputError struct{ err error }

func (e *outputError) Error() string {
	if errors.Is(e.err, syscall.EPIPE) {
		return "cannot write to stdout: whoever read it has ended"
	}
	return "cannot write to stdout: " + e.err.Error()
}
func (e *outputError) Unwrap() error { return e.err }

// emit puts out a record. When it returns nil, the line is out of our hands.
func (o *output) emit(r record) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.json {
		return o.write([]byte(r.line(o.style, o.width()) + "\n"))
	}
	for _, r := range each(r) {
		text, err := encodeJSON(r)
		if err != nil {
			return err
		}
		if err := o.write(text); err != nil {
			return err
		}
	}
	return nil
}

// print puts out a line for people; with JSON it does nothing.
func (o *output) print(line string) error {
	if o.json {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write([]byte(line + "\n"))
}

// setLive begins a live line, or ends it with nil; refresh draws it anew.
func (o *output) setLive(live func(columns int) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.terminal() {
		return
	}
	o.erase()
	o.live = live
	o.draw()
}

func (o *output) refresh() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.draw()
}

// aside lets something be written to stderr, above the live line.
func (o *output) aside(write func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.erase()
	write()
	o.draw()
}

// The rest is called with mu locked.

func (o *output) width() int {
	if o.columns == nil {
		return 0
	}
	return o.columns()
}

func (o *output) write(line []byte) error {
	o.erase()
	if _, err := o.stdout.Write(line); err != nil {
		return &outputError{err}
	}
	o.draw()
	return nil
}

func (o *output) erase() {
	if o.on {
		_, _ = io.WriteString(o.stdout, eraseLine)
		o.on = false
	}
}

func (o *output) draw() {
	if o.live != nil {
		_, _ = io.WriteString(o.stdout, eraseLine+o.live(o.columns()))
		o.on = true
	}
}

// encodeJSON returns one line.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return append(cleanJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), '\n'), nil
}
