// Package proxy is a TCP proxy for tests that does harm to connections: it delays,
// splits, cuts, resets, stalls and swallows, as networks do. What it does can be
// changed at any moment, and what is random comes from a seed.
package proxy

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Proxy stands between clients and one server. Any method may be called by any
// goroutine at any time. Its owner owes it a Close.
type Proxy struct {
	target string
	addr   string

	mu       sync.Mutex
	rand     *rand.Rand
	listener net.Listener // nil: connections are refused
	closed   bool
	links    map[*link]bool
	accepted int
	passed   int64
	now      Faults
	plan     func(n int) Faults
	changed  chan struct{} // closed at every change of now
	workers  sync.WaitGroup
}

// Ports that neither the kernel gives to outgoing connections nor test/live to
// servers: nobody takes ours while connections are refused.
const firstPort, ports = 30_100, 2_600

// New returns a proxy that listens on a free port of 127.0.0.1 and connects to
// target for each connection made to it.
func New(target string, seed uint64) (*Proxy, error) {
	p := &Proxy{target: target, rand: rand.New(rand.NewPCG(seed, 0)), links: map[*link]bool{}, changed: make(chan struct{})}
	var err error
	for range 200 {
		// The port is no part of what the seed decides: two proxies may have the same.
		p.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(ports)))
		if err = p.Refuse(false); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("proxy: no free port: %w", err)
}

// Addr is where to connect to, and stays the same.
func (p *Proxy) Addr() string { return p.addr }

// Set says what happens from now on to all connections, to those that there
// are and to those to come.
func (p *Proxy) Set(f Faults) { p.set(f, nil) }

// Plan says what happens to each connection that is made from now on, n being how
// many were made before since New. To those that there are, nothing happens any
// more. It is called by one goroutine at a time, and must not call the Proxy.
func (p *Proxy) Plan(plan func(n int) Faults) { p.set(Faults{}, plan) }

func (p *Proxy) set(f Faults, plan func(int) Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now, p.plan = f, plan
	for l := range p.links {
		l.own = nil
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// Refuse says whether new connections are refused, as by a machine on which
// nobody listens. Those that there are go on.
func (p *Proxy) Refuse(refuse bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case refuse && p.listener != nil:
		_ = p.listener.Close()
		p.listener = nil
	case !refuse && p.listener == nil && !p.closed:
		l, err := net.Listen("tcp", p.addr)
		if err != nil {
			return err
		}
		p.listener = l
		p.workers.Go(func() { p.accept(l) })
	}
	return nil
}

// End ends all connections that there are; by HalfClose it is the clients that
// get a FIN.
func (p *Proxy) End(how End) {
	for _, l := range p.open() {
		switch how {
		case HalfClose:
			l.closeWrite(l.client)
		default:
			l.end(how)
		}
	}
}

// Accepted is how many connections were made so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Open is how many connections there are.
func (p *Proxy) Open() int { return len(p.open()) }

func (p *Proxy) open() (links []*link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

// Close ends everything, and returns when that is done.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.Refuse(true)
	p.End(Reset)
	p.workers.Wait()
}

// accept takes connections until the listener is closed.
func (p *Proxy) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if l := p.enter(conn.(*net.TCPConn)); l != nil {
			p.workers.Go(l.run)
		}
	}
}

// enter makes a link of a new connection, unless the proxy has been closed.
func (p *Proxy) enter(client *net.TCPConn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = client.Close()
		return nil
	}
	l := &link{proxy: p, client: client, ended: make(chan struct{})}
	if p.plan != nil {
		f := p.plan(p.accepted)
		l.own = &f
	}
	p.accepted++
	p.links[l] = true
	return l
}

func (p *Proxy) leave(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// faults are those of a link, and what is closed when they change.
func (p *Proxy) faults(l *link) (Faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.own != nil {
		return *l.own, p.changed
	}
	return p.now, p.changed
}

// oneTo returns a random number from 1 to n.
func (p *Proxy) oneTo(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return 1 + p.rand.IntN(n)
}

// Passed is how many bytes of clients were passed on to the server so far.
func (p *Proxy) Passed() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

func (p *Proxy) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed += int64(n)
}
