package sasl

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Credentials are what somebody can log in with: a password, a token, a
// certificate or nothing. They know the mechanisms that they fit, strongest
// first. Printing them, in whatever way, does not show them. They do not change,
// and may be used for many logins and by any goroutine.
type Credentials struct {
	kind    kind
	secrets func() (authzid, username, secret string)
}

type kind uint8

const (
	nothing kind = iota
	password
	token
	certificate
	guest
)

// Password is a user name and a password.
func Password(username, secret string) Credentials {
	return newCredentials(password, "", username, secret)
}

// Token is a user name, mostly a mail address, and an OAuth 2.0 access token.
func Token(username, accessToken string) Credentials {
	return newCredentials(token, "", username, accessToken)
}

// Certificate is the client certificate that the TLS handshake has shown.
func Certificate() Credentials { return newCredentials(certificate, "", "", "") }

// Guest is nobody in particular; trace is what the server may note down, see
// [Anonymous].
func Guest(trace string) Credentials { return newCredentials(guest, "", trace, "") }

func newCredentials(k kind, authzid, username, secret string) Credentials {
	return Credentials{k, func() (string, string, string) { return authzid, username, secret }}
}

// As returns the same credentials for acting as another user, as administrators
// and owners of shared mailboxes may. It leaves the mechanisms that can say so.
func (c Credentials) As(authzid string) Credentials {
	if c.secrets == nil {
		return c
	}
	_, username, secret := c.secrets()
	return newCredentials(c.kind, authzid, username, secret)
}

// Username returns the user name.
func (c Credentials) Username() string {
	if c.secrets == nil {
		return ""
	}
	_, username, _ := c.secrets()
	return username
}

// strength has the mechanisms of each kind, strongest first: those that prove
// the TLS connection, those that only prove the password and let the server
// prove itself, those that do not show it, those that do.
var strength = [...][]string{
	password: {
		ScramSHA512Plus, ScramSHA256Plus, ScramSHA1Plus, ScramSHA512, ScramSHA256, ScramSHA1,
		"CRAM-MD5", "PLAIN", "LOGIN",
	},
	token:       {"OAUTHBEARER", "XOAUTH2"},
	certificate: {"EXTERNAL"},
	guest:       {"ANONYMOUS"},
}

// AtLeast returns the mechanisms that are as strong as mech or stronger, mech
// included, or mech alone if it is not one of this package. It is for lists of
// what is allowed.
func AtLeast(mech string) []string {
	for _, list := range strength {
		if i := slices.Index(list, strings.ToUpper(mech)); i >= 0 {
			return slices.Clone(list[:i+1])
		}
	}
	return []string{mech}
}

// Mechanisms returns the mechanisms that the credentials fit, in the order in
// which they should be chosen. Over TLS CRAM-MD5 comes last: it hides the
// password from nobody who could see it, and many servers that offer it cannot
// do it for accounts whose password they keep well.
func (c Credentials) Mechanisms(tls bool) []string {
	list := slices.Clone(strength[c.kind])
	if c.kind != password {
		return list
	}
	if i := slices.Index(list, "CRAM-MD5"); tls {
		list = append(slices.Delete(list, i, i+1), "CRAM-MD5")
	}
	if authzid, _, _ := c.secrets(); authzid != "" {
		list = slices.DeleteFunc(list, func(m string) bool { return m == "CRAM-MD5" || m == "LOGIN" })
	}
	return list
}

// Channel is what mechanisms may know of the connection.
type Channel struct {
	// Host and Port are those that were dialed; "" and 0: not known.
	Host string
	Port int
	// Scram is for the SCRAM mechanisms; its Authzid is not looked at.
	Scram ScramOptions
}

// Client returns a Client of mech, which is one of Mechanisms.
func (c Credentials) Client(mech string, ch Channel) (Client, error) {
	mech = strings.ToUpper(mech)
	if !slices.Contains(c.Mechanisms(true), mech) {
		return nil, &Error{Mech: mech, Reason: "it does not fit these credentials"}
	}
	authzid, username, secret := c.secrets()
	switch mech {
	case "PLAIN":
		return Plain(authzid, username, secret), nil
	case "LOGIN":
		return Login(username, secret), nil
	case "CRAM-MD5":
		return CramMD5(username, secret), nil
	case "OAUTHBEARER":
		if authzid == "" {
			authzid = username
		}
		return OAuthBearer(authzid, secret, ch.Host, ch.Port), nil
	case "XOAUTH2":
		if authzid != "" {
			username = authzid // Google's and Microsoft's delegation names whose mailbox it is
		}
		return XOAuth2(username, secret), nil
	case "EXTERNAL":
		return External(authzid), nil
	case "ANONYMOUS":
		return Anonymous(username), nil
	}
	ch.Scram.Authzid = authzid
	return Scram(mech, username, secret, &ch.Scram), nil
}

// LoginArguments returns what the command LOGIN takes, or an error if these are
// not a user name and a password.
func (c Credentials) LoginArguments() (username, secret string, err error) {
	if c.kind != password || !slices.Contains(c.Mechanisms(true), "LOGIN") {
		return "", "", errors.New("sasl: LOGIN needs a user name and a password, and cannot act for another")
	}
	_, username, secret = c.secrets()
	return username, secret, nil
}

// String says what kind of credentials these are.
func (c Credentials) String() string {
	return [...]string{"no credentials", "password", "token", "certificate", "guest"}[c.kind] + " [redacted]"
}

// GoString is String for %#v.
func (c Credentials) GoString() string { return c.String() }

// Format is String for every verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for log/slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String for encoders.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
