package imap

import (
	"errors"
	"strings"
)

// LoginError is a login that did not come about: because the server refused it,
// because it has no way of logging in that fits, or because the mechanism gave
// up. A connection that broke meanwhile, or a Context that ended, is none.
//
// The *ResponseError that it is about is found by errors.As, and so are a
// *sasl.Refusal and a *sasl.Error.
type LoginError struct {
	// Mechanism was tried; "LOGIN" is also the command. "": nothing was.
	Mechanism string
	// Offered are the mechanisms that the server offers, in its order.
	Offered []string
	Err     error
}

// ErrMechanismDowngrade says that the server offers none of the mechanisms that
// Options.Mechanisms allows, but others: either it was changed, or somebody in
// between would like to see the password.
var ErrMechanismDowngrade = errors.New("imap: the server offers no mechanism that Options.Mechanisms allows")

func (e *LoginError) Error() string {
	s := e.Err.Error()
	if e.Mechanism != "" {
		s += "; tried " + e.Mechanism
	}
	if len(e.Offered) > 0 {
		s += "; the server offers " + printable(strings.Join(e.Offered, ", "))
	}
	return s
}

func (e *LoginError) Unwrap() error { return e.Err }

// loginError makes a LoginError of an error that is about the login.
func (c *Client) loginError(mechanism string, err error) error {
	var refused *ResponseError
	var gaveUp *exchangeError
	if !errors.As(err, &refused) && !errors.As(err, &gaveUp) && !errors.Is(err, ErrUnsupported) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return &LoginError{Mechanism: mechanism, Offered: c.offeredLocked(), Err: err}
}

// concealed takes secrets out of a server's refusal: there are servers that repeat
// what they could not understand, and errors go into logs.
func concealed(err error, secrets ...string) error {
	no, ok := errors.AsType[*ResponseError](err)
	if !ok {
		return err
	}
	for _, secret := range secrets {
		if len(secret) < 4 { // it may be in any word, and is none that would be kept from anybody
			continue
		}
		for _, spelled := range []string{secret, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret)} {
			for _, text := range []*string{&no.Text, &no.Data, &no.URL} {
				*text = strings.ReplaceAll(*text, spelled, "***")
			}
		}
	}
	return err
}
