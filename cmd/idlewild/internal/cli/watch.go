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

Which mailboxes. A URL is imaps://user@host[:port]/MAILBOX (TLS). imap:// requires
STARTTLS; imap+plaintext:// has no protection at all. Without a mailbox it is INBOX.
A user may be a mail address, and percent-encoding works:
imaps://alice@example.org@imap.example.org/Sent%20Mail.
There may be several URLs, of one account or of many. --mailbox, which may be
repeated, replaces the mailboxes of all URLs.

The password comes from --password-command, --password-file, the environment's
IDLEWILD_PASSWORD, or a prompt. It cannot be a flag, nor part of the URL: others
could see it there. The command is run by the shell, with IDLEWILD_USER and
IDLEWILD_HOST in its environment. With several accounts it is the command or the
prompt.

Where it begins. With what arrives from now on, or as --from says: with all
messages that are there, with last:N of them, with those received since a DATE such
as 2026-01-31, or behind the CURSOR of an event. With --state, the next run goes on
where this one ended. A message is printed first, and then the file says so. So none
is lost; but if the process is killed in between, one comes twice, with the same id.

What is printed. Everything that happens but flags, gone and moved; --events chooses:
arrived, flags, gone, moved, reset, skipped, missing, renamed, stale, recovered,
offline, online, alert, auth_failed, reauthorize, or all. With --json there is nothing
but JSON lines on stdout; docs/events.md describes them, and events and fields may be
added. With --quiet nothing is printed, and stderr tells of problems only.

A command. All that follows --exec is a command, word by word: no shell looks at it.
It is run for every message that arrives (or for what --events chooses), one at a
time. It gets the event on its stdin, as the line of JSON that --json prints, and
IDLEWILD_EVENT, _ID, _ACCOUNT, _MAILBOX, _UIDVALIDITY, _UID, _TIME and _ATTEMPT in its
environment. What it writes goes to stderr. Its exit code says what becomes of the
event:

  0      It is done.
  75     Later: the command is run again, for ever.
  other  It is run again, --exec-attempts times in all; also when it was not done
         within --exec-timeout. Then the event is skipped: a "skipped" event is
         printed, and idlewild's own exit code is 5 in the end.

The pauses before it is run again double from 1 s to 5 min, and chance shortens them.
When idlewild is to end, the command has 5 s to be done. If it is not, or is killed,
its event comes again, with the same id, in the next run with the same --state.

` + exitHelp

const watchExample = `  idlewild watch imaps://alice@imap.example.org/INBOX
  idlewild watch imaps://alice@imap.example.org --mailbox INBOX --mailbox Lists \
      --password-command 'pass mail' --state ~/.local/state/alice.json --json
  idlewild watch imaps://alice@imap.example.org --state alice.json --quiet \
      --exec ./handle-mail --verbose`

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
	warn(e, accounts)
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

// warn says what is probably not meant.
func warn(e *env, accounts []*account) {
	for _, a := range accounts {
		if a.security == imap.Plaintext && !loopback(a.host) {
			e.say("warning: the password and all mail go to %s unprotected, where others can read them", a.host)
		}
		if a.security != imap.TLS && a.port == "993" {
			e.say("warning: port 993 is for TLS nearly everywhere; if nothing happens, write imaps://")
		}
	}
}
