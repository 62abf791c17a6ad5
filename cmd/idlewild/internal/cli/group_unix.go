//go:build unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup starts cmd in a process group of its own: Ctrl-C on the terminal is
// for us alone, and what cmd starts can be ended with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithUs(cmd.SysProcAttr)
}

// stopGroup asks a group to end, and says whether there is one.
func stopGroup(leader *os.Process) bool { return signalGroup(leader, syscall.SIGTERM) }

// killGroup ends a group.
func killGroup(leader *os.Process) { signalGroup(leader, syscall.SIGKILL) }

// groupAlive says whether anybody is in the group.
func groupAlive(leader *os.Process) bool { return signalGroup(leader, 0) }

func signalGroup(leader *os.Process, signal syscall.Signal) bool {
	return !errors.Is(syscall.Kill(-leader.Pid, signal), syscall.ESRCH)
}
