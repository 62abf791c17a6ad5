//go:build unix && !linux

package cli

import "syscall"

// dieWithUs does nothing: a process goes on when we are killed.
func dieWithUs(*syscall.SysProcAttr) {}
