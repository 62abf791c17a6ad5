package cli

import (
	"errors"
	"fmt"
)

// The exit codes. Scripts depend on them.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitLogin    = 3
	exitNotFound = 4
	exitSkipped  = 5
	exitInUse    = 75 // EX_TEMPFAIL of sysexits.h
)

// exitHelp ends the help of every command.
const exitHelp = `Exit codes: 0 done, or ended by Ctrl-C (SIGINT), SIGTERM or SIGHUP; 1 failed;
2 wrong usage; 3 login refused; 4 mailbox not found; 5 ended, but events were
skipped because the --exec command failed for them; 75 state file in use.`

// exitError is an error that decides how the process ends.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode is how the process ends after err.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitFailed
}
