package imaptest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"
)

// WrapConn returns c with the faults of the first group: what is written to it
// is split, delayed and cut. It may be used as c may, except that only one
// goroutine at a time may write.
func WrapConn(c net.Conn, f *Faults) net.Conn {
	return newFaultConn(c, new(atomic.Bool), func() *Faults { return f })
}

// faultConn is a connection whose writes suffer from faults, and which can go
// dead.
type faultConn struct {
	net.Conn
	faults  func() *Faults
	dead    *atomic.Bool // swallows everything
	current *Faults      // for which the fields below hold
	written int64
	random  *rand.Rand
}

func newFaultConn(c net.Conn, dead *atomic.Bool, faults func() *Faults) *faultConn {
	return &faultConn{Conn: c, faults: faults, dead: dead}
}

func (fc *faultConn) Read(p []byte) (int, error) {
	for {
		n, err := fc.Conn.Read(p)
		if err != nil || !fc.dead.Load() {
			return n, err
		}
	}
}

func (fc *faultConn) Write(p []byte) (int, error) {
	if fc.dead.Load() {
		return len(p), nil
	}
	f := fc.faults()
	if f == nil {
		return fc.Conn.Write(p)
	}
	if f != fc.current {
		fc.current, fc.written = f, 0
		fc.random = rand.New(rand.NewPCG(f.SplitSeed, 0))
	}
	return fc.writePieces(f, p)
}

// writePieces writes p as the faults want it.
func (fc *faultConn) writePieces(f *Faults, p []byte) (int, error) {
	done := 0
	for done < len(p) {
		piece := p[done : done+fc.pieceSize(f, len(p)-done)]
		if f.WriteDelay > 0 {
			time.Sleep(f.WriteDelay)
		}
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

// pieceSize returns how much of the n bytes left goes into the next write.
func (fc *faultConn) pieceSize(f *Faults, n int) int {
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
