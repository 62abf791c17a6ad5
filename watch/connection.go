package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

const (
	healthy       = 5 * time.Minute        // a connection that lasted so long was a good one
	logoutWait    = 2 * time.Second        // for the server to say goodbye
	idleRetry     = 15 * time.Minute       // after IDLE was refused
	mostAlerts    = 100                    // kept while nobody listens
	scanWindow    = 500                    // messages asked for, and held, at once
	largestEvents = 100                    // in one batch
	shortestRest  = 250 * time.Millisecond // between scans that find mail
)

// connection is one connection of a run, with the mailbox open.
type connection struct {
	*run
	client *imap.Client
	box    *imap.Mailbox

	uidNext   imap.UID // as of when the mailbox was opened; 0: unknown
	scanned   time.Time
	rest      time.Duration // from that scan to the next one that news asks for
	idleAfter time.Time     // IDLE was refused, and is not tried before
	hinted    bool          // the server has announced something
	mute      bool          // the server was found to announce nothing

	mu      sync.Mutex
	alerts  []Alert
	heard   chan struct{} // one of them is new
	workers sync.WaitGroup
}

// connection makes one and works on it until it is lost, which is the error.
func (r *run) connection(ctx context.Context) error {
	client, err := r.Dial(ctx)
	if err == nil && client == nil {
		err = errors.New("watch: Dial returned no Client")
	}
	if err != nil {
		return err
	}
	c := &connection{run: r, client: client, heard: make(chan struct{}, 1)}
	defer c.hangUp(ctx)
	hearing, stop := context.WithCancel(ctx)
	defer stop()
	c.workers.Go(func() { c.hear(hearing) })

	if err := c.open(ctx); err != nil {
		return err
	}
	began := time.Now()
	defer func() {
		if time.Since(began) >= healthy {
			r.pace.reset()
		}
	}()
	if err := c.online(ctx); err != nil {
		return err
	}
	for {
		err := c.follow(ctx)
		if !errors.Is(err, imap.ErrDeselected) || client.Err() != nil || ctx.Err() != nil {
			return err
		}
		// The loop's body has selected another mailbox, and was told of no news.
		c.hinted = true
		if err := c.open(ctx); err != nil {
			return err
		}
		if err := c.place(ctx); err != nil {
			return err
		}
	}
}

// hangUp leaves politely, if there is somebody to leave.
func (c *connection) hangUp(ctx context.Context) {
	if c.client.Err() == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logoutWait)
		_ = c.client.Logout(ctx)
		cancel()
	}
	_ = c.client.Close()
	c.workers.Wait()
}

// open opens the mailbox without changing anything in it.
func (c *connection) open(ctx context.Context) (err error) {
	c.box, err = c.client.Examine(ctx, c.Mailbox)
	return err
}

// online tells that there is a connection, and finds the cursor's place.
func (c *connection) online(ctx context.Context) error {
	first := c.cursor.UIDNext == 0
	if first { // a place must be there before the first batch is handled
		if err := c.place(ctx); err != nil {
			return err
		}
	}
	c.began = true
	mode := ModePoll
	if c.client.Has("IDLE") || c.client.Has("IMAP4REV2") {
		mode = ModeIdle
	}
	c.Logger.Info("watch: online", "mode", mode)
	on := Online{Mode: mode, Attempt: c.pace.failed() + 1}
	if err := c.emit(c.box, c.cursor, on); err != nil || first {
		return err
	}
	return c.place(ctx)
}

// place compares the cursor with the mailbox that was opened.
func (c *connection) place(ctx context.Context) error {
	state := c.box.State()
	c.uidNext = state.UIDNext
	here := state.UIDValidity
	switch {
	case c.cursor.UIDNext == 0:
		return c.baseline(ctx, state)
	case c.cursor.UIDValidity == 0:
		c.cursor.UIDValidity = here // whichever it is
	case c.cursor.UIDValidity != here:
		return c.reset(here)
	}
	if c.uidNext != 0 && c.uidNext < c.cursor.UIDNext {
		c.Logger.Warn("watch: odd UIDNEXT, below what was seen", "uidnext", c.uidNext, "cursor", c.cursor)
		c.uidNext = 0
	}
	return nil
}

// baseline makes the end of the mailbox the cursor, and saves it: nothing is
// to be handled before.
func (c *connection) baseline(ctx context.Context, state imap.MailboxState) error {
	next := state.UIDNext
	if next == 0 {
		next = 1
		found, err := c.messages(ctx, imap.UIDRange(imap.MaxUID, imap.MaxUID), &imap.FetchOptions{}, 0)
		if err != nil {
			return err
		}
		for _, m := range found {
			next = max(next, m.UID+1)
		}
	}
	c.cursor = Cursor{UIDValidity: state.UIDValidity, UIDNext: next}
	if err := c.save(ctx, c.cursor); err != nil {
		return fatalError{err}
	}
	return nil
}

// reset tells of a new UIDVALIDITY and begins anew.
func (c *connection) reset(now uint32) error {
	old := c.cursor.UIDValidity
	c.Logger.Warn("watch: new UIDVALIDITY", "old", old, "new", now)
	return c.emit(c.box, Cursor{UIDValidity: now, UIDNext: 1}, Reset{
		ID:      EventID(c.Account, c.Mailbox, now, 0, KindReset),
		Mailbox: c.Mailbox, OldUIDValidity: old, UIDValidity: now, Policy: PolicyReplay,
	})
}

// follow scans and waits in turn.
func (c *connection) follow(ctx context.Context) error {
	for {
		if err := c.scan(ctx); err != nil {
			return err
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
	}
}

// hear gathers the server's alerts until the connection is gone.
func (c *connection) hear(ctx context.Context) {
	for n, err := range c.client.Notices(ctx) {
		if err != nil {
			return
		}
		if n.Kind != imap.NoticeAlert {
			continue
		}
		c.mu.Lock()
		if len(c.alerts) < mostAlerts {
			c.alerts = append(c.alerts, Alert{Text: n.Text})
		}
		select {
		case c.heard <- struct{}{}:
		default:
		}
		c.mu.Unlock()
	}
}

// tellAlerts yields what was heard.
func (c *connection) tellAlerts() error {
	c.mu.Lock()
	alerts := c.alerts
	c.alerts = nil
	select {
	case <-c.heard:
	default:
	}
	c.mu.Unlock()
	if len(alerts) == 0 {
		return nil
	}
	events := make([]Event, len(alerts))
	for i, a := range alerts {
		events[i] = a
	}
	return c.emit(c.box, c.cursor, events...)
}
