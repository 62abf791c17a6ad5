package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what should happen at once. Only what is broken needs it.
const patience = time.Minute

// echo is a server that says what it is told, says what is left of it when the
// client has ended, and then ends.
func echo(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	workers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			workers.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		workers.Wait()
	})
	return l.Addr().String()
}

// between returns a proxy before an echo.
func between(t *testing.T) *Proxy {
	target := echo(t) // ends last
	p, err := New(target, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("heard %q, %v, want %q", got[:n], err, want)
	}
}

// silent checks that nothing has come, once another connection has shown that
// what was sent before has had the time.
func silent(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if n, err := conn.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("%d bytes, %v, want silence", n, err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

func TestPass(t *testing.T) {
	p := between(t)
	for _, faults := range []Faults{
		{},
		{Up: Fault{Split: 3}, Down: Fault{Split: 5}},
		{Up: Fault{Latency: time.Millisecond}, Down: Fault{Latency: time.Millisecond}},
		{Up: Fault{Filter: bytes.ToLower}, Down: Fault{Filter: func(b []byte) []byte { return b }, Split: 1000}},
	} {
		p.Set(faults)
		conn := dial(t, p)
		text := strings.Repeat("0123456789abcdef\n", 500) + "and the end"
		said := make(chan error, 1)
		go func() {
			_, err := io.WriteString(conn, text)
			said <- errors.Join(err, conn.CloseWrite())
		}()
		if got, err := io.ReadAll(conn); err != nil || string(got) != text {
			t.Errorf("%d bytes of %d, %v", len(got), len(text), err)
		}
		if err := <-said; err != nil {
			t.Error(err)
		}
	}
	if n := p.Accepted(); n != 4 {
		t.Errorf("%d connections", n)
	}
}

func TestFilter(t *testing.T) {
	p := between(t)
	p.Set(Faults{Down: Fault{Filter: func(line []byte) []byte {
		if bytes.HasPrefix(line, []byte("* ")) {
			return nil
		}
		return line
	}}})
	conn := dial(t, p)
	say(t, conn, "one\n* 3 EXI")
	hear(t, conn, "one\n")
	say(t, conn, "STS\ntwo\nthr")
	hear(t, conn, "two\n")
	p.Set(Faults{})
	say(t, conn, "ee\n* four\n")
	hear(t, conn, "three\n* four\n")
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		how  End
		want error
	}{{Close, io.EOF}, {Reset, syscall.ECONNRESET}, {HalfClose, io.EOF}} {
		p := between(t)
		p.Set(Faults{Down: Fault{Cut: 7, End: tt.how}})
		conn := dial(t, p)
		say(t, conn, "01234")
		hear(t, conn, "01234")
		if tt.how == Reset { // which overtakes what was sent before
			p.Set(Faults{Down: Fault{Cut: 5, End: tt.how}})
		}
		say(t, conn, "56789")
		if tt.how != Reset {
			hear(t, conn, "56")
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, tt.want) {
			t.Errorf("%v: %v, want %v", tt.how, err, tt.want)
		}
		if tt.how == HalfClose {
			say(t, conn, "still taken")
		}
	}
}

func TestEnd(t *testing.T) {
	p := between(t)
	for _, tt := range []struct {
		how  End
		want error
	}{{Close, io.EOF}, {Reset, syscall.ECONNRESET}, {HalfClose, io.EOF}} {
		conn := dial(t, p)
		say(t, conn, "x")
		hear(t, conn, "x")
		p.End(tt.how)
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, tt.want) {
			t.Errorf("%v: %v, want %v", tt.how, err, tt.want)
		}
	}
}

func TestStall(t *testing.T) {
	p := between(t)
	conn := dial(t, p)
	say(t, conn, "a")
	hear(t, conn, "a")
	p.Set(Faults{Down: Fault{Stall: true}})
	say(t, conn, "b")
	silent(t, conn)
	p.Set(Faults{})
	hear(t, conn, "b")
}

// What fell into a black hole does not come back, nor does the connection; later
// ones are as ever.
func TestBlackhole(t *testing.T) {
	p := between(t)
	before := dial(t, p)
	say(t, before, "a")
	hear(t, before, "a")
	untouched := dial(t, p)
	say(t, untouched, "a")
	hear(t, untouched, "a")

	p.Set(Blackhole())
	say(t, before, "b")
	during := dial(t, p)
	say(t, during, "c")
	silent(t, before)
	silent(t, during)

	p.Set(Faults{})
	after := dial(t, p)
	say(t, after, "d")
	hear(t, after, "d")
	say(t, untouched, "e")
	hear(t, untouched, "e")
	silent(t, before)
	silent(t, during)
}

func TestRefuse(t *testing.T) {
	p := between(t)
	conn := dial(t, p)
	say(t, conn, "a")
	hear(t, conn, "a")
	for range 3 {
		if err := p.Refuse(true); err != nil {
			t.Fatal(err)
		}
		if c, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(c, err)
		}
		say(t, conn, "b")
		hear(t, conn, "b")
		if err := p.Refuse(false); err != nil {
			t.Fatal(err)
		}
		again := dial(t, p)
		say(t, again, "c")
		hear(t, again, "c")
	}
}

// Each connection has the faults that the plan gives it.
func TestPlan(t *testing.T) {
	p := between(t)
	dial(t, p)
	p.Plan(func(n int) Faults { return Faults{Down: Fault{Cut: int64(n)}} })
	for n := 1; n < 5; n++ {
		conn := dial(t, p)
		say(t, conn, "0123456789")
		if got, err := io.ReadAll(conn); err != nil && !errors.Is(err, syscall.ECONNRESET) || len(got) > n {
			t.Errorf("%q, %v, want %d bytes", got, err, n)
		}
	}
}

// A server that is not there is seen by the client as one that resets.
func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p, err := New(l.Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	conn, err := net.Dial("tcp", p.Addr())
	if err == nil { // it may have been reset already
		defer conn.Close()
		_, err = io.ReadAll(conn)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

// The end of a connection goes through, unless its direction is lost.
func TestEnds(t *testing.T) {
	p := between(t)
	conn := dial(t, p)
	say(t, conn, "a")
	hear(t, conn, "a")
	p.Set(Faults{Up: Fault{Stall: true}})
	say(t, conn, "b")
	conn.CloseWrite()
	p.Set(Faults{})
	if got, err := io.ReadAll(conn); err != nil || string(got) != "b" {
		t.Errorf("%q, %v", got, err)
	}

	lost := dial(t, p)
	say(t, lost, "a")
	hear(t, lost, "a")
	p.Set(Faults{Down: Fault{Swallow: true}})
	lost.CloseWrite() // which the server answers by its own end
	silent(t, lost)
}
