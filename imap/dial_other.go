//go:build !linux

package imap

import "syscall"

// dialControl has nothing to set here.
func dialControl(_, _ string, _ syscall.RawConn) error { return nil }
