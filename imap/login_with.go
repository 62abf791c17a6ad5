package imap

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// LoginWith logs in with the strongest mechanism that the server offers and that
// the credentials fit:
//
//	err := c.LoginWith(ctx, sasl.Password("alice", password))
//	err := c.LoginWith(ctx, sasl.Token("alice@example.org", accessToken))
//
// For a password that is SCRAM bound to the TLS connection (-PLUS), SCRAM, PLAIN,
// LOGIN, and CRAM-MD5, which without TLS comes before PLAIN. A user name with a
// backslash or a slash is given to LOGIN rather than PLAIN, because servers know
// their shared mailboxes there.
//
// There is one attempt. A server that refuses one mechanism is not given the
// password by a weaker one: it may be one that cannot prove that it knows the
// password and would like to be told. Options.Mechanisms may leave out what does
// not work on a server. (Only if the server cannot do the kind of channel binding,
// and says so, the next kind is tried.)
//
// Options.Mechanisms may also ask for a minimum. If the server offers none of
// what is allowed, nothing is sent, and the error is [ErrMechanismDowngrade]. A
// refusal is a [*LoginError]. Rules and errors are otherwise those of Login and
// Authenticate.
func (c *Client) LoginWith(ctx context.Context, cred sasl.Credentials) error {
	if c.Authenticated() {
		return errLoggedIn
	}
	if !c.capsKnown() {
		if _, err := c.Capability(ctx); err != nil {
			return err
		}
	}
	bindings := c.usableBindings()
	mech, err := c.chooseMechanism(cred, len(bindings) > 0)
	if err != nil {
		return err
	}
	if mech == "LOGIN" && !c.Has("LOGINDISABLED") {
		username, password, err := cred.LoginArguments()
		if err != nil {
			return err
		}
		return c.Login(ctx, username, password)
	}
	return c.authenticateWith(ctx, cred, mech, bindings)
}

// Mechanism returns the SASL mechanism that logged in, or "LOGIN" for the
// command. It is "" before, and if the server began with PREAUTH. Whoever keeps
// it can ask for as much the next time: sasl.AtLeast(c.Mechanism()).
func (c *Client) Mechanism() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mechanism
}

// authenticateWith runs a mechanism; a -PLUS one with the first binding, or with
// the next if the server does not know the kind.
func (c *Client) authenticateWith(ctx context.Context, cred sasl.Credentials, mech string, bindings []sasl.ChannelBinding) error {
	ch := sasl.Channel{Host: c.host}
	ch.Port, _ = strconv.Atoi(c.port)
	if !strings.HasSuffix(mech, "-PLUS") {
		ch.Scram.NotOffered = len(bindings) > 0 && !c.offersPlus()
		return c.authenticateBound(ctx, cred, mech, ch)
	}
	var err error
	for i := range bindings {
		ch.Scram.Binding = &bindings[i]
		var why *sasl.Refusal
		err = c.authenticateBound(ctx, cred, mech, ch)
		if !errors.As(err, &why) || why.Status != "unsupported-channel-binding-type" || c.Err() != nil {
			break
		}
	}
	return err
}

func (c *Client) authenticateBound(ctx context.Context, cred sasl.Credentials, mech string, ch sasl.Channel) error {
	m, err := cred.Client(mech, ch)
	if err != nil {
		return err
	}
	return c.Authenticate(ctx, m)
}

// chooseMechanism returns the first mechanism that fits the credentials, is
// allowed, and is offered.
func (c *Client) chooseMechanism(cred sasl.Credentials, bindable bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	barred := false
	for _, mech := range mechanismsFor(cred, c.secured || c.local(), c.takesLogin()) {
		switch {
		case !c.caps.has("AUTH="+mech) && (mech != "LOGIN" || !c.takesLogin()):
		case strings.HasSuffix(mech, "-PLUS") && !bindable:
		case !c.opts.allows(mech):
			barred = true
		default:
			return mech, nil
		}
	}
	if len(cred.Mechanisms(true)) == 0 {
		bad := &wire.ArgumentError{Kind: "credentials", Reason: "there are none; see sasl.Password and sasl.Token"}
		return "", &LoginError{Offered: c.offeredLocked(), Err: bad}
	}
	err := error(&UnsupportedError{Capability: "a way to log in with a " + secretKind(cred), What: "LOGIN"})
	if barred {
		err = ErrMechanismDowngrade
	}
	return "", &LoginError{Offered: c.offeredLocked(), Err: err}
}

// mechanismsFor returns what credentials fit, best first, for this server.
func mechanismsFor(cred sasl.Credentials, protected, login bool) []string {
	list := cred.Mechanisms(protected)
	plain, command := slices.Index(list, "PLAIN"), slices.Index(list, "LOGIN")
	if login && plain >= 0 && command > plain && strings.ContainsAny(cred.Username(), `\/`) {
		list[plain], list[command] = list[command], list[plain]
	}
	return list
}

func secretKind(cred sasl.Credentials) string {
	kind, _, _ := strings.Cut(cred.String(), " ")
	return kind
}

// allows says whether Options.Mechanisms has a mechanism, or is not set.
func (o *Options) allows(mechanism string) bool {
	return o.Mechanisms == nil ||
		slices.ContainsFunc(o.Mechanisms, func(m string) bool { return strings.EqualFold(m, mechanism) })
}

// takesLogin says whether the command LOGIN may be used.
func (c *Client) takesLogin() bool { return !c.caps.has("LOGINDISABLED") }

// offersPlus says whether the server offers any mechanism with channel binding.
func (c *Client) offersPlus() bool {
	return slices.ContainsFunc(c.Capabilities(), func(s string) bool {
		s = strings.ToUpper(s)
		return strings.HasPrefix(s, "AUTH=") && strings.HasSuffix(s, "-PLUS")
	})
}

// offeredLocked returns the mechanisms that the server offers.
func (c *Client) offeredLocked() (names []string) {
	for _, s := range c.caps.list {
		if len(s) > 5 && strings.EqualFold(s[:5], "AUTH=") {
			names = append(names, strings.ToUpper(s[5:]))
		}
	}
	if c.caps.known() && c.takesLogin() && !slices.Contains(names, "LOGIN") {
		names = append(names, "LOGIN")
	}
	return names
}
