package imaptest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Transcript is a parsed script of a server's part in a conversation: see
// Script for how it is written. It does not change, so it can be played many
// times at once.
type Transcript struct {
	steps []step
	last  int // number of the last line
}

// step is one thing the player does.
type step struct {
	line  int
	verb  verb
	text  []byte
	wait  time.Duration
	sizes []int    // of split
	count int      // of repeat; 0: until the client closes
	body  []step   // of repeat
	tags  []string // bound for the first time in this step's body
}

type verb uint8

const (
	verbSay       verb = iota // text
	verbExpect                // a line
	verbExpectRaw             // bytes
	verbAny
	verbPause
	verbStall
	verbCut
	verbHalfClose
	verbSplit
	verbExpectClose
	verbStartTLS
	verbRepeat
)

// ParseTranscript parses a transcript, written as Script describes it. Errors
// have the number of the line.
func ParseTranscript(text string) (*Transcript, error) {
	p := &transcriptParser{lines: strings.Split(text, "\n"), bound: make(map[string]bool)}
	steps, err := p.block(false)
	if err != nil {
		return nil, fmt.Errorf("imaptest: transcript line %d: %w", p.at, err)
	}
	return &Transcript{steps: steps, last: len(p.lines)}, nil
}

// transcriptParser reads a transcript line by line.
type transcriptParser struct {
	lines []string
	at    int             // lines read so far: the number of the current one
	bound map[string]bool // tags that a C: line before has bound
	over  bool            // after cut
}

// block reads steps up to the end, or up to the "end" of a repeat.
func (p *transcriptParser) block(inner bool) ([]step, error) {
	var steps []step
	for p.at < len(p.lines) {
		line := strings.TrimLeft(strings.TrimSuffix(p.lines[p.at], "\r"), " \t")
		p.at++
		switch {
		case line == "" || line[0] == '#':
			continue
		case line == "end" && inner:
			return steps, nil
		case p.over:
			return nil, fmt.Errorf("nothing can follow cut")
		}
		s := step{line: p.at}
		if err := p.parse(&s, line); err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	if inner {
		return nil, fmt.Errorf("repeat without its end")
	}
	return steps, nil
}

// parse reads one line.
func (p *transcriptParser) parse(s *step, line string) error {
	mark, text, found := strings.Cut(line, ":")
	if found {
		text = strings.TrimPrefix(text, " ")
		switch mark {
		case "S":
			s.text = []byte(text + "\r\n")
			return p.checkTag(text)
		case "C":
			s.verb, s.text = verbExpect, []byte(text)
			p.bind(text)
			return nil
		case "S!":
			return s.unescape(text)
		case "C!":
			s.verb = verbExpectRaw
			return s.unescape(text)
		}
	}
	word, argument, _ := strings.Cut(strings.TrimRight(line, " \t"), " ")
	return p.directive(s, word, strings.TrimSpace(argument))
}

// directive reads a line that is not said by anybody.
func (p *transcriptParser) directive(s *step, word, argument string) error {
	plain := map[string]verb{
		"cut": verbCut, "halfclose": verbHalfClose, "expect-close": verbExpectClose,
		"starttls": verbStartTLS,
	}
	if v, known := plain[word]; known {
		if argument != "" {
			return fmt.Errorf("%s takes no argument", word)
		}
		s.verb = v
		p.over = v == verbCut
		return nil
	}
	switch word {
	case "any":
		s.verb, s.text = verbAny, []byte(argument)
		if argument != "" && placeholder(argument) != argument {
			return fmt.Errorf("any takes a tag like $1, not %q", argument)
		}
		p.bind(argument)
		return nil
	case "pause", "stall":
		return s.pause(word, argument)
	case "split":
		return s.split(argument)
	case "repeat":
		return p.repeat(s, argument)
	}
	return fmt.Errorf("unknown directive %q", word)
}

func (s *step) pause(word, argument string) error {
	if argument == "" && word == "stall" {
		s.verb = verbStall
		return nil
	}
	d, err := time.ParseDuration(argument)
	if err != nil || d < 0 {
		return fmt.Errorf("%s takes a duration like 50ms, not %q", word, argument)
	}
	s.verb, s.wait = verbPause, d
	return nil
}

func (s *step) split(argument string) error {
	s.verb = verbSplit
	if argument == "off" {
		return nil
	}
	for word := range strings.SplitSeq(argument, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 {
			return fmt.Errorf("split takes sizes like 3,7,2, or off, not %q", argument)
		}
		s.sizes = append(s.sizes, n)
	}
	return nil
}

func (p *transcriptParser) repeat(s *step, argument string) error {
	s.verb = verbRepeat
	if argument != "" {
		n, err := strconv.Atoi(argument)
		if err != nil || n < 1 {
			return fmt.Errorf("repeat takes a number from 1, not %q", argument)
		}
		s.count = n
	}
	before := len(p.bound)
	outer := make(map[string]bool, before)
	for tag := range p.bound {
		outer[tag] = true
	}
	var err error
	if s.body, err = p.block(true); err != nil {
		return err
	}
	for tag := range p.bound {
		if !outer[tag] {
			s.tags = append(s.tags, tag)
		}
	}
	if len(s.body) == 0 {
		return fmt.Errorf("repeat of nothing")
	}
	if s.count == 0 && !s.body[0].listens() {
		return fmt.Errorf("repeat without a number has to begin with a C: line")
	}
	return nil
}

// listens says whether the step waits for something the client says.
func (s step) listens() bool {
	return s.verb == verbExpect || s.verb == verbExpectRaw || s.verb == verbAny
}

// bind notes the tag that a client's line begins with.
func (p *transcriptParser) bind(text string) {
	if tag := placeholder(text); tag != "" {
		p.bound[tag] = true
	}
}

// checkTag fails when a server's line begins with a tag nobody has used.
func (p *transcriptParser) checkTag(text string) error {
	if tag := placeholder(text); tag != "" && !p.bound[tag] {
		return fmt.Errorf("no C: line before has the tag %s", tag)
	}
	return nil
}

// placeholder returns the $1 at the start of text, or nothing.
func placeholder(text string) string {
	n := 1
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	if n < 2 || text[0] != '$' || n < len(text) && text[n] != ' ' {
		return ""
	}
	return text[:n]
}

// unescape reads the text of a raw line.
func (s *step) unescape(text string) error {
	simple := map[byte]byte{'r': '\r', 'n': '\n', 't': '\t', '0': 0, '\\': '\\', '"': '"'}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			s.text = append(s.text, text[i])
			continue
		}
		if i++; i == len(text) {
			return fmt.Errorf("backslash at the end of a raw line")
		}
		if b, known := simple[text[i]]; known {
			s.text = append(s.text, b)
			continue
		}
		if text[i] != 'x' || i+2 >= len(text) {
			return fmt.Errorf(`unknown escape \%c: there are \r \n \t \0 \\ \" \xNN`, text[i])
		}
		n, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		if err != nil {
			return fmt.Errorf(`\x takes two hexadecimal digits, not %q`, text[i+1:i+3])
		}
		s.text = append(s.text, byte(n))
		i += 2
	}
	return nil
}
