package imaptest_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

func ExampleServer() {
	srv := imaptest.NewServer(nil)
	defer srv.Close()
	srv.AddUser("alice", "secret")

	conn := srv.Pipe() // a client would be given this
	io.WriteString(conn, "A1 LOGIN alice secret\r\nA2 EXAMINE INBOX\r\nA3 IDLE\r\n")
	lines := bufio.NewScanner(conn)
	for lines.Scan() && lines.Text() != "+ idling" {
	}

	message := imaptest.CRLF("From: bob@example.org\nSubject: Hello\n\nHi there.\n")
	uid, err := srv.Deliver("alice", "INBOX", message, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("delivered", uid)
	for range 2 {
		lines.Scan()
		fmt.Println("announced", lines.Text())
	}
	// Output:
	// delivered 1
	// announced * 1 EXISTS
	// announced * 1 RECENT
}

func ExampleServer_SetFaults() {
	srv := imaptest.NewServer(nil)
	defer srv.Close()
	srv.AddUser("alice", "secret")
	srv.SetFaults(&imaptest.Faults{
		Split: 1, // everything byte by byte
		Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "SELECT" {
				return &imaptest.Action{Delay: time.Millisecond, Bye: "server is going down"}
			}
			return nil
		},
	})

	conn := srv.Pipe()
	io.WriteString(conn, "A1 LOGIN alice secret\r\nA2 SELECT INBOX\r\n")
	lines := bufio.NewScanner(conn)
	last := ""
	for lines.Scan() {
		last = lines.Text()
	}
	fmt.Println(last)
	// Output: * BYE server is going down
}

func ExampleScript() {
	t := printer{} // in a test, its *testing.T
	conn := imaptest.Script(t, `
		S: * OK ready
		C: $1 NOOP
		S: * 3 EXISTS
		S: $1 OK done
	`)
	io.WriteString(conn, "x7 NOOP\r\n")
	lines := bufio.NewScanner(conn)
	for range 3 {
		lines.Scan()
		fmt.Println(lines.Text())
	}
	conn.Close()
	// Output:
	// * OK ready
	// * 3 EXISTS
	// x7 OK done
}

// printer stands in for a *testing.T.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Logf(format string, args ...any)   { fmt.Printf(format+"\n", args...) }
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (printer) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (printer) Cleanup(func())                    {}

// A server that plays Yahoo, with a change: it takes one login a minute.
func ExampleYahoo() {
	opts := imaptest.Yahoo()
	opts.Limits.Logins = 1
	srv := imaptest.NewServer(opts)
	defer srv.Close()
	srv.AddUser("alice", "secret")
	for range 2 {
		conn := srv.Pipe()
		lines := bufio.NewScanner(conn)
		lines.Scan()
		io.WriteString(conn, "A1 LOGIN alice secret\r\n")
		lines.Scan()
		status, _, _ := strings.Cut(lines.Text(), " [CAPABILITY")
		fmt.Println(status)
	}
	alice := srv.Stats().Users["alice"]
	fmt.Println(len(alice.Logins), "logged in,", len(alice.Refused), "refused")
	// Output:
	// A1 OK
	// A1 NO [LIMIT] LOGIN Rate limit hit.
	// 1 logged in, 1 refused
}
