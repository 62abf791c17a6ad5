package imaptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
)

// ask sends a command and reads up to its tagged reply.
func ask(b *testing.B, conn net.Conn, in *bufio.Reader, text string) (n int64) {
	fmt.Fprintf(conn, "A1 %s\r\n", text)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			b.Fatal(err)
		}
		n += int64(len(line))
		if bytes.HasPrefix(line, []byte("A1 ")) {
			return n
		}
	}
}

func benchServer(b *testing.B, messages int) (*Server, net.Conn, *bufio.Reader) {
	srv := NewServer(&Options{Preauth: "alice"})
	b.Cleanup(func() { srv.Close() })
	srv.AddUser("alice", "secret")
	message := CRLF(nested)
	for range messages {
		srv.Deliver("alice", "INBOX", message, nil)
	}
	conn := srv.Pipe()
	in := bufio.NewReaderSize(conn, 32<<10)
	in.ReadString('\n')
	ask(b, conn, in, "SELECT INBOX")
	return srv, conn, in
}

func BenchmarkFetchMetadata(b *testing.B) {
	const messages = 100_000
	_, conn, in := benchServer(b, messages)
	ask(b, conn, in, "FETCH 1:* (UID ENVELOPE)")
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(ask(b, conn, in, "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"))
	}
}

func BenchmarkDeliverToIdler(b *testing.B) {
	srv, conn, in := benchServer(b, 0)
	io.WriteString(conn, "A1 IDLE\r\n")
	in.ReadString('\n')
	message := CRLF(hello)
	b.ReportAllocs()
	for b.Loop() {
		srv.Deliver("alice", "INBOX", message, nil)
		in.ReadString('\n')
		in.ReadString('\n')
	}
}

// What an idle connection costs, both ends of the pipe included.
func BenchmarkIdlers(b *testing.B) {
	const idlers = 10_000
	srv, _, _ := benchServer(b, 10)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		conns := make([]net.Conn, idlers)
		for i := range conns {
			conns[i] = srv.Pipe()
			io.WriteString(conns[i], "A1 SELECT INBOX\r\nA2 IDLE\r\n")
		}
		buf := make([]byte, 4096)
		for _, c := range conns {
			for got := []byte(nil); !bytes.Contains(got, []byte("+ idling")); {
				n, err := c.Read(buf)
				if err != nil {
					b.Fatal(err)
				}
				got = append(got, buf[:n]...)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/idlers, "B/idler")
		for _, c := range conns {
			c.Close()
		}
	}
}

// What a command costs that does nothing, both ends of the pipe included.
func BenchmarkNoop(b *testing.B) {
	_, conn, in := benchServer(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		ask(b, conn, in, "NOOP")
	}
}
