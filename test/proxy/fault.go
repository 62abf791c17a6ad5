package proxy

import "time"

// Faults is what happens to the bytes of a connection. The zero value passes
// them on.
type Faults struct {
	Up   Fault // from the client to the server
	Down Fault // from the server to the client
}

// Fault is what happens to the bytes of one direction. What is set applies
// together.
type Fault struct {
	// Latency is how much later everything is passed on.
	Latency time.Duration
	// Split, if not 0, passes on pieces of at most so many bytes, of random
	// sizes.
	Split int
	// Filter, if not nil, is given every line, with its end, and returns what is
	// passed on instead. The last line may lack its end. It must not keep the
	// slice, and is of use without TLS only.
	Filter func(line []byte) []byte
	// Cut, if not 0, ends the connection once so many bytes of this direction
	// have been passed on, counted from the connection's beginning.
	Cut int64
	// End is how Cut does that.
	End End
	// Stall holds everything back until it is false again. Nothing is lost.
	Stall bool
	// Swallow takes everything and passes nothing on, nor that the connection has
	// ended. A direction that has lost bytes stays lost when Swallow is false
	// again, as after an outage that was longer than a peer's patience.
	Swallow bool
}

// End is how a connection ends.
type End uint8

// The ends.
const (
	Close     End = iota // both sides get a FIN
	Reset                // both sides get an RST
	HalfClose            // the receiver gets a FIN, the other direction goes on
)

// Blackhole is a network in which everything vanishes without a sign.
// Connections are made even so, by nobody who would answer.
func Blackhole() Faults { return Faults{Up: Fault{Swallow: true}, Down: Fault{Swallow: true}} }
