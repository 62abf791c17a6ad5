package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

const (
	defaultHookTimeout  = time.Minute
	defaultHookAttempts = 5
	hookFirstWait       = time.Second
	hookLongestWait     = 5 * time.Minute
	// hookTempFail is EX_TEMPFAIL of sysexits.h, with which a command asks to
	// be run again later.
	hookTempFail = 75
)

// hook is the user's command, run once for every event. Only one runs at a time,
// whatever the number of accounts.
type hook struct {
	argv     []string // argv[0] as the user wrote it
	path     string   // where that was found
	environ  []string // what commands get besides the variables of the event
	timeout  time.Duration
	attempts int // failed ones after which an event is skipped; 0: never
	grace    time.Duration
	stop     time.Duration
	say      func(format string, args ...any)
	output   func(line string) // a line that a command has written
	random   func() float64    // in [0, 1)
	started  func(pid int)     // nil: nobody asks

	turn chan struct{} // holds one: whoever has taken it may run the command
}

func newHook(e *env, argv []string) *hook {
	h := &hook{
		argv: argv, environ: hookEnviron(e.environ()),
		timeout: defaultHookTimeout, attempts: defaultHookAttempts, grace: hookGrace, stop: hookStop,
		say: e.say, random: rand.Float64, turn: make(chan struct{}, 1),
	}
	h.output = func(line string) { e.print("%s: %s", hookName(argv[0]), line) }
	h.turn <- struct{}{}
	return h
}

// skippedError says that an event was given up.
type skippedError struct {
	attempts int
	err      error
}

func (e *skippedError) Error() string {
	return fmt.Sprintf("the command has failed %s: %v", times(e.attempts, ""), e.err)
}
func (e *skippedError) Unwrap() error { return e.err }

// handle runs the command until it takes the event, which is nil. A
// *skippedError says that it never will, errInterrupted that ctx is done.
func (h *hook) handle(ctx context.Context, in *hookInput) error {
	failures := 0
	for attempt := 1; ; attempt++ {
		err := h.run(ctx, in, attempt)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		count := "asked for later"
		if !isTemporary(err) {
			failures++
			if h.attempts > 0 && failures >= h.attempts {
				return &skippedError{failures, err}
			}
			count = fmt.Sprintf("failure %d", failures)
			if h.attempts > 0 {
				count += fmt.Sprintf(" of %d", h.attempts)
			}
		} else if isStart(err) {
			count = "nothing is lost"
		}
		wait := h.wait(attempt)
		h.say("%s: %v (%s); next try in %s", in.what, err, count, roundTime(wait))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errInterrupted
		}
	}
}

// wait is the pause after an attempt: it doubles, and chance shortens it.
func (h *hook) wait(attempt int) time.Duration {
	longest := hookLongestWait
	if attempt <= 8 { // 2^8 s is the last power below 5 minutes
		longest = hookFirstWait << (attempt - 1)
	}
	return time.Duration(h.random() * float64(longest))
}

// startError says that the command could not be started. That is the machine's
// fault, or that of a configuration, and not the event's.
type startError struct{ err error }

func (e *startError) Error() string {
	text := "the command cannot be started: " + e.err.Error()
	switch {
	case errors.Is(e.err, syscall.ENOEXEC):
		text += "; a script begins with #! and what runs it, as in #!/bin/sh"
	case errors.Is(e.err, syscall.ENOENT):
		text += "; if the file is there, what its first line (#!) names is not"
	}
	return text
}
func (e *startError) Unwrap() error { return e.err }

func isStart(err error) bool {
	_, ok := errors.AsType[*startError](err)
	return ok
}

// exitStatusError says how the command ended.
type exitStatusError struct {
	code int
	text string
}

func (e *exitStatusError) Error() string { return e.text }

// isTemporary says of a failure that it does not count: however often it
// happens, the event is not given up.
func isTemporary(err error) bool {
	e, ok := errors.AsType[*exitStatusError](err)
	return isStart(err) || ok && e.code == hookTempFail
}
