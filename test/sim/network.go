package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// network is what is between the program and the server. Each connection is
// carried by two goroutines, one for each direction, which do to it what the
// weather says.
type network struct {
	srv     *imaptest.Server
	shuffle bool
	split   int

	mu    sync.Mutex
	rand  *rand.Rand
	links map[*link]struct{}
	sky   weather
	cutAt time.Time // when the weather cut a connection last
	wg    sync.WaitGroup
}

// weather is what is wrong with all connections, now and until it changes.
type weather struct {
	refuse      string // of Dial: "" for not at all, "refused", "dns", "hang"
	refuseUntil time.Time
	until       time.Time     // nothing gets through before
	slow        time.Duration // for each piece
	slowUntil   time.Time
	cut         [2]int64 // close the connection that carries this byte, counted from when it was set; 0: none
	cuttingEnds time.Time
}

// cutAt is for the byte that will be carried in some direction.
func (x *weather) cutAt(s Step, until time.Time) {
	dir := in
	if s.Text == "out" {
		dir = out
	}
	x.cut[dir], x.cuttingEnds = s.N, until
}

// refusal is how connections are refused now.
func (x *weather) refusal() string {
	if time.Now().Before(x.refuseUntil) {
		return x.refuse
	}
	return ""
}

// delay is how long a piece takes.
func (x *weather) delay() time.Duration {
	d := time.Until(x.until)
	if time.Now().Before(x.slowUntil) {
		d = max(d, x.slow)
	}
	return d
}

// The directions.
const (
	in  = 0 // from the server
	out = 1 // to the server
)

// deadAfter is when a server closes a connection whose client has vanished.
const deadAfter = 30 * time.Minute

// link is one connection.
type link struct {
	net    *network
	life   int
	client net.Conn // our ends of the two pipes
	server net.Conn
	closed chan struct{}
	once   sync.Once

	dead bool // guarded by net.mu: it swallows everything
}

// dial is imap.Options.Dial.
func (n *network) dial(ctx context.Context, life int, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	refuse := n.sky.refusal()
	n.mu.Unlock()
	switch refuse {
	case "refused":
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	case "dns":
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", Name: addr, IsTemporary: true}}
	case "hang":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: context.Cause(ctx)}
	}
	server, err := n.srv.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	theirs, ours := imaptest.Pipe()
	l := &link{net: n, life: life, client: ours, server: server, closed: make(chan struct{})}
	n.mu.Lock()
	n.links[l] = struct{}{}
	n.mu.Unlock()
	n.wg.Go(func() { l.carry(in, l.client, l.server) })
	n.wg.Go(func() { l.carry(out, l.server, l.client) })
	return theirs, nil
}

// set changes the weather.
func (n *network) set(f func(*weather)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.sky)
}

// lastCut is when the weather cut a connection; zero: never.
func (n *network) lastCut() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cutAt
}

// each does something to the live connections of a life, or of all if that is 0.
func (n *network) each(life int, f func(*link)) {
	n.mu.Lock()
	var all []*link
	for l := range n.links {
		if life == 0 || l.life == life {
			all = append(all, l)
		}
	}
	n.mu.Unlock()
	for _, l := range all {
		f(l)
	}
}

// close ends all connections.
func (n *network) close() {
	n.each(0, (*link).cut)
	n.wg.Wait()
}

// carry takes bytes from one end to the other.
func (l *link) carry(dir int, to, from net.Conn) {
	buf := make([]byte, 16<<10)
	var f framer
	for {
		k, err := from.Read(buf)
		if k > 0 && !l.pass(dir, to, buf[:k], &f) {
			return
		}
		if err != nil {
			l.ended(dir, to)
			return
		}
	}
}

// ended is about an end that was closed: the other is told, if there is a way.
func (l *link) ended(dir int, to net.Conn) {
	l.net.mu.Lock()
	dead := l.dead
	l.net.mu.Unlock()
	if dead && dir == out {
		timer := time.NewTimer(deadAfter)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.closed:
		}
	}
	if !dead || dir == out {
		l.cut()
	}
}

// cut closes both ends.
func (l *link) cut() {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.links, l)
		l.net.mu.Unlock()
		close(l.closed)
		l.client.Close()
		l.server.Close()
	})
}

// blackhole makes the connection swallow everything from now on.
func (l *link) blackhole() {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	l.dead = true
}

// pass carries some bytes; false: the connection is no more.
func (l *link) pass(dir int, to io.Writer, p []byte, f *framer) bool {
	if dir == in && l.net.shuffle {
		p = l.net.reorder(f, p)
	}
	for len(p) > 0 {
		piece, delay, last := l.net.piece(l, dir, p)
		if delay > 0 && !l.wait(delay) {
			return false
		}
		if piece > 0 {
			if _, err := to.Write(p[:piece]); err != nil {
				l.cut()
				return false
			}
		}
		if last {
			l.cut()
			return false
		}
		p = p[l.net.swallowed(l, piece, len(p)):]
	}
	return true
}

func (l *link) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.closed:
		return false
	}
}

// swallowed is how many bytes are done with, of which so many were carried.
func (n *network) swallowed(l *link, carried, all int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.dead {
		return all
	}
	return carried
}

// piece is how many bytes to carry now, after which delay, and whether they are
// the last.
func (n *network) piece(l *link, dir int, p []byte) (size int, delay time.Duration, last bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.dead {
		return 0, 0, false
	}
	size = len(p)
	if n.split > 0 && dir == in {
		size = min(size, 1+n.rand.IntN(n.split))
	}
	delay = n.sky.delay()
	if c := &n.sky.cut[dir]; *c > 0 && time.Now().Before(n.sky.cuttingEnds) {
		if int64(size) >= *c {
			size, last = int(*c), true
			*c, n.cutAt = 0, time.Now()
		} else {
			*c -= int64(size)
		}
	}
	return size, delay, last
}

// reorder shuffles the responses in p that are whole; what is not is kept.
func (n *network) reorder(f *framer, p []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []byte
	for _, r := range shuffle(f.add(p), n.rand) {
		all = append(all, r...)
	}
	return all
}
