package sasl

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// exchange is what the mechanisms have in common: a name, what must not be
// shown, and whether it was begun. Printing it, in whatever way, prints the
// mechanism's name only: methods see to that, and where fmt does not call them,
// inside unexported fields, a function prints as its address.
type exchange struct {
	mech    string
	secrets func() (authzid, username, password string)
	started bool
}

func newExchange(mech, authzid, username, password string) exchange {
	return exchange{mech: mech, secrets: func() (string, string, string) { return authzid, username, password }}
}

// start says whether an exchange may begin with these credentials.
func (x *exchange) start() error {
	_, username, password := x.secrets()
	switch {
	case x.started:
		return x.fail("a Client serves one exchange")
	case username == "":
		return x.fail("the user name is empty")
	case password == "":
		return x.fail("the password is empty")
	}
	return x.begin()
}

// begin is start for mechanisms that need no user name, or no password.
func (x *exchange) begin() error {
	if x.started {
		return x.fail("a Client serves one exchange")
	}
	authzid, username, password := x.secrets()
	for _, part := range []string{authzid, username, password} {
		if strings.IndexByte(part, 0) >= 0 {
			return x.fail("user names and passwords cannot hold NUL")
		}
	}
	x.started = true
	return nil
}

func (x *exchange) fail(reason string) error { return &Error{Mech: x.mech, Reason: reason} }

// String returns the mechanism's name, with the credentials left out.
func (x *exchange) String() string { return x.mech + " [redacted]" }

// GoString is String for %#v.
func (x *exchange) GoString() string { return x.String() }

// Format is String for every verb.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, x.String()) }

// LogValue is String for log/slog.
func (x *exchange) LogValue() slog.Value { return slog.StringValue(x.String()) }

// MarshalText is String for encoders.
func (x *exchange) MarshalText() ([]byte, error) { return []byte(x.String()), nil }
