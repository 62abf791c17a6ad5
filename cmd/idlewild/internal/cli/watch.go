package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

const watchHelp = `Watch mailboxes and print what arrives, a line a message, until interrupted. When
a connection is lost, it is made again, for ever; only the first one must succeed.

A URL is imaps://user@host[:port]/MAILBOX (TLS). imap:// requires STARTTLS;
imap+plaintext:// has no protection at all. Percent-encoding works, as in
imaps://alice%40example.org@imap.example.org/Sent%20Mail. Without a mailbox it is
INBOX. There may be several, of one account or of many; --mailbox, which may be
repeated, replaces the mailboxes of all URLs.

The password comes from --password-command (run by the shell, with IDLEWILD_USER
and IDLEWILD_HOST in its environment), --password-file, the environment's
IDLEWILD_PASSWORD, or a prompt. It cannot be a flag, nor part of the URL: others
could see it there. With several accounts it is the command or the prompt.

With --state, the next run goes on where this one ended: a message is printed
before the file says so, so none is lost, and one may come twice, with the same
id, if the process is killed in between.

With --exec, a command is run for every message that arrives, one at a time. All
that follows --exec is the command's, word by word: no shell looks at it. It gets
the event as one line of JSON, as --json prints it, on stdin, and IDLEWILD_EVENT,
_ID, _ACCOUNT, _MAILBOX, _UIDVALIDITY, _UID, _TIME and _ATTEMPT in its environment.
What it writes goes to stderr. If it exits with 0, the event is done. With 75 it
is run again later, for ever; the pauses double from 1 s to 5 min and are shortened
at random. With any other code, and when it was not done within --exec-timeout, it
is run again in the same way, --exec-attempts times at most; then the event is
skipped: a "skipped" event is printed, and the exit code is 5 in the end. When
idlewild is to end, the command has 5 s to be done; if it is not, or is killed, its
event comes again, with the same id, in the next run with the same --state.

With --json there is nothing but JSON lines on stdout. The events are "arrived",
"offline", "online", "reset", "alert" and "skipped"; events and fields may be added.

` + exitHelp

const watchExample = `  idlewild watch imaps://alice@imap.example.org/INBOX
  idlewild watch imaps://alice@imap.example.org --mailbox INBOX --mailbox Lists \
      --password-command 'pass mail' --state ~/.local/state/alice.json --json
  idlewild watch imaps://alice@imap.example.org --state alice.json --exec ./handle-mail --verbose`

// watchBurst is shorter than the Watcher's own: somebody waits for the line, and
// there is one account only.
const watchBurst = 500 * time.Millisecond

type watchOptions struct {
	connect   connectFlags
	exec      execFlags
	mailboxes []string
	json      bool
	count     int
	length    time.Duration
	state     string
	from      string
}

func newWatchCommand(e *env) *cobra.Command {
	var opts watchOptions
	cmd := &cobra.Command{
		Use:               "watch URL...",
		Short:             "Print what arrives in mailboxes, for ever, or run a command for it",
		Long:              watchHelp,
		Example:           watchExample,
		Args:              urlArgs(e),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWatch(cmd, e, args, &opts)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&opts.mailboxes, "mailbox", nil, "watch the mailbox `NAME`; may be repeated")
	f.BoolVar(&opts.json, "json", false, "JSON lines on stdout")
	f.IntVar(&opts.count, "count", 0, "end after `N` arrived messages; 0: never")
	f.DurationVar(&opts.length, "for", 0, "end after this `DURATION`, such as 10m; 0: never")
	f.StringVar(&opts.state, "state", "", "keep in `FILE` how far each mailbox was read, and go on there")
	f.StringVar(&opts.from, "from", "now", "where to begin if the state does not know: `now|all`")
	opts.exec.add(cmd)
	opts.connect.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(
		[]cobra.Completion{"now", "all"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// urlArgs is the check of the arguments: URLs, and nothing that --exec took.
func urlArgs(e *env) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && len(e.exec) > 0 {
			return usagef("URL is missing: what follows --exec is all the command's, so URLs and flags go before it; "+
				"it is: %s --exec COMMAND ARGS...", cmd.UseLine())
		}
		if len(args) == 0 {
			return usagef("URL is missing; it is: %s", cmd.UseLine())
		}
		return nil
	}
}

func runWatch(cmd *cobra.Command, e *env, urls []string, opts *watchOptions) error {
	ctx := cmd.Context()
	accounts, err := parseAccounts(urls, opts.mailboxes)
	if err != nil {
		return err
	}
	from, err := opts.check(e, len(accounts))
	if err != nil {
		return err
	}
	hook, err := opts.exec.hook(e, cmd)
	if err != nil {
		return err
	}
	store, err := openState(opts.state)
	if err != nil {
		return err
	}
	if store != nil {
		defer store.Close()
	}
	trace, err := opts.connect.trace.open()
	if err != nil {
		return err
	}
	defer trace.Close()
	s := &sink{env: e, out: newOutput(e, opts.json), count: opts.count, hook: hook}
	s.out.style.accounts = len(accounts) > 1
	var followers []*follower
	for _, a := range accounts {
		conn, err := newConnector(ctx, e, a.target, &opts.connect, trace)
		if err != nil {
			if ctx.Err() != nil { // interrupted at the prompt
				return nil
			}
			return err
		}
		w := &watch.Watcher{
			Dial: conn.dial, Account: a.account(), Mailboxes: a.mailboxes, From: from, Burst: watchBurst,
		}
		if store != nil { // else it were an interface that is not nil
			w.Store = store
		}
		followers = append(followers, &follower{sink: s, target: a.target, mailboxes: a.mailboxes, watcher: w})
	}
	warnPlaintext(e, accounts)
	if hook != nil {
		e.linger.Store(int64(hook.longestEnd()))
	}
	if opts.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.length)
		defer cancel()
	}
	stopLive := s.showLive(followers)
	err = followAll(ctx, followers)
	stopLive()
	return cmp.Or(err, s.verdict())
}

func warnPlaintext(e *env, accounts []*account) {
	for _, a := range accounts {
		if a.security == imap.Plaintext && !loopback(a.host) {
			e.say("warning: the password and all mail go to %s unprotected, where others can read them", a.host)
		}
	}
}

// check returns where to begin.
func (o *watchOptions) check(e *env, accounts int) (watch.Start, error) {
	if o.count < 0 {
		return watch.Start{}, usagef("--count is %d, but cannot be less than 0", o.count)
	}
	if o.length < 0 {
		return watch.Start{}, usagef("--for is %v, but cannot be less than 0", o.length)
	}
	if err := o.connect.password.check(e, accounts); err != nil {
		return watch.Start{}, err
	}
	switch o.from {
	case "now":
		return watch.Start{}, nil
	case "all":
		return watch.All(), nil
	}
	return watch.Start{}, usagef("--from is %q, but can be now or all", o.from)
}

// openState returns nil without a file.
func openState(file string) (*watch.FileStore, error) {
	if file == "" {
		return nil, nil
	}
	store, err := watch.OpenFileStore(file)
	if err == nil {
		return store, nil
	}
	if errors.Is(err, watch.ErrInUse) {
		owner := "another process"
		if e, ok := errors.AsType[*watch.StoreError](err); ok && e.PID != 0 {
			owner = fmt.Sprintf("process %d", e.PID)
		}
		return nil, &exitError{exitInUse, fmt.Errorf("the --state file %s is in use by %s; "+
			"end that, or give this one a file of its own", file, owner)}
	}
	return nil, fmt.Errorf("cannot use the --state file: %w", err)
}

// followAll runs the followers until ctx is done or one of them ends, which
// ends all.
func followAll(ctx context.Context, followers []*follower) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, f := range followers {
		go func() {
			err := f.run(ctx)
			if err != nil && !errors.Is(err, errEnough) {
				err = explain(f.target, f.mailboxes, err)
			}
			ended <- err
		}()
	}
	var first error
	for range followers {
		if err := <-ended; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	if errors.Is(first, errEnough) {
		return nil
	}
	return first
}

// showLive keeps the live line up to date until stop is called.
func (s *sink) showLive(followers []*follower) (stop func()) {
	if !s.out.terminal() {
		return func() {}
	}
	s.status.watch(followers)
	s.env.screen.Store(s.out)
	s.out.setLive(func(columns int) string { return s.status.live(s.out.style, columns) })
	tick := time.NewTicker(time.Second)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick.C:
				s.out.refresh()
			case <-done:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(done)
		<-ended
		s.env.screen.Store(nil)
		s.out.setLive(nil)
	}
}
