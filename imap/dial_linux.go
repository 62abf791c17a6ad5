package imap

import (
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT, which package syscall lacks on some
// architectures.
const tcpUserTimeout = 0x12

// tcpPatience is how long the kernel waits for a peer that acknowledges nothing,
// in milliseconds. It takes the place of keepalive's own count (tcp_keepalive_timer
// in net/ipv4/tcp_timer.c): as soon as so much time has passed since the peer was
// heard, one unanswered probe is enough. With 60 s the first probe that the network
// loses would end an idle connection, 75 s after the last word. Just below
// keepalive's 60 s + 4 x 15 s all four have to be lost.
const tcpPatience = 115_000

// dialControl makes the kernel give up a connection whose peer acknowledges
// nothing: keepalive alone does not fire with data under way (RFC 5482).
func dialControl(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, tcpPatience)
	})
}
