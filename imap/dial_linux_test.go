package imap

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// The kernel is told to look after a connection on which nothing is said, and to
// give it up when what was said is not acknowledged.
func TestDialerSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := defaultDialer().DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name          string
		level, option int
		want          int
	}{
		{"SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 60},
		{"TCP_KEEPINTVL", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 15},
		{"TCP_KEEPCNT", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 4},
		{"TCP_USER_TIMEOUT", syscall.IPPROTO_TCP, tcpUserTimeout, 115_000},
	} {
		var got int
		var failed error
		if err := raw.Control(func(fd uintptr) { got, failed = syscall.GetsockoptInt(int(fd), tt.level, tt.option) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		if got != tt.want {
			t.Errorf("%s is %d, want %d", tt.name, got, tt.want)
		}
	}
	// As soon as the user timeout is over, the kernel gives up at one unanswered
	// probe: keepalive's count is kept only if they end together.
	k := defaultDialer().KeepAliveConfig
	last, end := k.Idle+time.Duration(k.Count-1)*k.Interval, k.Idle+time.Duration(k.Count)*k.Interval
	if patience := tcpPatience * time.Millisecond; patience <= last || patience >= end {
		t.Errorf("the user timeout is %v; the last of %d probes is sent after %v and lost after %v", patience, k.Count, last, end)
	}
}
