package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

const watchHelp = `Watch mailboxes and print what arrives, a line a message, until interrupted. When
the connection is lost, it is made again, for ever; only the first one must succeed.

The URL is imaps://user@host[:port]/MAILBOX (TLS). imap:// requires STARTTLS;
imap+plaintext:// has no protection at all. Percent-encoding works, as in
imaps://alice%40example.org@imap.example.org/Sent%20Mail. Without a mailbox it is
INBOX; --mailbox replaces the URL's and may be repeated.

The password comes from --password-command (run by the shell), --password-file,
the environment's IDLEWILD_PASSWORD, or a prompt. It cannot be a flag, nor part
of the URL: others could see it there.

With --state, the next run goes on where this one ended: a message is printed
before the file says so, so none is lost, and one may come twice, with the same
id, if the process is killed in between.

With --json there is nothing but JSON lines on stdout. The events are "arrived",
"offline", "online", "reset" and "alert"; events and fields may be added.

` + exitHelp

const watchExample = `  idlewild watch imaps://alice@imap.example.org/INBOX
  idlewild watch imaps://alice@imap.example.org --mailbox INBOX --mailbox Lists \
      --password-command 'pass mail' --state ~/.local/state/alice.json --json`

// watchBurst is shorter than the Watcher's own: somebody waits for the line, and
// there is one account only.
const watchBurst = 500 * time.Millisecond

type watchOptions struct {
	connect   connectFlags
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
		Use:               "watch URL",
		Short:             "Print what arrives in a mailbox, for ever",
		Long:              watchHelp,
		Example:           watchExample,
		Args:              exactly("URL"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWatch(cmd.Context(), e, args[0], &opts)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&opts.mailboxes, "mailbox", nil, "watch the mailbox `NAME`; may be repeated")
	f.BoolVar(&opts.json, "json", false, "JSON lines on stdout")
	f.IntVar(&opts.count, "count", 0, "end after `N` arrived messages; 0: never")
	f.DurationVar(&opts.length, "for", 0, "end after this `DURATION`, such as 10m; 0: never")
	f.StringVar(&opts.state, "state", "", "keep in `FILE` how far each mailbox was read, and go on there")
	f.StringVar(&opts.from, "from", "now", "where to begin if the state does not know: `now|all`")
	opts.connect.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(
		[]cobra.Completion{"now", "all"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runWatch(ctx context.Context, e *env, url string, opts *watchOptions) error {
	t, err := parseURL(url)
	if err != nil {
		return err
	}
	from, err := opts.check()
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
	conn, err := newConnector(ctx, e, t, &opts.connect, trace)
	if err != nil {
		if ctx.Err() != nil { // interrupted at the prompt
			return nil
		}
		return err
	}
	if t.security == imap.Plaintext && !loopback(t.host) {
		e.say("warning: the password and all mail go to %s unprotected, where others can read them", t.host)
	}
	if opts.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.length)
		defer cancel()
	}
	s := &sink{out: newOutput(e, opts.json), account: t.account(), count: opts.count}
	var followers []*follower
	for _, name := range mailboxNames(t, opts.mailboxes) {
		w := &watch.Watcher{
			Dial: conn.dial, Account: t.account(), Mailboxes: []string{name}, From: from, Burst: watchBurst,
		}
		if store != nil { // else it were an interface that is not nil
			w.Store = store
		}
		followers = append(followers, &follower{sink: s, mailbox: name, watcher: w})
	}
	stopLive := s.showLive(followers)
	err = followAll(ctx, t, followers)
	stopLive()
	return err
}

// check returns where to begin.
func (o *watchOptions) check() (watch.Start, error) {
	if o.count < 0 {
		return watch.Start{}, usagef("--count is %d, but cannot be less than 0", o.count)
	}
	if o.length < 0 {
		return watch.Start{}, usagef("--for is %v, but cannot be less than 0", o.length)
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

// mailboxNames are those of the flags, else the URL's, else INBOX, each once.
func mailboxNames(t target, flags []string) (names []string) {
	if len(flags) == 0 {
		flags = []string{t.mailbox}
	}
	known := make(map[string]bool)
	for _, name := range flags {
		if name == "" || strings.EqualFold(name, "INBOX") {
			name = "INBOX" // RFC 9051 §5.1
		}
		if !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	return names
}

// followAll runs the followers until ctx is done or one of them ends, which
// ends all.
func followAll(ctx context.Context, t target, followers []*follower) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, f := range followers {
		go func() {
			err := f.run(ctx)
			if err != nil && !errors.Is(err, errEnough) {
				err = explain(t, f.mailbox, err)
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
	var names []string
	for _, f := range followers {
		names = append(names, f.mailbox)
	}
	s.out.setLive(func(columns int) string {
		return s.status.live(s.out.style, names, s.account, columns)
	})
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
		s.out.setLive(nil)
	}
}
