package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// link is one connection through a proxy.
type link struct {
	proxy  *Proxy
	own    *Faults // those of a plan; guarded by the proxy's mutex
	client *net.TCPConn

	mu     sync.Mutex
	server *net.TCPConn // nil: not connected to
	over   bool
	ended  chan struct{} // closed when it is over
}

// run connects to the server and passes on what is said until both have said
// their last word.
func (l *link) run() {
	defer l.proxy.leave(l)
	defer l.end(Close)
	if f, _ := l.proxy.faults(l); f.Up.Swallow && f.Down.Swallow {
		_, _ = io.Copy(io.Discard, l.client)
		return
	}
	conn, err := net.DialTimeout("tcp", l.proxy.target, 10*time.Second)
	if err != nil || !l.connected(conn.(*net.TCPConn)) {
		l.end(Reset)
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		(&pump{link: l, from: l.client, to: l.server, fault: func(f Faults) Fault { return f.Up }}).run()
	})
	both.Go(func() {
		(&pump{link: l, from: l.server, to: l.client, fault: func(f Faults) Fault { return f.Down }}).run()
	})
	both.Wait()
}

// connected notes the connection to the server; false: it is over already.
func (l *link) connected(server *net.TCPConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		_ = server.Close()
		return false
	}
	l.server = server
	return true
}

// end ends both connections.
func (l *link) end(how End) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	close(l.ended)
	for _, conn := range []*net.TCPConn{l.client, l.server} {
		if conn == nil {
			continue
		}
		if how == Reset {
			_ = conn.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func (l *link) closeWrite(to *net.TCPConn) { _ = to.CloseWrite() }

// pump is one direction of a link.
type pump struct {
	*link
	from, to *net.TCPConn
	fault    func(Faults) Fault // which of a link's faults are this direction's
	passed   int64
	lost     bool   // bytes were swallowed
	line     []byte // begun, for a Filter
}

func (p *pump) run() {
	buf := make([]byte, 32<<10)
	for {
		n, err := p.from.Read(buf)
		if n > 0 && !p.take(buf[:n]) {
			return
		}
		if err != nil {
			p.last(err)
			return
		}
	}
}

// await returns the faults once they do not hold everything back; ok is false
// if the link is over.
func (p *pump) await() (f Fault, ok bool) {
	for {
		all, changed := p.proxy.faults(p.link)
		if f = p.fault(all); !f.Stall {
			return f, true
		}
		select {
		case <-changed:
		case <-p.ended:
			return f, false
		}
	}
}

// take handles what was read, and says whether to go on.
func (p *pump) take(b []byte) bool {
	f, ok := p.await()
	if !ok {
		return false
	}
	if p.lost = p.lost || f.Swallow; p.lost {
		return true
	}
	if f.Latency > 0 {
		timer := time.NewTimer(f.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-p.ended:
			return false
		}
	}
	if f.Filter != nil || p.line != nil {
		b = p.filter(f.Filter, b)
	}
	return p.split(f, b)
}

// filter returns what becomes of the lines that are complete. Without a filter,
// as when it was taken away, that is what there is.
func (p *pump) filter(filter func([]byte) []byte, b []byte) (out []byte) {
	p.line = append(p.line, b...)
	if filter == nil {
		out, p.line = p.line, nil
		return out
	}
	for {
		end := bytes.IndexByte(p.line, '\n') + 1
		if end == 0 {
			return out
		}
		out = append(out, filter(p.line[:end:end])...)
		p.line = append([]byte(nil), p.line[end:]...)
	}
}

// split passes bytes on in pieces, as far as a cut lets it.
func (p *pump) split(f Fault, b []byte) bool {
	cut := f.Cut > 0 && p.passed+int64(len(b)) >= f.Cut
	if cut {
		b = b[:max(0, f.Cut-p.passed)]
	}
	for len(b) > 0 {
		n := len(b)
		if f.Split > 0 {
			n = min(n, p.proxy.oneTo(f.Split))
		}
		if _, err := p.to.Write(b[:n]); err != nil {
			p.last(err)
			return false
		}
		p.passed += int64(n)
		if p.to == p.server {
			p.proxy.count(n)
		}
		b = b[n:]
	}
	if !cut {
		return true
	}
	if f.End == HalfClose {
		p.closeWrite(p.to)
		_, _ = io.Copy(io.Discard, p.from)
		return false
	}
	p.end(f.End)
	return false
}

// last passes the end of this direction on, as it came, unless it is lost. A
// client that has gone takes the link with it then; a server may come and go.
func (p *pump) last(err error) {
	f, ok := p.await()
	if !ok {
		return
	}
	switch p.lost = p.lost || f.Swallow; {
	case p.lost && p.from == p.client:
		p.end(Close)
	case p.lost:
		<-p.ended
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		p.end(Reset)
	default:
		if len(p.line) > 0 && f.Filter != nil {
			_, _ = p.to.Write(f.Filter(p.line))
		}
		p.closeWrite(p.to)
	}
}
