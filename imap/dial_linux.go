package imap

import (
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT, which package syscall lacks on some
// architectures.
const tcpUserTimeout = 0x12

// dialControl makes the kernel give up a connection whose peer acknowledges
// nothing for 60 s: keepalive alone does not fire with data under way.
func dialControl(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, 60_000)
	})
}
