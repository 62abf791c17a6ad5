package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/watch"
)

// watchBurst is shorter than the Watcher's own: somebody waits for the line, and
// there is one account only.
const watchBurst = 500 * time.Millisecond

// shortestScan protects servers from slips.
const shortestScan = time.Second

type watchOptions struct {
	connect     connectFlags
	exec        execFlags
	mailboxes   []string
	json, quiet bool
	count       int
	length      time.Duration
	state       string
	from        string
	events      []string
	listen      string
	connections int
	onReset     string
	scan        time.Duration
}

func (o *watchOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.mailboxes, "mailbox", nil, "watch the mailbox `NAME`, in place of the URLs'; may be repeated")
	f.StringVar(&o.state, "state", "", "keep in `FILE` how far each mailbox was read, and go on there")
	f.StringVar(&o.from, "from", "now", "`WHERE` to begin if the state does not know: now|all|last:N|DATE|CURSOR")
	f.BoolVar(&o.json, "json", false, "JSON lines on stdout")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but problems, on stderr; with --exec")
	f.StringSliceVar(&o.events, "events", nil, "print, and run the command for, these `KINDS`: arrived,gone")
	o.exec.add(cmd)
	f.IntVar(&o.count, "count", 0, "end after `N` arrived messages; 0: never")
	f.DurationVar(&o.length, "for", 0, "end after this `DURATION`, such as 10m; 0: never")
	o.connect.add(cmd)
	f.StringVar(&o.listen, "listen", "auto", "`HOW` to hear of news: auto|notify|idle|rotate|poll")
	f.IntVar(&o.connections, "connections", 3, "at most `N` connections to an account")
	f.StringVar(&o.onReset, "on-reset", "resume", "`WHAT` to print of a mailbox that was rebuilt: resume: what is new;\n"+
		"baseline: what comes from then on; replay: all")
	f.DurationVar(&o.scan, "scan", 5*time.Minute, "look at each mailbox so often, whatever the server says")
	for name, values := range map[string][]cobra.Completion{
		"from": {"now", "all", "last:"}, "events": append(eventNames(), eventsAll),
		"listen": listenNames(), "on-reset": resetNames(),
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func listenNames() []string {
	return []string{"auto", string(watch.ModeNotify), string(watch.ModeIdle), string(watch.ModeRotate), string(watch.ModePoll)}
}

func resetNames() []string {
	return []string{string(watch.PolicyResume), string(watch.PolicyBaseline), string(watch.PolicyReplay)}
}

// watchPlan is what the options mean.
type watchPlan struct {
	watcher        func() *watch.Watcher
	printed, taken map[string]bool // kinds of events that are printed, and run the command
}

// check finds what is wrong with the options.
func (o *watchOptions) check(e *env, accounts []*account) (*watchPlan, error) {
	if err := o.checkNumbers(); err != nil {
		return nil, err
	}
	if err := o.connect.password.check(e, len(accounts)); err != nil {
		return nil, err
	}
	from, err := o.start(accounts)
	if err != nil {
		return nil, err
	}
	switch {
	case o.quiet && o.json:
		return nil, usagef("--quiet prints nothing and --json prints everything as JSON: give one of them; --events chooses what is printed")
	case o.quiet && e.exec == nil:
		return nil, usagef("with --quiet nothing is printed, so without --exec nobody would be told of the mail: give --exec COMMAND too")
	case !slices.Contains(listenNames(), o.listen):
		return nil, usagef("--listen is %q, but can be %s", o.listen, either(listenNames()))
	case !slices.Contains(resetNames(), o.onReset):
		return nil, usagef("--on-reset is %q, but can be %s", o.onReset, either(resetNames()))
	}
	for _, a := range accounts {
		if n := len(a.mailboxes); o.listen == string(watch.ModeIdle) && n > o.connections {
			return nil, usagef("--listen idle needs a connection for each of the %d mailboxes of %s; allow them with --connections %d, "+
				"or let --listen be auto", n, a.account(), n)
		}
	}
	plan := &watchPlan{}
	if plan.printed, plan.taken, err = chooseEvents(o.events); err != nil {
		return nil, err
	}
	plan.watcher = func() *watch.Watcher {
		return &watch.Watcher{
			From: from, Burst: watchBurst, Changes: needsChanges(plan.printed) || needsChanges(plan.taken),
			OnReset: watch.Policy(o.onReset), Listen: watch.Mode(strings.TrimPrefix(o.listen, "auto")),
			Connections: o.connections, Scan: o.scan,
		}
	}
	return plan, nil
}

func (o *watchOptions) checkNumbers() error {
	switch {
	case o.count < 0:
		return usagef("--count is %d, but cannot be less than 0", o.count)
	case o.length < 0:
		return usagef("--for is %v, but cannot be less than 0", o.length)
	case o.connections < 1:
		return usagef("--connections is %d, but at least 1 is needed", o.connections)
	case o.scan < shortestScan:
		return usagef("--scan is %v, but the server is to be spared: %v is the least", o.scan, shortestScan)
	}
	return nil
}

// start is where to begin.
func (o *watchOptions) start(accounts []*account) (watch.Start, error) {
	start, err := watch.ParseStart(o.from)
	if err != nil || o.from == "" {
		return start, usagef("--from is %q, but can be now, all, last:N (the last N messages), a date such as 2026-01-31, "+
			"a time such as 2026-01-31T12:00:00Z, or the cursor of an event", o.from)
	}
	if c, err := watch.ParseCursor(o.from); err == nil && !c.IsZero() && (len(accounts) > 1 || len(accounts[0].mailboxes) > 1) {
		return start, usagef("--from %s is a place in one mailbox, and there are several; use --state FILE, which keeps one for each", o.from)
	}
	return start, nil
}

// either is a list for people.
func either(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
