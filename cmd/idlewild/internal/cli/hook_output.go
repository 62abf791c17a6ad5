package cli

import (
	"bytes"
	"fmt"
	"sync"
)

const (
	// hookKept is how many bytes of a command's output are shown; more is read
	// and dropped, so that the command does not wait for us.
	hookKept = 64 << 10
	// hookLine is the longest line that is shown in one piece.
	hookLine = 4 << 10
)

// hookOutput takes what a command writes and passes it on line by line.
type hookOutput struct {
	line func(string)

	mu      sync.Mutex
	part    []byte // a line that is not complete
	kept    int
	dropped int64
}

// Write never fails.
func (o *hookOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(p)
	keep := min(n, hookKept-o.kept)
	o.kept += keep
	o.dropped += int64(n - keep)
	for p = p[:keep]; len(p) > 0; {
		line, rest, whole := bytes.Cut(p, []byte("\n"))
		if room := hookLine - len(o.part); len(line) >= room {
			line, rest, whole = p[:room], p[room:], true
		}
		o.part = append(o.part, line...)
		if whole {
			o.flush()
		}
		p = rest
	}
	return n, nil
}

// end passes on what is left.
func (o *hookOutput) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.part) > 0 {
		o.flush()
	}
	if o.dropped > 0 {
		o.line(fmt.Sprintf("(and %d bytes more, which are not shown)", o.dropped))
	}
}

func (o *hookOutput) flush() {
	o.line(string(bytes.TrimSuffix(o.part, []byte("\r"))))
	o.part = o.part[:0]
}
