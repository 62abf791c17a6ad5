package sim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
)

// story is what happened last: the steps, what was told, the protocol. It also
// watches for secrets in all that it hears.
type story struct {
	began time.Time

	mu      sync.Mutex
	lines   []string // a ring
	n       int
	leaked  string
	canards [][]byte
}

const storyLines = 250

// newStory begins now. The secrets must never be in it.
func newStory(secrets ...string) *story {
	s := &story{began: time.Now(), lines: make([]string, storyLines)}
	for _, secret := range secrets {
		s.canards = append(s.canards, []byte(secret),
			[]byte(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "=")))
	}
	return s
}

// add writes a line down.
func (s *story) add(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch(kind, []byte(text))
	s.lines[s.n%storyLines] = fmt.Sprintf("%14s %-5s %s", time.Since(s.began).Round(time.Millisecond), kind, clip(text))
	s.n++
}

func (s *story) watch(kind string, text []byte) {
	for _, c := range s.canards {
		if s.leaked == "" && bytes.Contains(text, c) {
			s.leaked = fmt.Sprintf("a secret in %s: %s", kind, clip(string(text)))
		}
	}
}

// watchText looks for secrets in what is not a line of the story.
func (s *story) watchText(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch(kind, []byte(text))
}

// secret is where a secret was seen, or "".
func (s *story) secret() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaked
}

// String is the last lines.
func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for i := max(0, s.n-storyLines); i < s.n; i++ {
		b.WriteString(s.lines[i%storyLines])
		b.WriteByte('\n')
	}
	return b.String()
}

func clip(s string) string {
	s = strings.TrimRight(s, "\r\n")
	if len(s) > 300 {
		return s[:300] + "..."
	}
	return s
}

// writer is an io.Writer of lines into a story.
type writer struct {
	s    *story
	kind string
}

func (w writer) Write(p []byte) (int, error) {
	for l := range bytes.Lines(p) {
		w.s.add(w.kind, string(l))
	}
	return len(p), nil
}
