package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

const (
	// hookGrace is how long a command that is under way may go on when we are to
	// end.
	hookGrace = 5 * time.Second
	// hookStop is how long its process group has between SIGTERM and SIGKILL.
	hookStop = 2 * time.Second
	// hookLast is how long we wait for whatever SIGKILL does not end, and for
	// output that a process left in the background keeps open.
	hookLast = time.Second
)

// hookInput is an event on its way to the command.
type hookInput struct {
	what string   // for messages to people
	json []byte   // its stdin
	env  []string // NAME=value
}

// run runs the command once, when it is its turn. Nil: it has ended with 0.
func (h *hook) run(ctx context.Context, in *hookInput, attempt int) error {
	select {
	case <-h.turn:
		defer func() { h.turn <- struct{}{} }()
	case <-ctx.Done():
		return errInterrupted
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	out := &hookOutput{line: h.output}
	defer out.end()
	cmd := &exec.Cmd{
		Path: h.path, Args: h.argv,
		Env:   append(append(h.environ[:len(h.environ):len(h.environ)], in.env...), fmt.Sprintf("IDLEWILD_ATTEMPT=%d", attempt)),
		Stdin: bytes.NewReader(in.json), Stdout: out, Stderr: out, // one pipe for both: their lines stay in order
		WaitDelay: hookLast,
	}
	ownGroup(cmd)
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		// The kernel tells the command of the end of the thread that has started
		// it, so that must not end before the process does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return &startError{err}
	}
	if h.started != nil {
		h.started(cmd.Process.Pid)
	}
	return h.await(ctx, cmd, ended)
}

// await returns how the command has ended, or ends it.
func (h *hook) await(ctx context.Context, cmd *exec.Cmd, ended <-chan error) error {
	timeout := time.NewTimer(h.timeout)
	defer timeout.Stop()
	leave, grace := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-ended:
			return hookResult(cmd, err)
		case <-timeout.C:
			h.terminate(cmd, ended)
			return fmt.Errorf("the command was not done within %s and was ended", roundTime(h.timeout))
		case <-grace:
			h.terminate(cmd, ended)
			return errInterrupted
		case <-leave:
			leave = nil
			h.say("the command has %s to be done; a second signal ends us at once", roundTime(h.grace))
			timer := time.NewTimer(h.grace)
			defer timer.Stop()
			grace = timer.C
		}
	}
}

// terminate ends the command and whatever else is in its process group. It
// returns when that has happened, or cannot be waited for.
func (h *hook) terminate(cmd *exec.Cmd, ended <-chan error) {
	deadline := time.NewTimer(h.stop)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	reaped := false
	for alive := stopGroup(cmd.Process); alive || !reaped; {
		select {
		case <-ended:
			reaped, ended = true, nil
		case <-tick.C:
		case <-deadline.C:
			if alive {
				killGroup(cmd.Process)
			}
			if !reaped {
				last := time.NewTimer(2 * hookLast)
				defer last.Stop()
				select {
				case <-ended:
				case <-last.C:
				}
			}
			return
		}
		// Once seen gone it is never signalled again: its number may be
		// somebody else's then.
		alive = alive && groupAlive(cmd.Process)
	}
}

// hookResult is what the end of a command means.
func hookResult(cmd *exec.Cmd, err error) error {
	// What it has left in the background may have its output open, and need not
	// be waited for.
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if cmd.ProcessState == nil {
		return &startError{err}
	}
	if cmd.ProcessState.Success() { // our own side of a pipe has failed
		return nil
	}
	return &exitStatusError{cmd.ProcessState.ExitCode(), "the command ended with " + cmd.ProcessState.String()}
}

// longestEnd is how long the command may keep us from ending.
func (h *hook) longestEnd() time.Duration { return h.grace + h.stop + 2*hookLast }
