package sabotage

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Sabotage is a way to break the code.
type Sabotage struct {
	Name   string
	Breaks string // what no longer holds, in a sentence
	Caught []Tests
	Edits  []Edit
}

// Tests are some of a package's tests.
type Tests struct {
	Package string   // "./watch"
	Run     string   // which of its tests
	Flags   []string // further flags of the tests
}

func (t Tests) String() string {
	return strings.Join(append([]string{t.Package, "-run", t.Run}, t.Flags...), " ")
}

// Edit replaces lines of a file, which is named by its path from the root of the
// module.
type Edit struct {
	File     string
	Old, New string // each with its line ends
}

// Parse reads a sabotage.
func Parse(name, text string) (*Sabotage, error) {
	s := &Sabotage{Name: name}
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if err := s.line(line); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, i+1, err)
		}
	}
	switch {
	case s.Breaks == "", len(s.Caught) == 0, len(s.Edits) == 0:
		return nil, fmt.Errorf("%s: it needs breaks:, caught: and edit: lines", name)
	case slices.ContainsFunc(s.Edits, func(e Edit) bool { return e.Old == "" || e.Old == e.New }):
		return nil, fmt.Errorf("%s: an edit must take lines out, or add some to lines that stay", name)
	}
	return s, nil
}

// line takes a line over.
func (s *Sabotage) line(line string) error {
	word, rest, _ := strings.Cut(line, ": ")
	switch word {
	case "breaks":
		s.Breaks = rest
		return nil
	case "caught":
		tests, err := parseTests(rest)
		s.Caught = append(s.Caught, tests)
		return err
	case "edit":
		if rest != path.Clean(rest) || path.Ext(rest) != ".go" || strings.HasSuffix(rest, "_test.go") {
			return fmt.Errorf("%q is not a Go file, or a test", rest)
		}
		s.Edits = append(s.Edits, Edit{File: rest})
		return nil
	}
	if len(s.Edits) == 0 || line == "" {
		return fmt.Errorf("want breaks:, caught:, edit:, or a line of an edit, not %q", line)
	}
	return s.Edits[len(s.Edits)-1].line(line[:1], line[1:]+"\n")
}

func (e *Edit) line(mark, text string) error {
	if !strings.Contains("+- ", mark) {
		return fmt.Errorf("a line of an edit begins with +, - or a space, not %q", mark)
	}
	if mark != "+" {
		e.Old += text
	}
	if mark != "-" {
		e.New += text
	}
	return nil
}

func parseTests(text string) (Tests, error) {
	word := strings.Fields(text)
	if len(word) < 3 || word[1] != "-run" {
		return Tests{}, fmt.Errorf("want PACKAGE -run TESTS, not %q", text)
	}
	return Tests{Package: word[0], Run: word[2], Flags: word[3:]}, nil
}

// Apply returns the files that the sabotage changes as they are then. read returns
// a file as it is.
func (s *Sabotage) Apply(read func(file string) (string, error)) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range s.Edits {
		text, ok := files[e.File]
		if !ok {
			var err error
			if text, err = read(e.File); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		if n := count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("%s: %d times in %s, not once; adapt the sabotage, or remove it if what it breaks is gone:\n%s",
				s.Name, n, e.File, e.Old)
		}
		files[e.File] = strings.Replace("\n"+text, "\n"+e.Old, "\n"+e.New, 1)[1:]
	}
	return files, nil
}

// count is how often whole lines are in a text.
func count(text, lines string) (n int) {
	text, lines = "\n"+text, "\n"+lines
	for {
		i := strings.Index(text, lines)
		if i < 0 {
			return n
		}
		n++
		text = text[i+1:]
	}
}
