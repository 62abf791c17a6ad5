package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is the command, too, that the tests of hooks run.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "hook" {
		os.Exit(hookHelper(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// hookHelper is what a command may do.
func hookHelper(what string, args []string) int {
	switch what {
	case "exit": // tells stdin, arguments and environment, and ends with a code
		text, _ := io.ReadAll(os.Stdin)
		fmt.Printf("stdin %s\nargs %q\n", bytes.TrimSpace(text), args)
		for _, v := range os.Environ() {
			if strings.HasPrefix(v, "IDLEWILD_") {
				fmt.Fprintf(os.Stderr, "env %s\n", v)
			}
		}
		code, _ := strconv.Atoi(args[0])
		return code
	case "codes": // the codes one after the other, counted in a file
		before, _ := os.ReadFile(args[0])
		_ = os.WriteFile(args[0], append(before, '.'), 0o600)
		code, _ := strconv.Atoi(args[1+min(len(before), len(args)-2)])
		return code
	case "deaf":
		_ = os.Stdin.Close()
	case "flood":
		line := strings.Repeat("x", 99) + "\n"
		out := bufio.NewWriter(os.Stdout)
		for range 100_000 {
			_, _ = out.WriteString(line)
		}
		_ = out.Flush()
	case "hang": // for as long as it is let, also with a closed stdout
		fmt.Println("hanging")
		_ = os.Stdout.Close()
		_ = os.Stderr.Close()
		select {}
	case "family": // a child that does not listen to SIGTERM, and hangs as we do
		child := exec.Command(os.Args[0], "hook", "stubborn", args[0])
		child.Stdout = os.Stdout
		_ = child.Start()
		select {}
	case "stubborn":
		defer stubborn(args[0])()
		select {}
	case "leave": // a process behind, with our stdout
		child := exec.Command(os.Args[0], "hook", "stubborn", args[0])
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		ready := &lineWaiter{}
		ready.attach(child)
		_ = child.Start()
		ready.wait()
	}
	return 0
}

// lineWaiter waits until a child has said something.
type lineWaiter struct{ r, w *os.File }

func (l *lineWaiter) attach(cmd *exec.Cmd) {
	l.r, l.w, _ = os.Pipe()
	cmd.ExtraFiles = []*os.File{l.w}
	cmd.Args = append(cmd.Args, "ready")
}

func (l *lineWaiter) wait() {
	_ = l.w.Close()
	_, _ = l.r.Read(make([]byte, 1))
}

// lines is what a command has written.
type lines struct {
	mu  sync.Mutex
	all []string
	ch  chan string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
	select {
	case l.ch <- line:
	default:
	}
}

func (l *lines) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// helperHook is a hook that runs hookHelper and does not wait between attempts.
func helperHook(t *testing.T, args ...string) (*hook, *lines, *lines) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), "IDLEWILD_PASSWORD=Geheim", "Idlewild_uid=1")
	e := &env{stderr: io.Discard, environ: func() []string { return environ }}
	h := newHook(e, append([]string{self, "hook"}, args...))
	out, said := &lines{ch: make(chan string, 100)}, &lines{}
	h.path, h.output = self, out.add
	h.say = func(format string, args ...any) { said.add(fmt.Sprintf(format, args...)) }
	h.random = func() float64 { return 0 }
	h.stop = 50 * time.Millisecond
	return h, out, said
}

func helperInput(t *testing.T) *hookInput {
	t.Helper()
	in, err := newHookInput(arrived("INBOX", "Zoë", "Hello"))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestHookGetsTheEvent(t *testing.T) {
	h, out, _ := helperHook(t, "exit", "0", "$(touch x)", "a  b", "*")
	r := arrived("In\x00bo\x1bx"+strings.Repeat("ä", 5000), "Zoë", "Hello")
	r.ID, r.UIDValidity = "00ff", 7
	in, err := newHookInput(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, line := range out.list() {
		kind, text, _ := strings.Cut(line, " ")
		switch kind {
		case "stdin":
			// It is longer than a line may be in our own output; its beginning will do.
			if want := `{"event":"arrived","time":"`; !strings.HasPrefix(text, want) {
				t.Errorf("stdin %s", text)
			}
		case "args":
			if text != `["0" "$(touch x)" "a  b" "*"]` {
				t.Errorf("args %s", text)
			}
		case "env":
			name, value, _ := strings.Cut(text, "=")
			env[name] = value
		}
	}
	if m := env["IDLEWILD_MAILBOX"]; !strings.HasPrefix(m, "In\ufffdbo\x1bxää") || len(m) > hookValue+2 {
		t.Errorf("IDLEWILD_MAILBOX=%q", m)
	}
	delete(env, "IDLEWILD_MAILBOX")
	want := map[string]string{
		"IDLEWILD_EVENT": "arrived", "IDLEWILD_ACCOUNT": r.Account, "IDLEWILD_ID": r.ID, "IDLEWILD_TIME": r.Time,
		"IDLEWILD_UID": fmt.Sprint(r.UID), "IDLEWILD_UIDVALIDITY": fmt.Sprint(r.UIDValidity), "IDLEWILD_ATTEMPT": "1",
	}
	if fmt.Sprint(env) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", env, want)
	}
}

func TestHookStdinIsTheRecord(t *testing.T) {
	h, out, _ := helperHook(t, "exit", "0")
	if err := h.handle(t.Context(), helperInput(t)); err != nil {
		t.Fatal(err)
	}
	text, _ := strings.CutPrefix(out.list()[0], "stdin ")
	want, _ := encodeJSON(arrived("INBOX", "Zoë", "Hello"))
	if !json.Valid([]byte(text)) || text+"\n" != string(want) {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// B-70: 75 is tried again for ever, other codes so often.
func TestB70_HookExitCodes(t *testing.T) {
	for _, tt := range []struct {
		name     string
		codes    string
		attempts int
		runs     int
		skipped  bool
	}{
		{"taken", "0", 3, 1, false},
		{"later, and later, and later", "75 75 75 75 75 75 75 0", 3, 8, false},
		{"failed twice", "1 2 0", 3, 3, false},
		{"always fails", "1", 3, 3, true},
		{"later does not count", "75 1 75 1 75 1", 3, 6, true},
		{"the first failure is the last", "1", 1, 1, true},
		{"never skipped", "1 1 1 1 1 1 1 1 1 0", 0, 10, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "runs")
			h, _, said := helperHook(t, append([]string{"codes", file}, strings.Fields(tt.codes)...)...)
			h.attempts = tt.attempts
			err := h.handle(t.Context(), helperInput(t))
			if _, skipped := errors.AsType[*skippedError](err); skipped != tt.skipped || err != nil && !skipped {
				t.Errorf("got %v", err)
			}
			if runs, _ := os.ReadFile(file); len(runs) != tt.runs {
				t.Errorf("it ran %d times, want %d", len(runs), tt.runs)
			}
			if n := tt.runs - 1; len(said.list()) != n {
				t.Errorf("said %q, want %d lines", said.list(), n)
			}
		})
	}
}

func TestHookWaits(t *testing.T) {
	h := &hook{random: func() float64 { return 1 }}
	var got []time.Duration
	for _, attempt := range []int{1, 2, 3, 8, 9, 10, 1000, 1 << 40} {
		got = append(got, h.wait(attempt)/time.Second)
	}
	if fmt.Sprint(got) != fmt.Sprint([]time.Duration{1, 2, 4, 128, 300, 300, 300, 300}) {
		t.Errorf("got %v", got)
	}
}

// A command may leave its stdin alone.
func TestB70_HookStdinClosed(t *testing.T) {
	h, _, _ := helperHook(t, "deaf")
	in := helperInput(t)
	in.json = bytes.Repeat([]byte("x"), 1<<20) // more than fits into a pipe
	if err := h.handle(t.Context(), in); err != nil {
		t.Error(err)
	}
}

func TestB70_HookFloodsOutput(t *testing.T) {
	h, out, _ := helperHook(t, "flood")
	if err := h.handle(t.Context(), helperInput(t)); err != nil {
		t.Error(err)
	}
	all := out.list()
	if n := len(strings.Join(all[:len(all)-1], "\n")); n > hookKept {
		t.Errorf("%d bytes were kept", n)
	}
	if last := all[len(all)-1]; last != fmt.Sprintf("(and %d bytes more, which are not shown)", 10_000_000-hookKept) {
		t.Errorf("the last line is %q", last)
	}
}

func TestB70_HookHangs(t *testing.T) {
	h, _, _ := helperHook(t, "hang")
	h.timeout, h.attempts = 300*time.Millisecond, 2
	err := h.handle(t.Context(), helperInput(t))
	if _, ok := errors.AsType[*skippedError](err); !ok || !strings.Contains(err.Error(), "was not done within 300 ms and was ended") {
		t.Errorf("got %v", err)
	}
}

// A command that is under way may be done when we end; it is ended if not.
func TestHookInterrupted(t *testing.T) {
	h, out, _ := helperHook(t, "hang")
	h.grace = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-out.ch
		cancel()
	}()
	if err := h.handle(ctx, helperInput(t)); !errors.Is(err, errInterrupted) {
		t.Errorf("got %v", err)
	}
}

// A result that came although we were to end is a result.
func TestHookDoneInGrace(t *testing.T) {
	h, _, _ := helperHook(t, "exit", "0")
	h.grace = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	h.output = func(string) { cancel() }
	if err := h.handle(ctx, helperInput(t)); err != nil {
		t.Errorf("got %v", err)
	}
	if err := h.handle(ctx, helperInput(t)); !errors.Is(err, errInterrupted) {
		t.Errorf("a command was begun after the end: %v", err)
	}
}

// A command that cannot be started is the machine's fault: no event is skipped.
func TestB70_HookCannotStart(t *testing.T) {
	h, _, said := helperHook(t, "exit", "0")
	self := h.path
	h.path = filepath.Join(t.TempDir(), "gone")
	n := 0
	h.say = func(format string, args ...any) {
		said.add(fmt.Sprintf(format, args...))
		if n++; n == 20 {
			h.path = self
		}
	}
	if err := h.handle(t.Context(), helperInput(t)); err != nil {
		t.Error(err)
	}
	if all := said.list(); len(all) != 20 || !strings.Contains(all[0], "cannot be started") || !strings.Contains(all[0], "nothing is lost") {
		t.Errorf("said %q", all)
	}
}

// One at a time.
func TestHookTakesTurns(t *testing.T) {
	h, out, _ := helperHook(t, "exit", "0")
	var mu sync.Mutex
	running := 0
	h.output = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(line, "stdin") {
			running++
		}
		if strings.HasPrefix(line, "env IDLEWILD_ATTEMPT") {
			running--
		}
		if running > 1 {
			t.Error("two commands run at once")
		}
		out.add(line)
	}
	var all sync.WaitGroup
	for range 5 {
		in := helperInput(t)
		all.Go(func() {
			if err := h.handle(t.Context(), in); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(out.list()) < 5 {
		t.Errorf("output %q", out.list())
	}
}

func TestHookOutput(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 1 << 20} {
		var got []string
		o := &hookOutput{line: func(s string) { got = append(got, s) }}
		long := strings.Repeat("y", hookLine)
		text := "one\r\n\ntwo\n" + long + "zz\nend"
		for part := range slices.Chunk([]byte(text), size) {
			if n, err := o.Write(part); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		o.end()
		if want := []string{"one", "", "two", long, "zz", "end"}; !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: got %.50q", size, got)
		}
	}
}

// What a script's author meets first.
func TestStartErrorHints(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{syscall.ENOEXEC, "as in #!/bin/sh"},
		{syscall.ENOENT, "what its first line (#!) names is not"},
		{syscall.EAGAIN, syscall.EAGAIN.Error()},
	} {
		err := &startError{fmt.Errorf("fork/exec ./handle: %w", tt.err)}
		if !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("got %q, want %q at the end", err, tt.want)
		}
	}
}
