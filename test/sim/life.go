package sim

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

const (
	account  = "alice@example.org"
	password = "canary-7dVw3kPq9Zx1" // tokens begin with it
	address  = "imap.example.org:143"
)

// life is the program from its start to its end or death.
type life struct {
	*world
	number int
	store  *store
	ctx    context.Context
	cancel context.CancelFunc
	dead   atomic.Bool // it has crashed: whatever it still does counts for nothing
	ended  chan struct{}
	down   time.Duration // until the next life; guarded by world.mu
	later  sync.WaitGroup
	random lockedRand
	tokens watch.Tokens
	hand   hand

	mu     sync.Mutex
	doomed map[string]int64 // at which point, at which time of passing it, it dies
}

// newLife begins a life.
func (w *world) newLife(number int) *life {
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{
		world: w, number: number, ctx: ctx, cancel: cancel,
		ended: make(chan struct{}), doomed: map[string]int64{}, down: time.Second,
	}
	l.store = &store{disk: w.disk, life: l}
	l.tokens.User, l.tokens.Refresh, l.tokens.Rand = user, w.newToken, l.rand
	l.random.r = rand.New(rand.NewPCG(w.plan.World.Seed, uint64(number)))
	return l
}

// program runs life after life, until the world ends.
func (w *world) program() {
	defer close(w.over)
	for number := 1; ; number++ {
		l := w.newLife(number)
		w.mu.Lock()
		if w.ending {
			w.mu.Unlock()
			l.cancel()
			return
		}
		w.now, w.back = l, time.Now()
		w.beginLife(number, w.disk.copy())
		w.mu.Unlock()
		l.live()
		w.mu.Lock()
		down, ending := l.down, w.ending
		w.back = time.Now().Add(down)
		w.mu.Unlock()
		if ending {
			return
		}
		w.pause(down)
	}
}

// pause is for the time that the program is down.
func (w *world) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.stop:
	}
}

// live is the program.
func (l *life) live() {
	defer close(l.ended)
	defer l.cancel()
	l.tell("life", "number %d begins", l.number)
	for b, err := range l.watcher().Watch(l.ctx) {
		if err != nil {
			l.ends(err)
			break
		}
		if !l.take(b) {
			break
		}
	}
	l.later.Wait()
	l.tell("life", "number %d has ended", l.number)
}

// crash is the end without a word: connections vanish, and nothing is saved any
// more.
func (l *life) crash(down time.Duration) {
	l.world.mu.Lock()
	l.down = down
	l.world.mu.Unlock()
	l.dead.Store(true)
	l.tell("life", "number %d dies", l.number)
	l.net.each(l.number, (*link).cut)
	l.cancel()
}

// leave is the end as a signal brings it about.
func (l *life) leave(down time.Duration) {
	l.world.mu.Lock()
	l.down = down
	l.world.mu.Unlock()
	l.cancel()
}

// doom makes the life end when it comes to a point for the n-th time.
func (l *life) doom(point string, n int64, down time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doomed[point] = n
	l.world.mu.Lock()
	l.down = down
	l.world.mu.Unlock()
}

// spare undoes doom: if it ends now, it is for another reason.
func (l *life) spare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.doomed)
	if l.dead.Load() {
		return
	}
	l.world.mu.Lock()
	l.down = time.Second
	l.world.mu.Unlock()
}

// dies says whether it has died at a point, perhaps just now.
func (l *life) dies(point string) bool {
	l.mu.Lock()
	n, found := l.doomed[point]
	l.doomed[point] = n - 1
	l.mu.Unlock()
	if found && n == 1 {
		l.world.mu.Lock()
		down := l.down
		l.world.mu.Unlock()
		l.crash(down)
	}
	return l.dead.Load()
}

// dial connects and logs in.
func (l *life) dial(ctx context.Context) (*imap.Client, error) {
	l.dialing(l)
	opts := &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return l.net.dial(ctx, l.number, network, addr)
		},
		Logger: l.logger(),
	}
	if l.trace {
		opts.Trace = writer{l.story, "imap"}
	}
	if l.plan.World.Tokens {
		return l.dialWithToken(ctx, opts)
	}
	c, err := imap.Dial(ctx, address, opts)
	if err != nil {
		return nil, err
	}
	if err := c.Login(ctx, user, password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (l *life) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(writer{l.story, "log"}, &slog.HandlerOptions{Level: l.level()}))
}

// level is what of the log is in the story.
func (l *life) level() slog.Level {
	if l.trace {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func (l *life) rand() float64 { return l.random.float() }

// lockedRand may be used by several goroutines.
type lockedRand struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (r *lockedRand) float() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.Float64()
}
