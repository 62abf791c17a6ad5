package cli

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// What chaos needs to be over soon: a watcher that looks often, and does not
// wait long for a server that says nothing.
const (
	chaosMaxWait = 250 * time.Millisecond
	chaosScan    = 700 * time.Millisecond
	chaosSilence = 500 * time.Millisecond
	// chaosNotice is how long a fault may take to be noticed, and a reconnect to
	// succeed, before the next fault comes all the same.
	chaosNotice = 3 * time.Second
	// chaosMore is how long it may go on behind the last message until there were
	// as many faults and reconnects as seconds.
	chaosMore = 5 * time.Second
)

// chaosTimeouts are longer where a busy machine needs time.
func chaosTimeouts() imap.Timeouts {
	return imap.Timeouts{
		Connect: 3 * time.Second, TLS: 3 * time.Second, Greeting: time.Second, Login: 2 * time.Second,
		Command: 400 * time.Millisecond, Stall: time.Second, IdleStart: chaosSilence, IdleStop: chaosSilence,
	}
}

// chaos harms the watcher of a demo without pause.
type chaos struct {
	demo   *demo
	random *rand.Rand
	began  time.Time
	struck int // accidents
}

func newChaos(d *demo) *chaos {
	return &chaos{demo: d, random: rand.New(rand.NewPCG(d.opts.seed, 0)), began: time.Now()}
}

// hurry makes a watcher look often.
func (c *chaos) hurry(w *watch.Watcher) {
	w.MaxWait, w.Scan, w.Poll = chaosMaxWait, chaosScan, chaosScan/2
}

// rage makes one accident after the other happen until ctx is done. The next one
// comes when the watcher has recovered from the last one, or does not in time.
func (c *chaos) rage(ctx context.Context) {
	for ctx.Err() == nil {
		c.await(ctx, true)
		a, w := c.next()
		if !a.quick {
			pause(ctx, time.Duration(c.random.Int64N(int64(200*time.Millisecond))))
		}
		if ctx.Err() != nil {
			return
		}
		c.strike(ctx, a, w)
	}
}

// next chooses an accident, and the weather in which it happens. When there were
// few so far, the machine is slow, and it is one that is noticed at once.
func (c *chaos) next() (accident, weather) {
	accidents, weathers := accidents(), weathers()
	a := accidents[c.random.IntN(len(accidents))]
	w := weathers[c.random.IntN(len(weathers))]
	if late := time.Since(c.began) - 500*time.Millisecond*time.Duration(c.struck); late > time.Second {
		a = accidents[c.random.IntN(2)] // the first two
		a.quick = true
	}
	return a, w
}

// strike makes an accident happen, and waits until the watcher has noticed.
func (c *chaos) strike(ctx context.Context, a accident, w weather) {
	c.struck++
	c.tell(a, w)
	faults := imaptest.Faults{}
	if w.make != nil {
		w.make(c.random, &faults)
	}
	calm := faults
	if a.make != nil {
		a.make(c.random, &faults)
	}
	c.demo.server.SetFaults(&faults)
	if a.strike != nil {
		a.strike(c.demo.server)
	}
	c.await(ctx, false)
	if a.hold > 0 {
		pause(ctx, a.hold)
	}
	c.demo.server.SetFaults(&calm)
}

// tell counts what is about to happen and puts it out.
func (c *chaos) tell(a accident, w weather) {
	h := newHead(eventFault, c.demo.conn.target.account(), time.Now())
	faults := []record{faultRecord{h, a.name, a.words}}
	if w.make != nil {
		faults = append(faults, faultRecord{h, w.name, w.words})
	}
	c.demo.tally.harmed(len(faults))
	if len(faults) > 1 && !c.demo.opts.json {
		faults = []record{faultRecord{h, a.name, a.words + "; and " + w.words}}
	}
	for _, r := range faults {
		_ = c.demo.out.emit(r) // whether stdout still lives, the watcher finds out
	}
}

// await waits until the watcher is online, or offline, for some time at most.
func (c *chaos) await(ctx context.Context, online bool) {
	timer := time.NewTimer(chaosNotice)
	defer timer.Stop()
	for {
		is, turned := c.demo.tally.state()
		if is == online {
			return
		}
		select {
		case <-turned:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// enough returns when there was chaos enough, or it has ended.
func (c *chaos) enough(ctx context.Context, raged <-chan struct{}) {
	want := int(c.demo.opts.length / time.Second)
	limit := time.NewTimer(chaosMore)
	defer limit.Stop()
	for {
		_, turned := c.demo.tally.state()
		if faults, reconnects := c.demo.tally.harm(); faults >= want && reconnects >= want {
			return
		}
		select {
		case <-turned:
		case <-limit.C:
			return
		case <-raged:
			return
		case <-ctx.Done():
			return
		}
	}
}

// calm ends all faults. Connections that are dead stay so.
func (c *chaos) calm() { c.demo.server.SetFaults(nil) }

// pause waits, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
