package cli

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap"
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

It begins with what arrives from now on, or as --from says: with all messages that
are there, last:N of them, those received since a DATE such as 2026-01-31, or those
behind the CURSOR of an event. With --state, the next run goes on where this one
ended: a message is printed before the file says so, so none is lost, and one may
come twice, with the same id, if the process is killed in between.

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

With --json there is nothing but JSON lines on stdout; docs/events.md describes them,
and events and fields may be added. --events chooses which events are printed and
run the command: arrived, flags, gone, moved, reset, skipped, missing, renamed,
stale, recovered, offline, online, alert, auth_failed, reauthorize, or all. Without
it everything is printed but for flags, gone and moved, and the command is run for
arrived only. With --quiet nothing is printed, and stderr tells of problems only.

` + exitHelp

const watchExample = `  idlewild watch imaps://alice@imap.example.org/INBOX
  idlewild watch imaps://alice@imap.example.org --mailbox INBOX --mailbox Lists \
      --password-command 'pass mail' --state ~/.local/state/alice.json --json
  idlewild watch imaps://alice@imap.example.org --state alice.json --quiet --exec ./handle-mail --verbose`

func newWatchCommand(e *env) *cobra.Command {
	var opts watchOptions
	cmd := &cobra.Command{
		Use:                   "watch URL... [flags] [--exec COMMAND ARGS...]",
		DisableFlagsInUseLine: true,
		Short:                 "Print what arrives in mailboxes, for ever, or run a command for it",
		Long:                  watchHelp,
		Example:               watchExample,
		Args:                  urlArgs(e),
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWatch(cmd, e, args, &opts)
		},
	}
	opts.add(cmd)
	return cmd
}

// urlArgs is the check of the arguments: URLs, and nothing that --exec took.
func urlArgs(e *env) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && len(e.exec) > 0 {
			return usagef("URL is missing: what follows --exec is all the command's, so URLs and flags go before it; "+
				"it is: %s", cmd.UseLine())
		}
		if len(args) == 0 {
			return usagef("URL is missing; it is: %s", cmd.UseLine())
		}
		if n := cmd.ArgsLenAtDash(); n >= 0 && n < len(args) {
			return usagef("what follows -- would be URLs; a command for every message comes behind --exec, as in: --exec %s",
				strings.Join(args[n:], " "))
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
	if cmd.Flags().Changed("events") && len(opts.events) == 0 {
		return usagef("--events is empty; leave it out, or name some of %s", either(append(eventNames(), eventsAll)))
	}
	plan, err := opts.check(e, accounts)
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
	s := newSink(e, plan, opts, hook)
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
		w := plan.watcher()
		w.Dial, w.Account, w.Mailboxes = conn.dial, a.account(), a.mailboxes
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
