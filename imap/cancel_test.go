package imap_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// calls is each kind of call, by the name of its command.
func calls(c *imap.Client, box *imap.Mailbox) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"NOOP": c.Noop,
		"UID FETCH": func(ctx context.Context) (err error) {
			for _, err = range box.Fetch(ctx, imap.UIDRange(1, 9), nil) {
			}
			return err
		},
		"UID SEARCH": func(ctx context.Context) error {
			_, err := box.Search(ctx, search.All)
			return err
		},
		"UID STORE": func(ctx context.Context) error { return box.AddFlags(ctx, imap.UID(1), "x") },
		"UID COPY": func(ctx context.Context) error {
			_, err := box.Copy(ctx, imap.UID(1), "Other")
			return err
		},
		"UID MOVE": func(ctx context.Context) error {
			_, err := box.Move(ctx, imap.UID(1), "Other")
			return err
		},
		"STATUS": func(ctx context.Context) error {
			_, err := c.Status(ctx, "Other")
			return err
		},
		"LIST": func(ctx context.Context) (err error) {
			for _, err = range c.List(ctx, "*", nil) {
			}
			return err
		},
		"CREATE": func(ctx context.Context) error { return c.Create(ctx, "New") },
		"APPEND": func(ctx context.Context) error {
			_, err := c.Append(ctx, "INBOX", strings.NewReader("A: b\r\n\r\nc"), 9, nil)
			return err
		},
		"SELECT": func(ctx context.Context) error {
			_, err := c.Select(ctx, "INBOX", nil)
			return err
		},
		"CAPABILITY": func(ctx context.Context) error {
			_, err := c.Capability(ctx)
			return err
		},
	}
}

var errCause = errors.New("the caller has enough")

// soon returns a Context that ends after a second.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Second, func() { cancel(errCause) })
	return ctx
}

// Promise 2: a cancelled call returns at once, and the next call works.
func TestCancelledCalls(t *testing.T) {
	var names []string
	for name := range calls(nil, nil) {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, where := range []string{"in flight", "queued"} {
		for _, name := range names {
			t.Run(where+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := server(t)
					deliver(t, s, 3, 100)
					c, box := login(t, s, nil)
					if err := c.Create(t.Context(), "Other"); err != nil {
						t.Fatal(err)
					}
					slow := name
					if where == "queued" {
						slow = "ENABLE"
					}
					var said []string
					var mu sync.Mutex
					s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
						mu.Lock()
						defer mu.Unlock()
						said = append(said, c.Name)
						if c.Name == slow && len(said) == 1 || where == "queued" && c.Name == "SELECT" && len(said) == 1 {
							return &imaptest.Action{Delay: time.Minute}
						}
						return nil
					}})
					var wg sync.WaitGroup
					defer wg.Wait()
					if where == "queued" {
						wg.Go(func() {
							if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
								t.Error(err)
							}
						})
						synctest.Wait()
					}
					start := time.Now()
					err := calls(c, box)[name](soon(t))
					if where == "queued" && errors.Is(err, imap.ErrDeselected) && time.Since(start) == 0 {
						return
					}
					if !errors.Is(err, errCause) || time.Since(start) != time.Second {
						t.Fatal(err, time.Since(start))
					}
					if err := c.Noop(t.Context()); err != nil {
						t.Fatal(err)
					}
					if where == "queued" && name != "NOOP" && slices.Contains(said[1:], name) {
						t.Fatal("it was sent all the same")
					}
					if d := time.Since(start); d != time.Minute {
						t.Fatal(d)
					}
					if box := c.Selected(); box == nil {
						t.Fatal("nothing is selected")
					}
					// A Context that is done already sends nothing.
					ctx, cancel := context.WithCancel(t.Context())
					cancel()
					said = nil
					if err := calls(c, c.Selected())[name](ctx); !errors.Is(err, context.Canceled) || len(said) > 0 {
						t.Fatal(err, said)
					}
				})
			})
		}
	}
}

var whole = &imap.FetchOptions{Sections: []imap.Section{{}}}

// A Fetch cancelled in the midst of a literal: what is left of it is read over.
func TestCancelInLiteral(t *testing.T) {
	for _, size := range []int{1000, 200_000} {
		for _, reading := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				text := strings.Repeat("x", size)
				c, box := talk(t, "", `
					any $2
					S: * 1 FETCH (UID 1 BODY[] {`+fmt.Sprint(2*size)+`}
					S!: `+text+`
					pause 10s
					S!: `+text+`
					S: )
					S: $2 OK done
					C: $3 NOOP
					S: $3 OK done`, nil)
				start := time.Now()
				var last error
				for m, err := range box.Fetch(soon(t), imap.UID(1), whole) {
					if last = err; err == nil && reading {
						_, last = m.Body(imap.Section{}).Bytes()
						break
					}
				}
				if !errors.Is(last, errCause) || time.Since(start) != time.Second {
					t.Fatal(last, time.Since(start))
				}
				if err := c.Noop(t.Context()); err != nil || time.Since(start) != 10*time.Second {
					t.Fatal(err, time.Since(start))
				}
			})
		}
	}
}

// A body that was asked for and left may be larger than any limit for what
// nobody asked for.
func TestLeaveAHugeBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 70<<20)
		c, box := login(t, s, nil)
		for range 3 {
			for range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
				break
			}
			noop(t, c)
		}
	})
}

// spooled is how many temporary files of ours are open.
func spooled() (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if link, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.Contains(link, "idlewild-") {
			n++
		}
	}
	return n
}

// Promise 3: an unread body blocks nobody, and over the limit it is lost with
// an error while the connection lives.
func TestUnreadBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 4, 1<<20)
		c, box := login(t, s, &imap.Options{Budget: 64 << 10, SpoolLimit: 1500 << 10, SpoolDir: t.TempDir()})
		n := 0
		var limit *imap.LimitError
		var last error
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
			if err != nil {
				last = err
				continue
			}
			b := m.Body(imap.Section{})
			noop(t, c)
			if n == 0 && spooled() == 0 {
				t.Fatal("nothing was kept aside")
			}
			got, err := b.Bytes()
			switch {
			case err == nil && int64(len(got)) == b.Size:
			case errors.As(err, &limit):
			default:
				t.Fatalf("message %d: %d of %d bytes, %v", n, len(got), b.Size, err)
			}
			n++
		}
		if n != 4 || last != nil {
			t.Fatal(n, last)
		}
		if spooled() > 0 {
			t.Fatal("files are left behind the loop")
		}
		// One body over the limit.
		c2, box2 := login(t, s, &imap.Options{Budget: 64 << 10, SpoolLimit: 300 << 10, SpoolDir: t.TempDir()})
		for m, err := range box2.Fetch(t.Context(), imap.UID(1), whole) {
			if err != nil {
				t.Fatal(err)
			}
			noop(t, c2)
			if _, err := m.Body(imap.Section{}).Bytes(); !errors.As(err, &limit) {
				t.Fatal(err)
			}
		}
		noop(t, c2)
		// Left by break: what was kept aside goes at once.
		for range box.Fetch(t.Context(), imap.UID(1), whole) {
			noop(t, c)
			break
		}
		if spooled() > 0 {
			t.Fatal("files are left behind break")
		}
		// Closed inside the loop.
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
			if err != nil {
				if !errors.Is(err, imap.ErrClosed) {
					t.Fatal(err)
				}
				break
			}
			if c.Err() == nil {
				noop(t, c)
			}
			c.Close()
			if spooled() > 0 {
				t.Fatal("files are left behind Close")
			}
			if _, err := m.Body(imap.Section{}).Bytes(); !errors.Is(err, imap.ErrClosed) {
				t.Fatal(err)
			}
			break
		}
	})
}

// A Body used after its turn is an error, never another message's bytes.
func TestStaleBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 200<<10)
		_, box := login(t, s, nil)
		var old *imap.Body
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
			if err != nil {
				t.Fatal(err)
			}
			if old != nil {
				if n, err := old.Read(make([]byte, 10)); n > 0 || err == nil || err == io.EOF {
					t.Fatal(n, err)
				}
			}
			old = m.Body(imap.Section{})
			if m.UID == 2 {
				break
			}
		}
		if n, err := old.Read(make([]byte, 10)); n > 0 || err == nil || err == io.EOF {
			t.Fatal(n, err)
		}
	})
}

// A loop whose body takes long is no silence of the server's, and the reader
// waits for nobody else's sake.
func TestSlowLoop(t *testing.T) {
	for _, size := range []int{100, 20 << 10, 300 << 10} {
		synctest.Test(t, func(t *testing.T) {
			s := server(t)
			deliver(t, s, 150, size)
			c, box := login(t, s, &imap.Options{Budget: 4 << 20, SpoolDir: t.TempDir()})
			n := 0
			for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 999), whole) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == 3 {
					<-time.After(3 * time.Hour)
				}
				if got, err := m.Body(imap.Section{}).Bytes(); err != nil || len(got) < size {
					t.Fatal(len(got), err)
				}
			}
			if n != 150 {
				t.Fatal(n)
			}
			noop(t, c)
		})
	}
}

// Promise 7: Close from anywhere, whatever is under way, at once.
func TestCloseAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 500<<10)
		for _, name := range []string{"UID FETCH", "IDLE", "SELECT", "APPEND", "body", "nothing"} {
			s.SetFaults(nil)
			c, box := login(t, s, &imap.Options{Budget: 1, SpoolDir: t.TempDir()})
			s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == name {
					return &imaptest.Action{Delay: -1}
				}
				return nil
			}})
			done := make(chan error, 1)
			go func() {
				switch call := calls(c, box)[name]; {
				case call != nil:
					done <- call(t.Context())
				case name == "IDLE":
					_, err := hear(t.Context(), box, 9, nil)
					done <- err
				case name == "body":
					for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
						if err != nil {
							done <- err
							return
						}
						_ = c.Noop(t.Context())
						<-time.After(time.Hour)
						_, err = m.Body(imap.Section{}).Bytes()
						done <- err
						return
					}
				default:
					<-c.Done()
					done <- c.Err()
				}
			}()
			synctest.Wait()
			start := time.Now()
			c.Close()
			c.Close()
			if time.Since(start) > 0 || spooled() > 0 {
				t.Fatal(name, time.Since(start), spooled())
			}
			if err := <-done; !errors.Is(err, imap.ErrClosed) {
				t.Fatal(name, err)
			}
		}
	})
}

// A search that looks at no message is no reason to wait for long: a watcher
// asks which UIDs there are, and depends on noticing that nobody answers.
func TestSearchForUIDsIsQuick(t *testing.T) {
	for name, q := range map[string]imap.Query{"all": nil, "UIDs": search.UIDs(imap.UIDRange(7, 9))} {
		synctest.Test(t, func(t *testing.T) {
			c, box := talk(t, "", "any $2\nstall", nil)
			defer c.Close()
			start := time.Now()
			if _, err := box.Search(t.Context(), q); !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 120*time.Second {
				t.Error(name, err, time.Since(start))
			}
		})
	}
}

// Silence: the first fails what is overdue, the second ends the connection.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "", `
			C: $2 NOOP
			pause 150s
			S: $2 OK late
			C: $3 NOOP
			S: $3 OK done
			any $4
			pause 130s
			S: * OK I am here
			pause 100s
			S: $4 OK done
			any $5
			pause 19m
			S: * SEARCH 1
			S: $5 OK done
			C: $6 NOOP
			stall`, nil)
		start := time.Now()
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrTimeout) || errors.Is(err, imap.ErrClosed) || time.Since(start) != 120*time.Second {
			t.Fatal(err, time.Since(start))
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		err := box.AddFlags(t.Context(), imap.UID(1), "x")
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 120*time.Second {
			t.Fatal(err, time.Since(start))
		}
		<-time.After(120 * time.Second)
		if _, err := box.Search(t.Context(), search.Body("x")); err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrTimeout) {
			t.Fatal(err)
		}
		<-c.Done()
		if err := c.Err(); !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 240*time.Second {
			t.Fatal(err, time.Since(start))
		}
	})
}

// A call that was cancelled, and whose reply does not come, is not by itself
// the end of the connection; and what waits behind a slow command waits as long
// as that may take.
func TestSilenceBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "", `
			C: $2 NOOP
			pause 150s
			S: $2 OK late
			C: $3 NOOP
			S: $3 OK done`, nil)
		if err := c.Noop(soon(t)); !errors.Is(err, errCause) {
			t.Fatal(err)
		}
		<-time.After(170 * time.Second)
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "", `
			any $2
			C: $3 NOOP
			pause 10m
			S: * SEARCH 1
			S: $2 OK done
			S: $3 OK done`, nil)
		go func() {
			if _, err := box.Search(t.Context(), search.Body("x")); err != nil {
				t.Error(err)
			}
		}()
		<-time.After(time.Second)
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStall(t *testing.T) {
	for _, begun := range []string{`* 4 EXI`, `* 2 FETCH (UID 2 BODY[] {300000}\r\nxxx`, `* 2 FETCH (UID 2 BODY[] {300}\r\nxxx`} {
		synctest.Test(t, func(t *testing.T) {
			c, box := talk(t, "", "any $2\nS!: "+begun+"\nstall", nil)
			start := time.Now()
			var last error
			for m, err := range box.Fetch(t.Context(), imap.UID(2), whole) {
				if last = err; err == nil {
					_, last = m.Body(imap.Section{}).Bytes()
				}
			}
			if !errors.Is(last, imap.ErrTimeout) || !errors.Is(last, imap.ErrClosed) || time.Since(start) != time.Minute {
				t.Fatal(last, time.Since(start))
			}
			if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrTimeout) {
				t.Fatal(err)
			}
		})
	}
}

// A server that does not read.
func TestWriteStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, srv := imaptest.PipeSize(1000)
		defer srv.Close()
		go fmt.Fprintf(srv, "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hello\r\n")
		c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		start := time.Now()
		_, err = c.Append(t.Context(), "INBOX", strings.NewReader(strings.Repeat("x", 100000)), 100000, nil)
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) > 66*time.Second {
			t.Fatal(err, time.Since(start))
		}
	})
}

func TestAppendRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "", `
			C: $2 APPEND Nowhere {9}
			pause 1s
			S: $2 NO [TRYCREATE] no such mailbox
			C: $3 NOOP
			S: $3 OK done
			C: $4 APPEND INBOX {9}
			pause 1s
			S: * 4 EXISTS
			S: + go on
			C!: A: b\r\n\r\nc\r\n
			S: $4 OK [APPENDUID 1 4] done`, nil)
		_, err := c.Append(t.Context(), "Nowhere", strings.NewReader("A: b\r\n\r\nc"), 9, nil)
		if !errors.Is(err, imap.CodeTryCreate) {
			t.Fatal(err)
		}
		noop(t, c)
		r, err := c.Append(t.Context(), "INBOX", strings.NewReader("A: b\r\n\r\nc and more"), 9, nil)
		if err != nil || r.UID != 4 {
			t.Fatal(r, err)
		}
	})
	// In the midst of a literal that cannot be taken back: it is finished.
	synctest.Test(t, func(t *testing.T) {
		conn, srv := imaptest.PipeSize(64 << 10)
		const size = 3 << 20
		served := make(chan error, 1)
		go func() {
			defer srv.Close()
			fmt.Fprintf(srv, "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hello\r\n")
			line := make([]byte, len("A1 APPEND INBOX {3145728+}\r\n"))
			if _, err := io.ReadFull(srv, line); err != nil {
				served <- err
				return
			}
			if _, err := io.CopyN(io.Discard, srv, 1000); err != nil {
				served <- err
				return
			}
			fmt.Fprintf(srv, "A1 NO [OVERQUOTA] no room\r\n")
			if _, err := io.CopyN(io.Discard, srv, size-1000+2); err != nil {
				served <- err
				return
			}
			got := make([]byte, 9)
			_, err := io.ReadFull(srv, got)
			if string(got) != "A2 NOOP\r\n" {
				err = fmt.Errorf("got %q, %v", got, err)
			}
			fmt.Fprintf(srv, "A2 OK done\r\n")
			_, _ = io.ReadFull(srv, got)
			served <- err
		}()
		c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Append(t.Context(), "INBOX", zeros{}, size, nil)
		if !errors.Is(err, imap.CodeOverQuota) {
			t.Fatal(err)
		}
		noop(t, c)
		c.Close()
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	})
}

// zeros is a Reader without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// stuck is a Reader that gives nothing until a channel is closed.
type stuck chan struct{}

func (s stuck) Read([]byte) (int, error) {
	<-s
	return 0, io.EOF
}

func TestAppendReaders(t *testing.T) {
	const big = 5 << 20
	for _, without := range [][]string{nil, {"LITERAL+"}} {
		synctest.Test(t, func(t *testing.T) {
			s := imaptest.NewServer(&imaptest.Options{Without: without})
			defer s.Close()
			s.AddUser("alice", "pass")
			c, _ := login(t, s, nil)
			// Short and erring ones that are found out in time cost nothing.
			for _, r := range []io.Reader{strings.NewReader("short"), io.MultiReader(strings.NewReader("x"), failing{})} {
				if _, err := c.Append(t.Context(), "INBOX", r, 1000, nil); err == nil || errors.Is(err, imap.ErrClosed) {
					t.Fatal(err)
				}
				noop(t, c)
			}
			text := messageText(7, 200<<10)
			text = bytes.Repeat(text, big/len(text)+1)[:big]
			if _, err := c.Append(t.Context(), "INBOX", bytes.NewReader(text), big, nil); err != nil {
				t.Fatal(err)
			}
			if got := s.Messages("alice", "INBOX"); len(got) != 1 || !bytes.Equal(got[0].Body(), text) {
				t.Fatal("not what was appended")
			}
			// Those that break off in the midst end the connection, saying why.
			_, err := c.Append(t.Context(), "INBOX", io.MultiReader(io.LimitReader(zeros{}, big-1), failing{}), big, nil)
			if !errors.Is(err, errCause) {
				t.Fatal(err)
			}
			<-c.Done()
			if !errors.Is(c.Err(), errCause) {
				t.Fatal(c.Err())
			}
			c, _ = login(t, s, nil)
			_, err = c.Append(t.Context(), "INBOX", io.LimitReader(zeros{}, big-1), big, nil)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			// One that is stuck, with nobody waiting, may take its time; then it is
			// given up.
			c, _ = login(t, s, nil)
			gate := make(stuck)
			done := make(chan error, 1)
			go func() {
				_, err := c.Append(t.Context(), "INBOX", io.MultiReader(io.LimitReader(zeros{}, big-1), gate), big, nil)
				done <- err
			}()
			<-time.After(time.Hour)
			start := time.Now()
			if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) || time.Since(start) > 10*time.Second {
				t.Fatal(err, time.Since(start))
			}
			close(gate)
			if err := <-done; err == nil {
				t.Fatal("no error")
			}
			// ctx is heeded although the Reader is stuck.
			c, _ = login(t, s, nil)
			gate = make(stuck)
			go func() {
				_, err := c.Append(soon(t), "INBOX", io.MultiReader(io.LimitReader(zeros{}, big-1), gate), big, nil)
				done <- err
			}()
			start = time.Now()
			<-c.Done()
			if time.Since(start) != time.Second || !errors.Is(c.Err(), errCause) {
				t.Fatal(time.Since(start), c.Err())
			}
			close(gate)
			<-done
			if n := len(s.Messages("alice", "INBOX")); n != 1 {
				t.Fatal(n)
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errCause }

// The Body of a message of the same connection can be appended.
func TestAppendABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 1, 700<<10)
		c, box := login(t, s, nil)
		for m, err := range box.Fetch(t.Context(), imap.UID(1), whole) {
			if err != nil {
				t.Fatal(err)
			}
			b := m.Body(imap.Section{})
			if _, err := c.Append(t.Context(), "INBOX", b, b.Size, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.Messages("alice", "INBOX"); len(got) != 2 || !bytes.Equal(got[0].Body(), got[1].Body()) {
			t.Fatal(len(got))
		}
	})
}

// script is a SASL mechanism that answers as told.
type saslScript struct{ answers []any }

func (s *saslScript) Start() (string, []byte, error) { return "TEST", nil, nil }

func (s *saslScript) Next([]byte) ([]byte, error) {
	a := s.answers[0]
	s.answers = s.answers[1:]
	if err, is := a.(error); is {
		return nil, err
	}
	return []byte(a.(string)), nil
}

var _ sasl.Client = (*saslScript)(nil)

func unauthenticated(t *testing.T, transcript string) *imap.Client {
	t.Helper()
	conn := imaptest.Script(t, "S: * OK [CAPABILITY IMAP4rev1 AUTH=TEST] hello\n"+transcript)
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAuthenticateAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := unauthenticated(t, `
			C: $1 AUTHENTICATE TEST
			S: + aGVsbG8=
			C: b25l
			S: + aGVsbG8=
			C: *
			S: $1 BAD aborted
			C: $2 NOOP
			S: $2 OK done`)
		if err := c.Authenticate(t.Context(), &saslScript{[]any{"one", errCause}}); !errors.Is(err, errCause) {
			t.Fatal(err)
		}
		noop(t, c)
	})
	// The caller leaves: the next "+" is answered for it.
	synctest.Test(t, func(t *testing.T) {
		c := unauthenticated(t, `
			C: $1 AUTHENTICATE TEST
			pause 2s
			S: + aGVsbG8=
			C: *
			S: $1 BAD aborted
			C: $2 NOOP
			S: $2 OK done`)
		start := time.Now()
		if err := c.Authenticate(soon(t), &saslScript{[]any{"one"}}); !errors.Is(err, errCause) || time.Since(start) != time.Second {
			t.Fatal(err, time.Since(start))
		}
		noop(t, c)
		if c.Authenticated() {
			t.Fatal("logged in")
		}
	})
	// Refused at once; and no base64.
	synctest.Test(t, func(t *testing.T) {
		c := unauthenticated(t, `
			C: $1 AUTHENTICATE TEST
			S: $1 NO [AUTHENTICATIONFAILED] no
			C: $2 AUTHENTICATE TEST
			S: + !!!
			C: *
			S: $2 BAD aborted
			C: $3 NOOP
			S: $3 OK done`)
		if err := c.Authenticate(t.Context(), &saslScript{}); !errors.Is(err, imap.CodeAuthenticationFailed) {
			t.Fatal(err)
		}
		if err := c.Authenticate(t.Context(), &saslScript{}); err == nil {
			t.Fatal("no error")
		}
		noop(t, c)
	})
}

// The old handle lives again after BAD to SELECT; after NO there is none.
func TestSelectRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 SELECT Bad
			S: $2 BAD what
			C: $3 NOOP
			S: * 4 EXISTS
			S: $3 OK done
			C: $4 SELECT No
			S: * 77 EXISTS
			S: $4 NO [NOPERM] no
			C: $5 NOOP
			S: * 78 EXISTS
			S: $5 OK done`, nil)
		if _, err := c.Select(t.Context(), "Bad", nil); err == nil || c.Selected() != box {
			t.Fatal(err, c.Selected())
		}
		noop(t, c)
		if box.State().Exists != 4 {
			t.Fatal(box.State())
		}
		if _, err := c.Select(t.Context(), "No", nil); err == nil || c.Selected() != nil {
			t.Fatal(err, c.Selected())
		}
		noop(t, c)
		if _, err := box.Search(t.Context(), nil); !errors.Is(err, imap.ErrDeselected) {
			t.Fatal(err)
		}
		if box.State().Exists != 4 {
			t.Fatal(box.State())
		}
	})
}

// Between SELECT and [CLOSED] data is about the old mailbox; servers that say
// nothing of CLOSED lose nothing.
func TestSelectClosed(t *testing.T) {
	for _, caps := range []string{"QRESYNC", "IMAP4rev2", ""} {
		for _, closed := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				line, early := "", ""
				if closed {
					line, early = "S: * OK [CLOSED] closed\n", "S: * 33 EXISTS\n"
				}
				c, _ := talk(t, caps, `
					C: $2 SELECT Other
					`+early+line+`
					S: * FLAGS (\Seen)
					S: * 7 EXISTS
					S: * OK [UIDVALIDITY 5] valid
					S: * OK [UIDNEXT 9] next
					S: $2 OK [READ-ONLY] done`, nil)
				box, err := c.Select(t.Context(), "Other", nil)
				if err != nil {
					t.Fatal(err)
				}
				if s := box.State(); s.Exists != 7 || s.UIDValidity != 5 || s.UIDNext != 9 || !s.ReadOnly || len(s.Flags) != 1 {
					t.Fatalf("%q, closed %v: %+v", caps, closed, s)
				}
			})
		}
	}
}

// Sequence numbers are carried over expunges, or refused.
func TestEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "", `
			C: $2 SEARCH ALL
			S: * SEARCH 1 2 3
			S: $2 OK done
			C: $3 NOOP
			S: * 1 EXPUNGE
			S: $3 OK done
			C: $4 UID SEARCH 1:2
			S: * SEARCH 2 3
			S: $4 OK done
			C: $5 NOOP
			S: * 2 EXPUNGE
			S: * 1 EXPUNGE
			S: $5 OK done
			C: $6 NOOP
			S: * 5 EXISTS
			S: * 3 EXISTS
			S: $6 OK done`, nil)
		seqs, err := box.SearchSeq(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		noop(t, c)
		if uids, err := box.UIDs(t.Context(), seqs); err != nil || uids.String() != "2:3" {
			t.Fatal(uids, err)
		}
		noop(t, c)
		if _, err := box.UIDs(t.Context(), seqs); !errors.Is(err, imap.ErrRenumbered) {
			t.Fatal(err)
		}
		epoch := box.State().Epoch
		noop(t, c)
		if box.State().Epoch == epoch {
			t.Fatal("EXISTS fell in the same epoch")
		}
	})
}

// unwritable is a connection that cannot be written to after a while.
type unwritable struct {
	net.Conn
	broken atomic.Bool
}

func (u *unwritable) Write(p []byte) (int, error) {
	if u.broken.Load() {
		return 0, errCause
	}
	return u.Conn.Write(p)
}

// What the server said before it stopped listening is still read.
func TestByeBehindAWriteError(t *testing.T) {
	for _, bye := range []string{"* BYE Autologout\r\n", ""} {
		synctest.Test(t, func(t *testing.T) {
			conn, srv := imaptest.Pipe()
			defer srv.Close()
			go fmt.Fprintf(srv, "* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n")
			u := &unwritable{Conn: conn}
			c, err := imap.NewClient(t.Context(), u, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			u.broken.Store(true)
			go func() {
				<-time.After(time.Second)
				fmt.Fprint(srv, bye)
			}()
			start := time.Now()
			err = c.Noop(t.Context())
			if text, _ := imap.ByeText(err); !errors.Is(err, imap.ErrClosed) || !errors.Is(err, errCause) || bye != "" && text != "Autologout" {
				t.Fatal(err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Fatal(d)
			}
		})
	}
}

// Close does not wait for a TLS peer that does not read.
func TestCloseOfTLS(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	for _, security := range []imap.Security{imap.TLS, imap.Plaintext} {
		synctest.Test(t, func(t *testing.T) {
			conn, srv := imaptest.PipeSize(8 << 10)
			defer srv.Close()
			go func() {
				s := tls.Server(srv, ca.ServerConfig())
				fmt.Fprintf(s, "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hello\r\n")
			}()
			config := &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}
			given := conn
			if security == imap.Plaintext {
				given = tls.Client(conn, config)
			}
			c, err := imap.NewClient(t.Context(), given, &imap.Options{Security: security, TLSConfig: config})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() {
				_, err := c.Append(t.Context(), "INBOX", zeros{}, 100_000, nil)
				done <- err
			}()
			synctest.Wait()
			start := time.Now()
			c.Close()
			if err := <-done; !errors.Is(err, imap.ErrClosed) || time.Since(start) > 0 {
				t.Fatal(err, time.Since(start))
			}
		})
	}
}

// LOGOUT goes out whatever is under way, and nothing follows it.
func TestLogoutAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 300<<10)
		for _, what := range []string{"idle", "fetch", "queue"} {
			c, box := login(t, s, nil)
			var wg sync.WaitGroup
			switch what {
			case "idle":
				wg.Go(func() {
					if _, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrClosed) {
						t.Error(err)
					}
				})
			case "fetch":
				wg.Go(func() {
					for range box.Fetch(t.Context(), imap.UIDRange(1, 9), whole) {
						<-time.After(time.Minute)
					}
				})
			case "queue":
				for range 50 {
					wg.Go(func() {
						if err := c.Noop(t.Context()); err != nil && !errors.Is(err, imap.ErrClosed) {
							t.Error(err)
						}
					})
				}
			}
			synctest.Wait()
			start := time.Now()
			if err := c.Logout(t.Context()); err != nil || time.Since(start) > 0 {
				t.Fatal(what, err, time.Since(start))
			}
			wg.Wait()
			if err := c.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
