package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Plan is everything that is decided about a world: how it is made, and what
// happens in it. It is a value that can be written, read, shortened and run
// again.
type Plan struct {
	World World
	Steps []Step
}

// World says how a world is made.
type World struct {
	Seed        uint64 // of whatever is decided at random while the plan runs
	Server      string // the personality: a name from personalities
	Mailboxes   int    // how many are watched, of the names in boxNames
	From        string // "all" or "now"
	Changes     bool   `json:",omitempty"` // Watcher.Changes
	OnReset     string `json:",omitempty"` // Watcher.OnReset
	Listen      string `json:",omitempty"` // Watcher.Listen
	Connections int    `json:",omitempty"` // Watcher.Connections
	Memory      int    `json:",omitempty"` // Watcher.Memory
	Scan        Span   `json:",omitempty"` // Watcher.Scan
	MaxWait     Span   `json:",omitempty"` // Watcher.MaxWait
	Tokens      bool   `json:",omitempty"` // logging in is with access tokens
	Commit      string // how the handler commits at first: see handler
	Shuffle     bool   `json:",omitempty"` // answers to FETCH come in any order, some twice
	Split       int    `json:",omitempty"` // bytes of the server come in pieces of up to so many; 0: whole
}

// Step is one thing that happens. What the fields mean depends on Do; see
// actions.
type Step struct {
	After Span   `json:",omitempty"` // the time that passes before
	Do    string // the name of an action
	Box   string `json:",omitempty"` // a mailbox
	To    string `json:",omitempty"` // another one
	N     int64  `json:",omitempty"` // how many, how often, which
	Text  string `json:",omitempty"` // a word of the action's
	For   Span   `json:",omitempty"` // how long
	Seed  uint64 `json:",omitempty"` // of what is chosen at random
	Then  *Step  `json:",omitempty"` // what happens when what is awaited has happened
}

// Span is a time.Duration that is written as "1m30s".
type Span time.Duration

// MarshalText writes s.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}

func (s Span) d() time.Duration { return time.Duration(s) }

// String is the plan as a .sim file: a line of JSON for the world and one for
// each step. Lines that begin with # are comments.
func (p *Plan) String() string {
	var b strings.Builder
	b.WriteString(line(p.World))
	for _, s := range p.Steps {
		b.WriteString(line(s))
	}
	return b.String()
}

func (s Step) String() string { return strings.TrimSpace(line(s)) }

func line(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // none of the types can fail
	}
	return string(text) + "\n"
}

// ParsePlan reads what String wrote.
func ParsePlan(text []byte) (*Plan, error) {
	p := new(Plan)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n, first := 1, true; lines.Scan(); n++ {
		l := bytes.TrimSpace(lines.Bytes())
		if len(l) == 0 || l[0] == '#' {
			continue
		}
		var err error
		if first {
			err = strict(l, &p.World)
		} else {
			var s Step
			err = strict(l, &s)
			p.Steps = append(p.Steps, s)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		first = false
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return p, p.valid()
}

func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// valid says what is wrong with a plan that was written by hand.
func (p *Plan) valid() error {
	if _, ok := personalities[p.World.Server]; !ok {
		return fmt.Errorf("no server %q", p.World.Server)
	}
	if n := p.World.Mailboxes; n < 1 || n > len(boxNames) {
		return fmt.Errorf("%d mailboxes: want 1 to %d", n, len(boxNames))
	}
	known := actions()
	for i, s := range p.Steps {
		for t := &s; t != nil; t = t.Then {
			if known[t.Do] == nil {
				return fmt.Errorf("step %d: nothing is called %q", i+1, t.Do)
			}
		}
	}
	return nil
}
