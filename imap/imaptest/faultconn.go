package imaptest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"
)

// WrapConn returns c with the faults that are about bytes and the network: what
// is written to it is split, delayed and cut. It may be used as c may, except that
// only one goroutine at a time may write, and one read. CloseSilent does nothing.
func WrapConn(c net.Conn, f *Faults) net.Conn {
	return newFaultConn(c, new(wire), func() *Faults { return f })
}

// wire is what is between the two ends of a connection. Any goroutine may use it.
type wire struct {
	dead   atomic.Bool  // swallows everything
	resets atomic.Bool  // dead, and closes when the client says something
	last   atomic.Int64 // when a byte last came through, in Unix nanoseconds
	done   <-chan struct{}
	frost  *atomic.Pointer[frost] // nil: it does not freeze
}

// faultConn is a connection that suffers from faults, and which can go dead.
type faultConn struct {
	net.Conn
	faults func() *Faults
	wire   *wire

	current *Faults // for which written and random hold
	written int64
	random  *rand.Rand

	reading *Faults // for which got holds
	got     int64
}

func newFaultConn(c net.Conn, w *wire, faults func() *Faults) *faultConn {
	w.last.Store(time.Now().UnixNano())
	return &faultConn{Conn: c, faults: faults, wire: w}
}

func (fc *faultConn) Read(p []byte) (int, error) {
	for {
		n, err := fc.Conn.Read(p)
		if err != nil {
			return n, err
		}
		if !fc.wire.thaw() {
			return 0, net.ErrClosed
		}
		f := fc.faults()
		if f != nil {
			fc.wire.forget(f)
		}
		switch {
		case fc.wire.resets.Load():
			fc.Conn.Close()
			return 0, net.ErrClosed
		case fc.wire.dead.Load():
		case f != nil && f.CutAfterRead > 0:
			return fc.count(f, n), nil
		default:
			return n, nil
		}
	}
}

// count returns how many of the n bytes read are let through before the
// connection is cut.
func (fc *faultConn) count(f *Faults, n int) int {
	if f != fc.reading {
		fc.reading, fc.got = f, 0
	}
	if left := f.CutAfterRead - fc.got; int64(n) >= left {
		n = int(max(left, 0))
		fc.Conn.Close()
	}
	fc.got += int64(n)
	return n
}

// forget loses the state of a connection that was silent too long, or notes that
// it was not.
func (w *wire) forget(f *Faults) {
	if f.Forget <= 0 && f.CloseSilent <= 0 {
		return
	}
	if f.Forget > 0 && time.Since(w.heard(f)) >= f.Forget {
		w.resets.Store(f.ForgetReset)
		w.dead.Store(true)
		return
	}
	w.last.Store(time.Now().UnixNano())
}

// heard is when something was last said, as far as the faults are concerned.
func (w *wire) heard(f *Faults) time.Time {
	last := time.Unix(0, w.last.Load())
	if last.Before(f.since) {
		return f.since
	}
	return last
}

// watchSilence closes the connection when it was silent too long.
func (c *conn) watchSilence(f *Faults) {
	if f.CloseSilent <= 0 {
		return
	}
	c.srv.wg.Go(func() {
		for {
			left := f.CloseSilent - time.Since(c.wire.heard(f))
			if left <= 0 {
				c.cut()
				return
			}
			t := time.NewTimer(left)
			select {
			case <-t.C:
			case <-f.over:
			case <-c.done:
			}
			if t.Stop() {
				return
			}
		}
	})
}

func (fc *faultConn) Write(p []byte) (int, error) {
	if !fc.wire.thaw() {
		return 0, net.ErrClosed
	}
	f := fc.faults()
	if f != nil {
		fc.wire.forget(f)
	}
	if fc.wire.dead.Load() {
		return len(p), nil
	}
	if f == nil {
		return fc.Conn.Write(p)
	}
	if f != fc.current {
		fc.current, fc.written = f, 0
		if f.SplitSeed != 0 {
			fc.random = rand.New(rand.NewPCG(f.SplitSeed, 0))
		}
	}
	return fc.writePieces(f, p)
}

// writePieces writes p as the faults want it.
func (fc *faultConn) writePieces(f *Faults, p []byte) (int, error) {
	done := 0
	for done < len(p) {
		if fc.wire.dead.Load() || fc.stalled(f) && f.Drip <= 0 {
			return len(p), nil
		}
		if !fc.pause(f) {
			return done, net.ErrClosed
		}
		piece := p[done : done+fc.pieceSize(f, len(p)-done)]
		cut := f.CutAfter > 0 && fc.written+int64(len(piece)) >= f.CutAfter
		if cut {
			piece = piece[:f.CutAfter-fc.written]
		}
		n, err := fc.Conn.Write(piece)
		done += n
		fc.written += int64(n)
		if err != nil {
			return done, err
		}
		if cut {
			fc.Conn.Close()
			return done, io.ErrClosedPipe
		}
	}
	return done, nil
}

func (fc *faultConn) stalled(f *Faults) bool { return f.StallAfter > 0 && fc.written >= f.StallAfter }

// pause waits before a piece. It reports whether the connection still lives.
func (fc *faultConn) pause(f *Faults) bool {
	wait := f.WriteDelay
	if fc.stalled(f) {
		wait = f.Drip
	}
	if wait <= 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-fc.wire.done:
		return false
	}
}

// pieceSize returns how much of the n bytes left goes into the next write.
func (fc *faultConn) pieceSize(f *Faults, n int) int {
	switch {
	case fc.stalled(f):
		return 1
	case f.StallAfter > 0:
		n = int(min(int64(n), f.StallAfter-fc.written))
	}
	switch {
	case f.Split > 0:
		return min(n, f.Split)
	case f.SplitSeed != 0:
		return min(n, 1+fc.random.IntN(64))
	}
	return n
}

// CloseWrite ends the outgoing direction, if the connection underneath can.
func (fc *faultConn) CloseWrite() error {
	if half, can := fc.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return fc.Conn.Close()
}
