package sasl

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// credentials are what PLAIN and LOGIN send. Printing them, in whatever way,
// prints the mechanism's name only: methods see to that, and where fmt does not
// call them, inside unexported fields, a function prints as its address.
type credentials struct {
	mech    string
	secrets func() (authzid, username, password string)
	started bool
}

func newCredentials(mech, authzid, username, password string) credentials {
	return credentials{mech: mech, secrets: func() (string, string, string) { return authzid, username, password }}
}

// start says whether an exchange may begin with these credentials.
func (c *credentials) start() error {
	authzid, username, password := c.secrets()
	switch {
	case c.started:
		return c.fail("a Client serves one exchange")
	case username == "":
		return c.fail("the user name is empty")
	case password == "":
		return c.fail("the password is empty")
	}
	for _, part := range []string{authzid, username, password} {
		if strings.IndexByte(part, 0) >= 0 {
			return c.fail("user names and passwords cannot hold NUL")
		}
	}
	c.started = true
	return nil
}

func (c *credentials) fail(reason string) error { return &Error{Mech: c.mech, Reason: reason} }

// String returns the mechanism's name, with the credentials left out.
func (c *credentials) String() string { return c.mech + " [redacted]" }

// GoString is String for %#v.
func (c *credentials) GoString() string { return c.String() }

// Format is String for every verb.
func (c *credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for log/slog.
func (c *credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String for encoders.
func (c *credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
