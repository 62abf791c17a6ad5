// Package sasl has login mechanisms (RFC 4422) as little state machines over
// byte slices. It knows nothing of IMAP: who runs a [Client] does the base64
// and the lines.
//
// A mechanism is a function that returns a Client: [Plain], [Login], [CramMD5],
// [Scram], [External], [Anonymous], [XOAuth2], [OAuthBearer], and [Func] for one
// of your own. [Credentials] know which mechanisms they fit and how strong those
// are.
//
// Three mechanisms are left out on purpose. DIGEST-MD5 is historic: its RFC was
// withdrawn because no two programs agree on it (RFC 6331). NTLM is Microsoft's
// own, built on MD4 and DES, and being removed by them. GSSAPI (Kerberos) needs
// tickets, a key cache and a realm's configuration, which is a library of its
// own. A Client of any of them, from wherever, can be used all the same.
package sasl

import (
	"fmt"
	"strings"
)

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

// Verifier is a Client of a mechanism that knows more than the server's last
// word: SCRAM's server must prove itself, and OAuth's server says inside of the
// exchange why it refuses. Whoever runs the Client asks after Start and after
// each Next.
type Verifier interface {
	Client
	// Verify returns nil once a success of the server's may be believed. Until
	// then it says why not; if the server has refused, with a [*Refusal].
	Verify() error
}

// Error says why a mechanism cannot go on. It never holds a secret, nor what
// the server sent.
type Error struct {
	Mech   string // the mechanism's name
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("sasl: %s: %s", e.Mech, e.Reason) }

// Refusal is what a server said inside of the exchange about why it refuses.
// All of it is the server's text: untrusted, and it may hold control characters.
type Refusal struct {
	Mech string
	// Status is SCRAM's error value, such as "invalid-proof" (RFC 5802 §7), or
	// the status of XOAUTH2 and OAUTHBEARER, such as "invalid_token" (RFC 7628
	// §3.2.2) or "400"; "" if there is none.
	Status string
	// Schemes and Scope are OAuth's: which kinds of token are accepted, and
	// what the token would have to allow. Configuration is the address of the
	// OpenID provider's description.
	Schemes, Scope, Configuration string
	// Text is all that the server sent, the first kilobytes of it.
	Text string
}

func (e *Refusal) Error() string {
	what := e.Status
	if what == "" {
		what = e.Text
	}
	return fmt.Sprintf("sasl: %s: the server refuses: %s", e.Mech, tame(what))
}

const maxRefusal = 4 << 10

// tame makes text of the server's fit for an error.
func tame(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, s[:min(len(s), 200)])
	if s == "" {
		return "no reason given"
	}
	return s
}
