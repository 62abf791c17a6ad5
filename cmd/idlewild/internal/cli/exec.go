package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// execFlags are about the command that is run for every event.
type execFlags struct {
	timeout  time.Duration
	attempts int
}

func (x *execFlags) add(cmd *cobra.Command) {
	// For the help only: cutExec takes it out before flags are parsed.
	cmd.Flags().String("exec", "", "run `COMMAND ARGS...` for every message that arrives; comes last")
	cmd.Flags().DurationVar(&x.timeout, "exec-timeout", defaultHookTimeout, "how long the command may take")
	cmd.Flags().IntVar(&x.attempts, "exec-attempts", defaultHookAttempts,
		"skip an event, and say so, after `N` failures; 0: never")
}

// cutExec takes --exec and all that follows out of the arguments of watch.
// Whatever follows is the command's, also what looks like a flag of ours.
func cutExec(args []string) (rest, command []string) {
	if len(args) == 0 || args[0] != "watch" {
		return args, nil
	}
	for i, arg := range args {
		first, joined := strings.CutPrefix(arg, "--exec=")
		switch {
		case arg == "--":
			return args, nil
		case joined:
			return args[:i], slices.Concat([]string{first}, args[i+1:])
		case arg == "--exec":
			command = args[i+1:]
			if len(command) > 0 && command[0] == "--" {
				command = command[1:]
			}
			// Not nil, which is the difference between nothing and no --exec.
			return args[:i], append([]string{}, command...)
		}
	}
	return args, nil
}

// hook returns nil without --exec.
func (x *execFlags) hook(e *env, cmd *cobra.Command) (*hook, error) {
	if e.exec == nil {
		for _, name := range []string{"exec-timeout", "exec-attempts"} {
			if cmd.Flags().Changed(name) {
				return nil, usagef("--%s is about the command of --exec, which is missing; "+
					"it comes last: %s", name, cmd.UseLine())
			}
		}
		return nil, nil
	}
	if len(e.exec) == 0 || e.exec[0] == "" {
		return nil, usagef("--exec has no command; it comes last: %s", cmd.UseLine())
	}
	if x.timeout <= 0 {
		return nil, usagef("--exec-timeout is %v, but must be longer than nothing", x.timeout)
	}
	if x.attempts < 0 {
		return nil, usagef("--exec-attempts is %d, but cannot be less than 0", x.attempts)
	}
	path, err := exec.LookPath(e.exec[0])
	if err != nil {
		return nil, execError(e.exec[0], err)
	}
	h := newHook(e, e.exec)
	h.path, h.timeout, h.attempts = path, x.timeout, x.attempts
	return h, nil
}

// execError says why there is no such command, and what to do.
func execError(name string, err error) error {
	switch {
	case strings.ContainsAny(name, " \t|;&<>$") && (errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)):
		return usagef("--exec: there is no command %q: no shell takes it apart, so write command and arguments "+
			"as words of their own, as in --exec notify-send 'New mail'; or ask for a shell: --exec sh -c '...'", name)
	case errors.Is(err, exec.ErrNotFound):
		return usagef("--exec: there is no command %q in the PATH; write where it is, as in --exec ./%s", name, name)
	case errors.Is(err, exec.ErrDot):
		return usagef("--exec: the command %q is in this directory only; if you mean that, write --exec ./%s", name, name)
	case errors.Is(err, fs.ErrNotExist):
		return usagef("--exec: there is no file %s", name)
	case errors.Is(err, fs.ErrPermission):
		return usagef("--exec: %s is not executable; do: chmod +x %s", name, name)
	}
	return fmt.Errorf("--exec: cannot use %s: %w", name, err)
}
