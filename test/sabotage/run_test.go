package sabotage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	atOnce  = 2               // go commands
	longest = 5 * time.Minute // for one, with the compiler's time
	within  = "2m"            // for its tests
)

// Every sabotage is noticed by the tests that it names, which pass without it.
func TestSabotage(t *testing.T) {
	if os.Getenv("IDLEWILD_LONG") == "" {
		t.Skip("./check long runs it")
	}
	g := &goCommand{slots: make(chan struct{}, atOnce), dir: t.TempDir(), built: map[string]func() (string, error){}}
	var (
		mu    sync.Mutex
		table []string
	)
	t.Cleanup(func() { // when all are done
		slices.Sort(table)
		t.Logf("what was broken, the tests that must notice, those that did:\n%s", strings.Join(table, "\n"))
	})
	for _, s := range load(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, tests := range s.Caught {
				caught := g.try(t, s, tests)
				mu.Lock()
				table = append(table, fmt.Sprintf("%-32s %-45s %s", s.Name, tests, strings.Join(caught, " ")))
				mu.Unlock()
			}
		})
	}
}

// goCommand runs tests.
type goCommand struct {
	slots chan struct{}
	dir   string // for what is built

	mu    sync.Mutex
	built map[string]func() (string, error)
}

// try runs tests without and with a sabotage, and returns which have noticed.
func (g *goCommand) try(t *testing.T, s *Sabotage, tests Tests) []string {
	g.slots <- struct{}{}
	defer func() { <-g.slots }()
	files, err := s.Apply(readFile)
	if err != nil {
		t.Error(err)
		return nil
	}
	if out, err := g.clean(tests); err != nil || !bytes.Contains(out, []byte("--- PASS: ")) {
		t.Errorf("%s: without the sabotage: %v\n%s", tests, err, tail(out))
		return nil
	}
	out, err := g.broken(t, files, tests)
	caught, why := verdict(out, err)
	if why != "" {
		t.Errorf("%s: %s (%s)\n%s", tests, why, s.Breaks, tail(out))
	}
	return caught
}

// clean runs the tests of the code as it is. Their program is built once.
func (g *goCommand) clean(tests Tests) ([]byte, error) {
	g.mu.Lock()
	build := g.built[tests.Package]
	if build == nil {
		build = sync.OnceValues(func() (string, error) {
			program := filepath.Join(g.dir, strings.NewReplacer("/", "_", ".", "_").Replace(tests.Package)+".test")
			out, err := run(root, "go", "test", "-c", "-o", program, tests.Package)
			if err != nil {
				err = fmt.Errorf("%w\n%s", err, out)
			}
			return program, err
		})
		g.built[tests.Package] = build
	}
	g.mu.Unlock()
	program, err := build()
	if err != nil {
		return nil, err
	}
	args := []string{"-test.v", "-test.run=" + tests.Run, "-test.timeout=" + within}
	return run(filepath.Join(root, tests.Package), program, append(args, tests.Flags...)...)
}

// broken runs the tests with other texts in some files.
func (g *goCommand) broken(t *testing.T, files map[string]string, tests Tests) ([]byte, error) {
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range files {
		here, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		there := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(there, []byte(text), 0o666); err != nil {
			return nil, err
		}
		overlay.Replace[here] = there
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, text, 0o666); err != nil {
		return nil, err
	}
	args := []string{"test", "-overlay", name, "-vet=off", "-count=1", "-timeout", within, "-run", tests.Run, tests.Package}
	return run(root, "go", append(args, tests.Flags...)...)
}

// run runs a command and returns what it says. Its tests are the short ones.
func run(dir, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "IDLEWILD_LONG=") })
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = errors.New("it took too long")
	}
	return out, err
}

var (
	failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)
	hung       = regexp.MustCompile(`(?m)^panic: test timed out`)
	crashed    = regexp.MustCompile(`(?m)^(panic|fatal error): `)
)

// verdict says which tests have failed, or why that is not what it should be. A
// crash is a failure that nobody overlooks; tests that hang, or that cannot be
// compiled, say nothing.
func verdict(out []byte, err error) (caught []string, why string) {
	for _, m := range failedTest.FindAllSubmatch(out, -1) {
		caught = append(caught, string(m[1]))
	}
	switch {
	case err == nil:
		return nil, "NOT CAUGHT: the tests pass"
	case hung.Match(out):
		return caught, "the tests hang, and should fail"
	case len(caught) == 0 && crashed.Match(out):
		return []string{"(crash)"}, ""
	case len(caught) == 0:
		return nil, fmt.Sprintf("no test has failed, but %v", err)
	}
	return caught, ""
}

// tail is the end of a text.
func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }

func TestVerdict(t *testing.T) {
	failed := errors.New("exit status 1")
	for _, tt := range []struct {
		name, out string
		err       error
		caught    string
		why       string
	}{
		{"caught", "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\n", failed, "TestA TestB", ""},
		{"not caught", "ok  \tx\t0.1s\n", nil, "", "NOT CAUGHT"},
		{"none", "ok  \tx\t0.1s [no tests to run]\n", nil, "", "NOT CAUGHT"},
		{"no compiler", "# x\n./a.go:1:1: undefined: y\nFAIL\tx [build failed]\n", failed, "", "no test has failed"},
		{"crash", "panic: boom\n\ngoroutine 1 [running]:\nFAIL\tx\t0.1s\n", failed, "(crash)", ""},
		{"panic in a test", "--- FAIL: TestA (0.00s)\npanic: boom [recovered]\n", failed, "TestA", ""},
		{"hangs", "panic: test timed out after 2m0s\n\trunning tests:\n", failed, "", "hang"},
	} {
		caught, why := verdict([]byte(tt.out), tt.err)
		if strings.Join(caught, " ") != tt.caught || !strings.Contains(why, tt.why) || tt.why == "" && why != "" {
			t.Errorf("%s: %q, %q", tt.name, caught, why)
		}
	}
}
