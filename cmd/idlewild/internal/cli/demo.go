package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

With --chaos things go wrong all the time: connections are cut in the midst of a
line, die silently, are refused; the server says goodbye, stalls, announces what
is not there or says nothing at all. The same --seed makes the same faults.

With --json, "arrived", "offline" and "online" lines are as those of watch, "fault"
says what was done to the watcher, and the last line is the summary:
{"event":"summary",…,"appended":N,"delivered":N,"missing":0,"duplicates":0,"p50_ms":x,"p99_ms":x,
"faults":N,"reconnects":N,"seed":N}

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
	chaos  bool
	seed   uint64
	trace  traceFlag
}

func newDemoCommand(e *env) *cobra.Command {
	var opts demoOptions
	cmd := &cobra.Command{
		Use:               "demo",
		Short:             "See it work: a server, mail arriving, a watcher",
		Long:              demoHelp,
		Example:           "  idlewild demo --for 10s --rate 20\n  idlewild demo --chaos",
		Args:              exactly(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("seed") && !opts.chaos {
				return usagef("--seed is about the faults of --chaos; give that too, or leave it out")
			}
			if opts.seed == 0 {
				opts.seed = rand.Uint64N(1_000_000) + 1
			}
			return runDemo(cmd.Context(), e, &opts)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&opts.length, "for", 10*time.Second, "how long mail arrives")
	f.Float64Var(&opts.rate, "rate", 3, "how many messages arrive a second")
	f.BoolVar(&opts.chaos, "chaos", false, "faults all the time")
	f.Uint64Var(&opts.seed, "seed", 0, "choose the faults of --chaos; 0: at random")
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
	d := &demo{opts: opts, server: server, conn: conn, out: newOutput(e, opts.json), tally: newTally()}
	if opts.chaos {
		conn.opts.Timeouts = chaosTimeouts()
		d.chaos = newChaos(d)
	}
	if err := d.explain(); err != nil {
		return err
	}
	d.out.setLive(d.live)
	err = d.run(ctx)
	d.out.setLive(nil)
	if err != nil {
		return err
	}
	return d.conclude()
}

// demo is one run of it.
type demo struct {
	opts   *demoOptions
	server *imaptest.Server
	conn   *connector
	out    *output
	tally  *tally
	chaos  *chaos // nil: two accidents will do
	cuts   int
}

// run lets mail arrive, and returns when the watcher has seen it all, or has
// had time enough.
func (d *demo) run(ctx context.Context) error {
	// The watcher goes on after an interrupt, for what has arrived already.
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- d.watch(watching) }()
	defer stop()
	delivered := make(chan error, 1)
	go func() { delivered <- d.mail(ctx) }()
	deadline := (<-chan time.Time)(nil)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = errors.New("the watcher ended by itself")
			}
			return explain(d.conn.target, []string{demoMailbox}, err)
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

// watch prints what the watcher tells until ctx is done.
func (d *demo) watch(ctx context.Context) error {
	account := d.conn.target.account()
	w := &watch.Watcher{
		Dial: d.conn.dial, Account: account, Mailboxes: []string{demoMailbox}, From: watch.All(),
		Burst: 10 * time.Millisecond, // nobody is to be spared here
	}
	if d.chaos != nil {
		d.chaos.hurry(w)
	}
	for batch, err := range w.Watch(ctx) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.take(account, batch); err != nil {
			return err
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// take puts out a batch.
func (d *demo) take(account string, batch *watch.Batch) error {
	var arrived []arrivedRecord
	for _, event := range batch.Events {
		r := recordOf(account, batch.Mailbox, event)
		if r == nil {
			continue
		}
		if a, ok := r.(arrivedRecord); ok {
			arrived = append(arrived, a)
			if d.crowded(len(batch.Events)) {
				continue
			}
		}
		if err := d.out.emit(r); err != nil {
			return err
		}
		d.tally.shown(r)
	}
	if !d.crowded(len(batch.Events)) || len(arrived) == 0 {
		return nil
	}
	if err := d.out.emit(crowdRecord{arrived}); err != nil {
		return err
	}
	for _, a := range arrived {
		d.tally.shown(a)
	}
	return nil
}

// mail lets mail arrive, and things go wrong meanwhile.
func (d *demo) mail(ctx context.Context) error {
	if d.chaos == nil {
		return d.deliver(ctx)
	}
	raging, stop := context.WithCancel(ctx)
	defer stop()
	raged := make(chan struct{})
	go func() {
		defer close(raged)
		d.chaos.rage(raging)
	}()
	err := d.deliver(ctx)
	d.chaos.enough(ctx, raged)
	stop()
	<-raged
	d.chaos.calm()
	return err
}

// deliver is the mail that arrives, evenly, and, without chaos, the two
// accidents: a server that says goodbye, and a connection that just breaks.
func (d *demo) deliver(ctx context.Context) error {
	start := time.Now()
	d.tally.begin(start)
	total := max(1, int(d.opts.rate*d.opts.length.Seconds()))
	accidents := []string{"the demo restarts its server", ""}
	if d.chaos != nil {
		accidents = nil
	}
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
			d.tally.harmed(1)
		}
		message := sample(n, demoUser+"@"+demoHost, time.Now())
		if _, err := d.server.Deliver(demoUser, demoMailbox, message, nil); err != nil {
			return fmt.Errorf("the demo's server takes no mail: %w", err)
		}
		d.tally.appended(n + 1)
	}
	return nil
}
