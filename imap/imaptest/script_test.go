package imaptest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeTB notes failures.
type fakeTB struct {
	failures []string
	cleanups []func()
}

func (f *fakeTB) Helper()             {}
func (f *fakeTB) Logf(string, ...any) {}
func (f *fakeTB) Cleanup(c func())    { f.cleanups = append(f.cleanups, c) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}
func (f *fakeTB) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

func (f *fakeTB) end() string {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
	return strings.Join(f.failures, "\n")
}

const scriptOfLogin = `
	# a comment
	S: * OK ready
	C: $1 LOGIN alice secret
	S: * 1 EXISTS
	S: $1 OK done, not $2
	C: $2 NOOP
	S: $2 OK after $1
`

func TestScriptPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := Script(t, scriptOfLogin)
		in := bufio.NewReader(conn)
		wantLine(t, in, "* OK ready")
		io.WriteString(conn, "x1 LOGIN alice secret\r\n")
		wantLine(t, in, "* 1 EXISTS")
		wantLine(t, in, "x1 OK done, not $2")
		io.WriteString(conn, "x2 NOOP\r\n")
		wantLine(t, in, "x2 OK after x1")
		conn.Close()
	})
}

func wantLine(t *testing.T, in *bufio.Reader, want string) {
	t.Helper()
	if got, err := in.ReadString('\n'); got != want+"\r\n" {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestScriptFailures(t *testing.T) {
	tests := []struct{ name, client, want string }{
		{"another line", "x LOGIN bob secret\r\n", "line 4: the client said something else\n\twant \"x LOGIN alice secret\\r\\n\"\n\tgot  \"x LOGIN bob secret\\r\\n\""},
		{"bare LF", "x LOGIN alice secret\n", "line 4: the client said something else"},
		{"nothing", "", "line 4: the client closed the connection"},
		{"half a line", "x LOGIN al", `got  "x LOGIN al"`},
		{"too little", "x LOGIN alice secret\r\n", "line 7: the client closed"},
		{"too much", "x LOGIN alice secret\r\ny NOOP\r\nz NOOP\r\n", "after the end of the script the client said\n\tgot  \"z NOOP\\r\\n\""},
		{"all well", "x LOGIN alice secret\r\ny NOOP\r\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := new(fakeTB)
				conn := Script(tb, scriptOfLogin)
				io.WriteString(conn, test.client)
				got := tb.end()
				if got == "" != (test.want == "") || !strings.Contains(got, test.want) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		})
	}
}

// A client that idles at the end may leave IDLE or not before it closes; it may
// say nothing else, and DONE only when it idles.
func TestScriptEndsInIdle(t *testing.T) {
	const idle = "C: $1 IDLE\nS: + idling"
	tests := []struct{ name, script, client, want string }{
		{"closed", idle, "a IDLE\r\n", ""},
		{"left", idle, "a IDLE\r\nDONE\r\n", ""},
		{"half left", idle, "a IDLE\r\nDON", `after the end of the script the client said`},
		{"more", idle, "a IDLE\r\nDONE\r\nb NOOP\r\n", `got  "DONE\r\nb NOOP\r\n"`},
		{"left twice", idle + "\nC: DONE", "a IDLE\r\nDONE\r\nDONE\r\n", `got  "DONE\r\n"`},
		{"ended by the server", idle + "\nS: $1 OK enough", "a IDLE\r\nDONE\r\n", `got  "DONE\r\n"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := new(fakeTB)
				conn := Script(tb, test.script)
				io.WriteString(conn, test.client)
				got := tb.end()
				if got == "" != (test.want == "") || !strings.Contains(got, test.want) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		})
	}
}

func TestScriptDirectives(t *testing.T) {
	tests := []struct{ name, script, client, said string }{
		{"raw bytes", "S!: a\\r\\n\\x00\\0\\\\\\\"\nC!: x\\r\\n", "x\r\n", "a\r\n\x00\x00\\\""},
		{"any", "any\nany $3\nS: $3 OK", "one\r\ntwo 2\r\n", "two OK\r\n"},
		{"repeat", "repeat 2\nC: $1 NOOP\nS: $1 OK\nend\nS: bye", "a NOOP\r\nb NOOP\r\n", "a OK\r\nb OK\r\nbye\r\n"},
		{"repeat until closed", "repeat\nC: $1 NOOP\nS: $1 OK\nend", "a NOOP\r\nb NOOP\r\nc NOOP\r\n", "a OK\r\nb OK\r\nc OK\r\n"},
		{"literal tags", "C: A1 X\nS: A1 OK $5", "A1 X\r\n", "A1 OK $5\r\n"},
		{"keyword with a dollar", "C: $1 X\nS: * FLAGS ($Junk $1)", "t X\r\n", "* FLAGS ($Junk t)\r\n"},
		{"literal", "C: $1 APPEND x {3}\nS: + go\nC!: abc\nC: \nS: $1 OK", "1 APPEND x {3}\r\nabc\r\n", "+ go\r\n1 OK\r\n"},
		{"cut", "S: one\ncut", "", "one\r\n"},
		{"half close", "S: one\nhalfclose\nC: two", "two\r\n", "one\r\n"},
		{"expect-close", "S: one\nexpect-close", "", "one\r\n"},
		{"stall swallows", "S: one\nstall", "any\r\nthing\r\n", "one\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := new(fakeTB)
				conn := Script(tb, test.script)
				io.WriteString(conn, test.client)
				synctest.Wait()
				conn.(interface{ CloseWrite() error }).CloseWrite()
				got, _ := io.ReadAll(conn)
				if string(got) != test.said {
					t.Errorf("the server said %q, want %q", got, test.said)
				}
				if failures := tb.end(); failures != "" {
					t.Error(failures)
				}
			})
		})
	}
}

func TestScriptSplitAndPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := Script(t, "split 1,3\npause 2s\nS: abcdef\nsplit off\nS: xyz")
		start := time.Now()
		var pieces []string
		buf := make([]byte, 100)
		for range 5 {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, string(buf[:n]))
		}
		if want := []string{"a", "bcd", "e", "f\r\n", "xyz\r\n"}; !equalStrings(pieces, want) {
			t.Errorf("got %q, want %q", pieces, want)
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("took %v", got)
		}
	})
}

func TestScriptStartTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := NewScript(t, "C: $1 STARTTLS\nS: $1 OK\nstarttls\nC: $2 NOOP\nS: $2 OK\nexpect-close")
		io.WriteString(peer.Conn, "a STARTTLS\r\n")
		wantLine(t, bufio.NewReader(io.LimitReader(peer.Conn, 6)), "a OK")
		conn := tls.Client(peer.Conn, peer.CA.ClientConfig("localhost"))
		io.WriteString(conn, "b NOOP\r\n")
		wantLine(t, bufio.NewReader(conn), "b OK")
		conn.Close()
		if err := peer.Wait(); err != nil {
			t.Error(err)
		}
		if got := string(peer.Received()); got != "a STARTTLS\r\nb NOOP\r\n" {
			t.Errorf("received %q", got)
		}
	})
}

func TestScriptWaitTakesTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := new(fakeTB)
		peer := NewScript(tb, "C: one")
		io.WriteString(peer.Conn, "two\r\n")
		if err := peer.Wait(); err == nil {
			t.Error("no error")
		}
		if got := tb.end(); got != "" {
			t.Errorf("told twice: %s", got)
		}
	})
}

func TestTranscriptOnSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	script, err := ParseTranscript("S: hi\nC: $1 BYE\nS: $1 OK")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			io.WriteString(conn, "1 BYE\r\n")
			bufio.NewReader(conn).ReadString('\n')
			conn.Close()
		}
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Play(conn, &PlayOptions{Timeout: time.Minute}); err != nil {
		t.Error(err)
	}
}

func TestParseTranscriptErrors(t *testing.T) {
	tests := []struct{ script, want string }{
		{"S: ok\nfoo", `line 2: unknown directive "foo"`},
		{"X: ok", `line 1: unknown directive "X:"`},
		{"S: $1 OK", "no C: line before has the tag $1"},
		{`S!: \q`, `unknown escape \q`},
		{`S!: \x1`, `unknown escape \x`},
		{`S!: \xzz`, `\x takes two hexadecimal digits`},
		{`S!: \`, "backslash at the end"},
		{"cut\nS: more", "line 2: nothing can follow cut"},
		{"cut now", "cut takes no argument"},
		{"pause", "pause takes a duration"},
		{"stall for long", "stall takes a duration"},
		{"split 0", "split takes sizes"},
		{"split", "split takes sizes"},
		{"repeat\nS: x\nend", "has to begin with a C: line"},
		{"repeat 2\nend", "repeat of nothing"},
		{"repeat 2\nS: x", "repeat without its end"},
		{"repeat x\nS: x", "repeat takes a number"},
		{"any thing", "any takes a tag"},
		{"end", `unknown directive "end"`},
	}
	for _, test := range tests {
		if _, err := ParseTranscript(test.script); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.script, err, test.want)
		}
	}
}
