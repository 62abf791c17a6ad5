package test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// roles are what the test binary may be, by IDLEWILD_ROLE, when it is started as
// a program that is tried.
func roles(name string) func(args []string) error {
	if name == "watch" {
		return watchRole
	}
	return partitionRoles[name]
}

func TestMain(m *testing.M) {
	if role := roles(os.Getenv("IDLEWILD_ROLE")); role != nil {
		if err := role(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inRole is the test binary as another program.
func inRole(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "IDLEWILD_ROLE="+role)
	return cmd
}
