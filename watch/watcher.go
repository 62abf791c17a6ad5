package watch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// Watcher follows one mailbox. Only Dial must be set. A Watcher holds no state:
// it must not be changed while it is used, but Watch may be called again, and
// by several goroutines; each call has connections of its own.
type Watcher struct {
	// Dial connects and logs in. It is called for every connection, one after
	// the other; the Client belongs to the Watcher then. It must come back when
	// ctx is done, and within a few minutes at all.
	Dial func(ctx context.Context) (*imap.Client, error)

	// Account names whose mailbox it is, as in "alice@imap.example.org", in the
	// IDs of events and in the Store. "" is a name too, good for one account.
	Account string

	// Mailbox is what is followed; "": INBOX.
	Mailbox string

	// From is where to begin if the Store has nothing. The zero Cursor: from now
	// on, what is in the mailbox at first is not reported. All(): from the
	// beginning. Else: where another Watch has stopped.
	From Cursor

	// Store keeps the cursor; nil: it is in Batch.Cursor only. Where a mailbox
	// is followed from now on, the Watcher saves that place itself; everything
	// later is saved by Batch.Commit.
	Store Store

	// Patient says that the first connection may fail too, and is tried again as
	// later ones are. False: Watch ends with its error, which may be a wrong
	// password or a mailbox that does not exist.
	Patient bool

	// Scan is how often the mailbox is looked at, whatever the server says or
	// does not say in between; 0: 5 minutes. It is also what finds a connection
	// that is dead, within Scan and 15 seconds.
	Scan time.Duration

	// Poll is how often the mailbox is looked at without IDLE, give or take a
	// tenth; 0: 60 seconds. Also with an IDLE that was found to announce
	// nothing.
	Poll time.Duration

	// Burst is the shortest time between two scans if news keeps coming to
	// nothing, as changes of flags do; 0: 2 seconds. The first news is looked at
	// without delay, and mail that follows mail within a quarter of a second.
	Burst time.Duration

	// MaxWait is the longest pause between two attempts to connect; 0: 5
	// minutes. Pauses double from one second on and are then shortened at
	// random; they begin anew when a connection has lasted for 5 minutes. A
	// refused login is tried again after 5 minutes, 30 minutes and then every
	// hour, and a pause that the server suggests is kept up to 15 minutes,
	// whatever MaxWait is.
	MaxWait time.Duration

	// Rand returns random numbers in [0, 1); nil: those of math/rand/v2.
	Rand func() float64

	// Logger hears of connections, at Info and Warn; nil: silent.
	Logger *slog.Logger
}

const (
	defaultScan    = 5 * time.Minute
	defaultPoll    = time.Minute
	defaultBurst   = 2 * time.Second
	defaultMaxWait = 5 * time.Minute
)

func (w *Watcher) withDefaults() Watcher {
	v := *w
	or := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	or(&v.Scan, defaultScan)
	or(&v.Poll, defaultPoll)
	or(&v.Burst, defaultBurst)
	or(&v.MaxWait, defaultMaxWait)
	v.Mailbox = canonical(v.Mailbox)
	if v.Rand == nil {
		v.Rand = rand.Float64
	}
	if v.Logger == nil {
		v.Logger = slog.New(slog.DiscardHandler)
	}
	v.Logger = v.Logger.With("account", v.Account, "mailbox", v.Mailbox)
	return v
}

// Watch yields what happens in the mailbox, for ever. A lost connection is an
// event. An error is the last thing yielded, and ends the loop: that of ctx,
// that of the Store, or that of the first connection. When the loop ends, by
// break too, the connection is left politely, for which the server has two
// seconds.
func (w *Watcher) Watch(ctx context.Context) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		r := &run{Watcher: w.withDefaults(), yield: yield}
		if err := r.run(ctx); !errors.Is(err, errLeft) {
			yield(nil, fmt.Errorf("watch: %s: %w", r.Mailbox, err))
		}
	}
}

// errLeft says that the loop was left.
var errLeft = errors.New("the loop was left")

// run is one call of Watch, on one goroutine.
type run struct {
	Watcher
	yield  func(*Batch, error) bool
	cursor Cursor // of what was yielded last
	began  bool   // there was a connection
	pace   pace

	saving sync.Mutex
	saved  Cursor // by this run
}

// fatalError ends the loop although there was a connection.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// run connects again and again.
func (r *run) run(ctx context.Context) error {
	if r.Dial == nil {
		return errors.New("the Watcher has no Dial")
	}
	r.pace = pace{max: r.MaxWait, rand: r.Rand}
	if err := r.load(ctx); err != nil {
		return err
	}
	for {
		err := r.connection(ctx)
		var fatal fatalError
		switch {
		case errors.Is(err, errLeft):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &fatal):
			return fatal.error
		case !r.began && !r.Patient:
			return err
		}
		if err := r.pause(ctx, err); err != nil {
			return err
		}
	}
}

// load finds out where to begin.
func (r *run) load(ctx context.Context) error {
	r.cursor = r.From
	if r.Store == nil {
		return nil
	}
	value, err := r.Store.Load(ctx, Key(r.Account, r.Mailbox))
	if err != nil || value == "" {
		return err
	}
	word, _, _ := strings.Cut(value, " ")
	c, err := ParseCursor(word)
	if err == nil && c.UIDNext != 0 {
		r.cursor = c
	}
	return err
}

// save is what Commit does, and the beginning of a watch from now on.
func (r *run) save(ctx context.Context, c Cursor) error {
	if r.Store == nil || c.UIDNext == 0 {
		return nil
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	if c.before(r.saved) {
		return fmt.Errorf("watch: %w: %v, and not %v", ErrBackward, r.saved, c)
	}
	err := r.Store.Save(ctx, Key(r.Account, r.Mailbox), c.String())
	if err == nil {
		r.saved = c
	}
	return err
}

// pause tells of a lost connection and waits until the next attempt.
func (r *run) pause(ctx context.Context, err error) error {
	off := r.pace.next(err)
	r.Logger.Warn("watch: offline", "reason", off.Reason, "retry", off.Retry, "attempt", off.Attempt, "error", err)
	if err := r.emit(nil, r.cursor, off); err != nil {
		return err
	}
	timer := time.NewTimer(off.Retry)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// emit yields a batch; c is where to go on after it.
func (r *run) emit(box *imap.Mailbox, c Cursor, events ...Event) error {
	r.cursor = c
	b := &Batch{Events: events, Cursor: c, Mailbox: box}
	b.save = func(ctx context.Context) error { return r.save(ctx, c) }
	if !r.yield(b, nil) {
		return errLeft
	}
	return nil
}
