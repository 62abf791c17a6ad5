// Package cli is the idlewild command: one file a command, and what they share.
// Results go to stdout, everything else to stderr.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const rootHelp = `Idlewild follows IMAP mailboxes: it waits with IDLE, reconnects, resumes where
it stopped, and loses nothing.

See it work, with no mail account:   idlewild demo
Watch a mailbox:                     idlewild watch imaps://alice@imap.example.org/INBOX
A server to try clients with:        idlewild testserver

` + exitHelp

// stuckTime is how long after an interrupt a command may still go on. All of
// them end sooner, but for one whose stdout is a pipe that nobody reads.
const stuckTime = 5 * time.Second

// env is the world outside, as a command sees it.
type env struct {
	stdin          *os.File
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string
	// interrupted is done at SIGINT, SIGTERM and SIGHUP.
	interrupted context.Context
	// exec is what followed --exec.
	exec []string
	// linger is how much longer than stuckTime the end may take.
	linger atomic.Int64
	// screen has a live line that messages must not run into; nil: nobody has.
	screen atomic.Pointer[output]
}

// Main runs the command with these arguments and returns its exit code.
func Main(args []string) int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		ends = append(ends, syscall.SIGHUP)
		// A terminal that goes away may say so twice: from the second on it is
		// not listened to.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	interrupted, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	// The second signal ends the process at once.
	context.AfterFunc(interrupted, stop)
	// A closed stdout is then an error of the write, and not a death without a
	// word. (Notify and not Ignore: children would inherit that.)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	e := &env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, environ: os.Environ, interrupted: interrupted,
	}
	ended := make(chan int, 1)
	go func() { ended <- run(e, args) }()
	select {
	case code := <-ended:
		return code
	case <-interrupted.Done():
	}
	select {
	case code := <-ended:
		return code
	case <-time.After(stuckTime + time.Duration(e.linger.Load())):
		e.screen.Store(nil) // whose lock may never be free again
		e.say("gave up waiting for whoever reads stdout; what was not written is not lost: it counts as unread")
		return exitFailed
	}
}

func run(e *env, args []string) int {
	args, command := cutExec(args)
	e.exec = command
	root := newRootCommand(e)
	root.SetArgs(args)
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	err := root.ExecuteContext(e.interrupted)
	if err == nil {
		return exitDone
	}
	e.say("%v", err)
	if !began { // what cobra itself found wrong
		return exitUsage
	}
	return exitCode(err)
}

// say puts a message on stderr, a line. It may contain what a server said.
func (e *env) say(format string, args ...any) { e.print("idlewild: "+format, args...) }

// print is say without saying who speaks.
func (e *env) print(format string, args ...any) {
	line := clean(fmt.Sprintf(format, args...)) + "\n"
	if o := e.screen.Load(); o != nil {
		o.aside(func() { _, _ = io.WriteString(e.stderr, line) })
		return
	}
	_, _ = io.WriteString(e.stderr, line)
}

func newRootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:           "idlewild",
		Short:         "Follow IMAP mailboxes; lose nothing",
		Long:          rootHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w%s; see: %s --help", err, unitHint(err), cmd.CommandPath())
	})
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(newWatchCommand(e), newDemoCommand(e), newTestserverCommand(e))
	return root
}

// unitHint is for who writes a duration as a number.
func unitHint(err error) string {
	_, number, ok := strings.Cut(err.Error(), "time: missing unit in duration ")
	if !ok {
		return ""
	}
	number = strings.Trim(number, `"`)
	return fmt.Sprintf("; write %ss for seconds, or %sm for minutes", number, number)
}

func unknownCommand(root *cobra.Command, name string) error {
	if like := root.SuggestionsFor(name); len(like) > 0 {
		return usagef("there is no command %q; did you mean %s?", name, strings.Join(like, " or "))
	}
	return usagef("there is no command %q; see: idlewild --help", name)
}

// exactly is a check of how many arguments a command has, which names them.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s is missing; it is: %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return usagef("%q is one argument too many; it is: %s", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown version)"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "development version"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v + " " + info.GoVersion
}
