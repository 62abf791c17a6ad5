package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

const demoHelp = `Show what idlewild does, with no mail account and no network: an IMAP server
runs inside this process, mail arrives there, and a watcher prints it. The
connection is cut twice on the way. At the end, what the server got is compared
with what was printed: nothing may be missing.

With --json, "arrived", "offline" and "online" lines are as those of watch, and
the last line is the summary:
{"event":"summary",…,"appended":N,"delivered":N,"missing":0,"duplicates":0,"p50_ms":x,"p99_ms":x}

Exit codes: 0 nothing is missing; 1 failed; 2 wrong usage.`

const (
	demoUser    = "demo"
	demoHost    = "localhost"
	demoMailbox = "INBOX"
	// demoDrain is how long the watcher may need for what has arrived.
	demoDrain = 15 * time.Second
	demoHurry = 1500 * time.Millisecond // after an interrupt
)

type demoOptions struct {
	length time.Duration
	rate   float64
	json   bool
	trace  traceFlag
}

func newDemoCommand(e *env) *cobra.Command {
	var opts demoOptions
	cmd := &cobra.Command{
		Use:               "demo",
		Short:             "See it work: a server, mail arriving, a watcher",
		Long:              demoHelp,
		Example:           "  idlewild demo --for 10s --rate 20",
		Args:              exactly(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), e, &opts)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&opts.length, "for", 10*time.Second, "how long mail arrives")
	f.Float64Var(&opts.rate, "rate", 3, "how many messages arrive a second")
	f.BoolVar(&opts.json, "json", false, "JSON lines on stdout")
	opts.trace.add(cmd, "append the protocol to `FILE`")
	return cmd
}

func runDemo(ctx context.Context, e *env, opts *demoOptions) error {
	if opts.length <= 0 {
		return usagef("--for is %v, but must be longer than nothing", opts.length)
	}
	if !(opts.rate > 0 && opts.rate <= 100_000) {
		return usagef("--rate is %v, but must be above 0 and at most 100000", opts.rate)
	}
	trace, err := opts.trace.open()
	if err != nil {
		return err
	}
	defer trace.Close()
	ca, err := imaptest.NewCA()
	if err != nil {
		return err
	}
	server := imaptest.NewServer(&imaptest.Options{TLSConfig: ca.ServerConfig(demoHost)})
	defer server.Close()
	server.AddUser(demoUser, "demo")
	conn := &connector{
		target:   target{user: demoUser, host: demoHost},
		password: secret{"demo"},
		opts: imap.Options{
			TLSConfig: ca.ClientConfig(demoHost), Dial: server.Dial, Trace: trace.writer(),
		},
	}
	out := newOutput(e, opts.json)
	d := &demo{opts: opts, server: server, out: out, tally: newTally()}
	if err := d.explain(); err != nil {
		return err
	}
	out.setLive(d.live)
	err = d.run(ctx, conn)
	out.setLive(nil)
	if err != nil {
		return err
	}
	return d.conclude()
}

// demo is one run of it.
type demo struct {
	opts   *demoOptions
	server *imaptest.Server
	out    *output
	tally  *tally
	cuts   int
}

// run lets mail arrive, and returns when the watcher has seen it all, or has
// had time enough.
func (d *demo) run(ctx context.Context, conn *connector) error {
	// The watcher goes on after an interrupt, for what has arrived already.
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &follower{sink: &sink{out: d.out, seen: d.tally.shown}, target: conn.target, mailboxes: []string{demoMailbox}, watcher: &watch.Watcher{
		Dial: conn.dial, Account: conn.target.account(), Mailboxes: []string{demoMailbox}, From: watch.All(),
		Burst: 10 * time.Millisecond, // nobody is to be spared here
	}}
	ended := make(chan error, 1)
	go func() { ended <- f.run(watching) }()
	defer stop()
	delivered := make(chan error, 1)
	go func() { delivered <- d.deliver(ctx) }()
	deadline := (<-chan time.Time)(nil)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = errors.New("the watcher ended by itself")
			}
			return explain(conn.target, f.mailboxes, err)
		case err := <-delivered:
			if err != nil {
				return err
			}
			delivered = nil
			drain := demoDrain
			if ctx.Err() != nil { // interrupted
				drain = demoHurry
			}
			timer := time.NewTimer(drain)
			defer timer.Stop()
			deadline = timer.C
		case <-deadline:
			return nil
		case <-d.tally.changed:
		case <-tick.C:
			d.out.refresh()
		}
		if delivered == nil && d.tally.count() >= len(d.server.Log(demoUser, demoMailbox)) {
			stop()
			return <-ended
		}
	}
}

// deliver is the mail that arrives, evenly, and the two accidents: a server
// that says goodbye, and a connection that just breaks.
func (d *demo) deliver(ctx context.Context) error {
	start := time.Now()
	d.tally.begin(start)
	total := max(1, int(d.opts.rate*d.opts.length.Seconds()))
	accidents := []string{"the demo restarts its server", ""}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range total {
		due := time.Duration(float64(n) / d.opts.rate * float64(time.Second))
		timer.Reset(time.Until(start.Add(due)))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if i := d.cuts; i < len(accidents) && due >= d.opts.length*time.Duration(i+1)/3 {
			d.server.Disconnect(demoUser, accidents[i])
			d.cuts++
		}
		message := sample(n, demoUser+"@"+demoHost, time.Now())
		if _, err := d.server.Deliver(demoUser, demoMailbox, message, nil); err != nil {
			return fmt.Errorf("the demo's server takes no mail: %w", err)
		}
		d.tally.appended(n + 1)
	}
	return nil
}
