package watch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// Watcher follows mailboxes of one account. Only Dial must be set. It must not be
// copied, nor its fields changed, once it is used. Watch may be called again,
// and by several goroutines; each call has connections of its own.
type Watcher struct {
	// Dial connects and logs in. It is called for every connection, perhaps by
	// several goroutines at once; the Client belongs to the Watcher then. It must
	// come back when ctx is done: after 5 minutes if it has not come back by then,
	// else when the connection has ended.
	Dial func(ctx context.Context) (*imap.Client, error)

	// Account names whose mailboxes they are, as in "alice@imap.example.org", in
	// the IDs of events and in the Store. "" is a name too, good for one account.
	Account string

	// Mailboxes are those to follow; nil: INBOX.
	Mailboxes []string

	// From is where to begin with a mailbox that the Store does not know. The
	// zero Start: from now on.
	From Start

	// Store keeps the cursors; nil: they are in Batch.Cursor, and before the first
	// batch in Online.Cursors, for the program to keep. The place where it begins
	// with a mailbox the Watcher saves itself; everything later is saved by
	// Batch.Commit.
	Store Store

	// Changes reports changed flags too, and messages that are gone or moved. On a
	// server without CONDSTORE that costs asking for the flags of all messages,
	// again and again, and flags that change while the program does not run are
	// not reported.
	Changes bool

	// Fetch is what is asked of messages that arrive; nil: flags, envelope, date
	// and size. MarkSeen is not heeded: nothing in the mailbox changes.
	Fetch *imap.FetchOptions

	// MaxBody is how large a message may be, in bytes, for the Sections of Fetch
	// to be read; 0: 1 MiB. They are held in memory. Of a larger one they are
	// left out; Batch.Open reads any.
	MaxBody int64

	// OnReset is what to do when a mailbox gets a new UIDVALIDITY; "":
	// PolicyResume.
	OnReset Policy

	// Memory is how many messages of a mailbox are remembered, the newest ones, at
	// some 20 bytes each, to know them again after a Reset (PolicyResume) and to
	// tell after a restart which are Gone, those only; 0: 10,000; negative: none.
	Memory int

	// Listen is how to hear of news; "": the best that the server offers. One
	// that it does not offer is an error. ModeIdle needs a connection for each
	// mailbox; all others have one for all of them.
	Listen Mode

	// Connections is how many connections there may be at once; 0: 3. There is
	// one where the server can tell of all mailboxes on it (NOTIFY). Else each
	// mailbox has its own, and what is too many shares the last.
	Connections int

	// Patient says that the first connection may fail too, and is tried again as
	// later ones are. False: Watch ends with its error, which may be a wrong
	// password or a mailbox that does not exist.
	Patient bool

	// Scan is how often each mailbox is looked at, whatever the server says or
	// does not say in between; 0: 5 minutes; at least a tenth of a second. It is
	// also what finds a connection that is dead: see Bound.
	Scan time.Duration

	// Poll is how often the mailbox is looked at without IDLE, give or take a
	// tenth; 0: 60 seconds; at least a tenth of a second. Also with an IDLE that
	// was found to announce nothing.
	Poll time.Duration

	// Burst is the shortest time between two scans if news keeps coming to
	// nothing, as changes of flags do; 0: 2 seconds. The first news is looked at
	// without delay, and mail that follows mail within a quarter of a second.
	Burst time.Duration

	// MaxWait is the longest pause between two attempts to connect; 0: 5
	// minutes. Pauses double from one second on and are then shortened at
	// random; they begin anew when a connection has lasted for 5 minutes.
	//
	// That is for a ClassOutage. Whatever MaxWait is, a ClassLimit waits for a
	// minute to a quarter of an hour, and as long as the server suggests, up to
	// that; an unknown host for half a minute to a quarter of an hour; a
	// ClassPermanent or ClassDefect for 5 minutes to an hour; a ClassReauthorize
	// for an hour. A refused login is tried again after 5 minutes, 30 minutes and
	// then every hour, never more than three times an hour by all connections of
	// a Watch together; a token that was replaced at once by one that was accepted
	// does not count (Tokens). Where a server is known to end connections as a
	// matter of course, the next is made within seconds (Offline.Expected).
	MaxWait time.Duration

	// Rand returns random numbers in [0, 1), by any goroutine; nil: those of
	// math/rand/v2.
	Rand func() float64

	// Logger hears of connections, at Info and Warn; nil: silent.
	Logger *slog.Logger

	latest atomic.Pointer[run] // the Watch that began last
	wall   func() time.Time    // the wall clock; nil: time.Now
}

const (
	defaultScan        = 5 * time.Minute
	defaultPoll        = time.Minute
	defaultBurst       = 2 * time.Second
	defaultMaxWait     = 5 * time.Minute
	defaultConnections = 3
	defaultMemory      = 10_000
	defaultMaxBody     = 1 << 20

	shortestSpan = 100 * time.Millisecond // of Scan and Poll: none would be a loop without a pause
	longestSpan  = 365 * 24 * time.Hour   // so that sums of them are no overflow
)

// settings are a Watcher's fields with their defaults.
type settings struct {
	dial        func(ctx context.Context) (*imap.Client, error)
	account     string
	mailboxes   []string
	from        Start
	store       Store
	changes     bool
	fetch       imap.FetchOptions
	maxBody     int64
	onReset     Policy
	memory      int
	listen      Mode
	connections int
	patient     bool
	scanEvery   time.Duration
	pollEvery   time.Duration
	burst       time.Duration
	maxWait     time.Duration
	rand        func() float64
	log         *slog.Logger
	wall        func() time.Time
}

// settings checks the fields.
func (w *Watcher) settings() (*settings, error) {
	s := &settings{
		dial: w.Dial, account: w.Account, from: w.From, store: w.Store, changes: w.Changes,
		maxBody: or(w.MaxBody, defaultMaxBody), onReset: w.OnReset, memory: w.Memory, listen: w.Listen,
		connections: or(w.Connections, defaultConnections), patient: w.Patient,
		scanEvery: span(w.Scan, defaultScan), pollEvery: span(w.Poll, defaultPoll),
		burst: min(or(w.Burst, defaultBurst), longestSpan), maxWait: min(or(w.MaxWait, defaultMaxWait), longestSpan),
		rand: w.Rand, log: w.Logger, wall: w.wall,
		fetch: imap.FetchOptions{Flags: true, Envelope: true, InternalDate: true, Size: true},
	}
	if w.Fetch != nil {
		s.fetch = *w.Fetch
		s.fetch.MarkSeen = false
	}
	if s.memory == 0 {
		s.memory = defaultMemory
	}
	if s.rand == nil {
		s.rand = rand.Float64
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("account", s.account)
	for _, name := range w.Mailboxes {
		if name = canonical(name); !slices.Contains(s.mailboxes, name) {
			s.mailboxes = append(s.mailboxes, name)
		}
	}
	if len(s.mailboxes) == 0 {
		s.mailboxes = []string{canonical("")}
	}
	return s, s.check()
}

func (s *settings) check() error {
	if s.onReset == "" {
		s.onReset = PolicyResume
	}
	nul := func(name string) bool { return strings.Contains(name, "\x00") }
	switch {
	case s.dial == nil:
		return errors.New("the Watcher has no Dial")
	case nul(s.account), slices.ContainsFunc(s.mailboxes, nul):
		return errors.New("the Watcher's Account and Mailboxes cannot hold NUL characters")
	case !slices.Contains([]Policy{PolicyResume, PolicyBaseline, PolicyReplay}, s.onReset):
		return fmt.Errorf("the Watcher's OnReset is %q, but can be resume, baseline or replay", s.onReset)
	case !slices.Contains([]Mode{"", ModeNotify, ModeIdle, ModeRotate, ModePoll}, s.listen):
		return fmt.Errorf("the Watcher's Listen is %q, but can be notify, idle, rotate or poll", s.listen)
	case s.listen == ModeIdle && len(s.mailboxes) > s.connections:
		return fmt.Errorf("the Watcher's Listen is idle, which needs a connection for each of %d mailboxes, but Connections is %d",
			len(s.mailboxes), s.connections)
	case s.from.cursor.UIDValidity != 0 && len(s.mailboxes) > 1:
		return errors.New("the Watcher has several mailboxes, but From is a cursor, which is a place in one; use a Store")
	}
	return nil
}

// or is v, or def if v is 0 or less.
func or[T int | int64 | uint32 | uint64 | imap.UID | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// span is a Scan or a Poll.
func span(v, def time.Duration) time.Duration {
	return min(max(or(v, def), shortestSpan), longestSpan)
}

// Watch yields what happens in the mailboxes, for ever. A lost connection is an
// event. An error is the last thing yielded, and ends the loop: that of ctx,
// that of the Store, that of the first connection, or the third panic within an
// hour in one of the connections, or in Dial. When the loop ends, by break too, the
// connections are left politely, for which the server has two seconds.
//
// The loop's body runs on the caller's goroutine. While it runs, the connection
// that its batch came from rests, and others go on until they have something to
// tell: a slow body is back-pressure and needs no queue.
func (w *Watcher) Watch(ctx context.Context) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		s, err := w.settings()
		if err == nil {
			r := newRun(s)
			w.latest.Store(r)
			err = r.run(ctx, yield)
		}
		if !errors.Is(err, errLeft) {
			yield(nil, fmt.Errorf("watch: %w", err))
		}
	}
}
