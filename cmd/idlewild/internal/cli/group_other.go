//go:build !unix

package cli

import (
	"os"
	"os/exec"
)

// There are no process groups here: what a command starts goes on without it.

func ownGroup(*exec.Cmd) {}

func stopGroup(leader *os.Process) bool {
	_ = leader.Kill() // there is nothing gentler
	return false
}

func killGroup(leader *os.Process) { _ = leader.Kill() }

func groupAlive(*os.Process) bool { return false }
