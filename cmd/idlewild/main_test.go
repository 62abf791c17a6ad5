package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait; nothing takes nearly as long.
const patience = 60 * time.Second

func after() <-chan time.Time { return time.After(patience) }

// TestMain builds the binary that the tests run. It is also the command that
// they have that run.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "hook" {
		os.Exit(hookHelper(os.Args[2], os.Args[3:]))
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "idlewild-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary := filepath.Join(dir, "idlewild")
		if runtime.GOOS == "windows" {
			binary += ".exe"
		}
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		_ = os.Setenv("IDLEWILD_TEST_BINARY", binary)
		return m.Run()
	}())
}

// process is a running idlewild.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout io.ReadCloser
	lines  chan string
	stderr lockedBuffer
	exited chan struct{}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs idlewild with the password "pass" in its environment. A test that
// ends kills it.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startWith(t, []string{"IDLEWILD_PASSWORD=pass"}, args...)
}

func startWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startProgram(t, os.Getenv("IDLEWILD_TEST_BINARY"), env, args...)
}

func startProgram(t *testing.T, name string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, lines: make(chan string, 10_000), exited: make(chan struct{})}
	p.cmd = exec.CommandContext(t.Context(), name, args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		in := bufio.NewScanner(stdout)
		for in.Scan() {
			p.lines <- in.Text()
		}
		close(p.lines)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// line waits for a line on stdout; ok is false at its end.
func (p *process) line() (line string, ok bool) {
	p.t.Helper()
	select {
	case line, ok = <-p.lines:
		return line, ok
	case <-time.After(patience):
		p.t.Fatalf("no line within %v; stderr: %s", patience, p.stderr.String())
		return "", false
	}
}

// event waits for a JSON line with this event, and checks those before it.
func (p *process) event(name string) map[string]any {
	p.t.Helper()
	for {
		line, ok := p.line()
		if !ok {
			p.t.Fatalf("stdout ended before %q; stderr: %s", name, p.stderr.String())
		}
		if v := parseEvent(p.t, line); v["event"] == name {
			return v
		}
	}
}

// rest waits for the end and returns the events until then.
func (p *process) rest() (events []map[string]any) {
	p.t.Helper()
	for {
		line, ok := p.line()
		if !ok {
			return events
		}
		events = append(events, parseEvent(p.t, line))
	}
}

// parseEvent checks what holds of every line.
func parseEvent(t *testing.T, line string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("not JSON: %q: %v", line, err)
	}
	at, _ := v["time"].(string)
	if _, err := time.Parse(time.RFC3339, at); err != nil || !strings.HasSuffix(at, "Z") {
		t.Errorf("time is not RFC 3339 in UTC: %s", line)
	}
	if v["event"] == "" || v["account"] == "" || v["event"] == nil || v["account"] == nil {
		t.Errorf("event or account is missing: %s", line)
	}
	return v
}

// exit waits for the end and returns the exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("still running after %v; stderr: %s", patience, p.stderr.String())
		return 0
	}
}

// wantExit waits for the end; stderr must contain the words.
func (p *process) wantExit(code int, words ...string) {
	p.t.Helper()
	if got := p.exit(); got != code {
		p.t.Errorf("exit code %d, want %d; stderr: %s", got, code, p.stderr.String())
	}
	for _, w := range words {
		if !strings.Contains(p.stderr.String(), w) {
			p.t.Errorf("stderr has no %q: %s", w, p.stderr.String())
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// testserver is a running one, and where it is.
type testserver struct {
	*process
	Listen    string `json:"listen"`
	TLSListen string `json:"tls_listen"`
	CAFile    string `json:"ca_file"`
}

func startServer(t *testing.T, args ...string) *testserver {
	t.Helper()
	s := &testserver{process: start(t, append([]string{"testserver"}, args...)...)}
	line, ok := s.line()
	if !ok {
		t.Fatalf("the server did not start: %s", s.stderr.String())
	}
	if err := json.Unmarshal([]byte(line), s); err != nil {
		t.Fatalf("not JSON: %q: %v", line, err)
	}
	return s
}

func (s *testserver) url(mailbox string) string {
	return "imap+plaintext://alice@" + s.Listen + "/" + mailbox
}

func (s *testserver) tlsURL(mailbox string) string {
	return "imaps://alice@" + s.TLSListen + "/" + mailbox
}

// client is a few words of IMAP, independent of our own client.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (s *testserver) login() *client {
	s.t.Helper()
	return s.loginAs("alice", "pass")
}

func (s *testserver) loginAs(user, password string) *client {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.Listen)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	c := &client{s.t, conn, bufio.NewReader(conn)}
	c.do("LOGIN " + user + " " + password)
	return c
}

// do sends a command and returns the lines up to its OK.
func (c *client) do(command string) (lines []string) {
	c.t.Helper()
	_ = c.conn.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c.conn, "a %s\r\n", command); err != nil {
		c.t.Fatal(err)
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("%s: %v", command, err)
		}
		lines = append(lines, strings.TrimRight(line, "\r\n"))
		if status, ok := strings.CutPrefix(line, "a "); ok {
			if !strings.HasPrefix(status, "OK") {
				c.t.Fatalf("%s: %s", command, line)
			}
			return lines
		}
	}
}

func (c *client) append(mailbox, subject string) {
	c.t.Helper()
	m := "From: Zoe <zoe@example.org>\r\nTo: alice@example.org\r\nSubject: " + subject +
		"\r\nDate: Tue, 1 Jul 2003 10:52:37 +0200\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n"
	c.do(fmt.Sprintf("APPEND %s {%d+}\r\n%s", mailbox, len(m), m))
}

// writeFile makes a file in a fresh directory.
func writeFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, os.ErrNotExist)
}
