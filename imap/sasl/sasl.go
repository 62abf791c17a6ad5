// Package sasl has login mechanisms (RFC 4422) as little state machines over
// byte slices. It knows nothing of IMAP: who runs a [Client] does the base64
// and the lines.
package sasl

import "fmt"

// Client is the client's half of one authentication exchange. It has the
// methods of the Client of github.com/emersion/go-sasl, so that one of those
// does as well.
//
// A Client serves one exchange: for a second one, on another connection or
// after a failure, make a new one. It is not safe for concurrent use.
type Client interface {
	// Start begins the exchange. It returns the mechanism's name and its
	// initial response. A nil ir means that the mechanism has none: the
	// server speaks first. One that is empty but not nil is a response of no
	// bytes, which is sent as "=" along with the command (RFC 4959 §3).
	//
	// Where the initial response cannot go along with the command, the
	// caller sends it as the answer to the server's first, empty, challenge,
	// which is then not given to Next.
	Start() (mech string, ir []byte, err error)

	// Next answers a challenge. The response may be empty, and must be sent
	// then too. After an error the exchange is to be cancelled (in IMAP by
	// "*", RFC 9051 §6.2.2) and the Client is of no further use.
	Next(challenge []byte) (response []byte, err error)
}

// Error says why a mechanism cannot go on. It never holds a secret, nor what
// the server sent.
type Error struct {
	Mech   string // the mechanism's name
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("sasl: %s: %s", e.Mech, e.Reason) }
