package imap

import (
	"context"
	"errors"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// newCommand begins a command.
func newCommand(name string) *wire.Command { return wire.NewCommand(name) }

var errLoggedIn = errors.New("imap: somebody is logged in already; open another connection, or Unauthenticate first")

// Login logs in with LOGIN (RFC 9051 §6.2.3). A refusal is a *LoginError around
// a *ResponseError. Nothing is sent if the server forbids LOGIN (LOGINDISABLED),
// if Options.Mechanisms does, or if the connection is not protected and not to
// this machine. [Client.LoginWith] finds a better way where there is one.
func (c *Client) Login(ctx context.Context, username, password string) error {
	if c.Has("LOGINDISABLED") {
		return c.loginError("LOGIN", &UnsupportedError{Capability: "LOGIN (it says LOGINDISABLED)", What: "LOGIN"})
	}
	if err := c.mayLogin("LOGIN"); err != nil {
		return err
	}
	k := &call{name: "LOGIN", login: true, foot: footprint{class: classBarrier}}
	k.cmd = newCommand("LOGIN").Secret(username).Secret(password)
	return c.loginError("LOGIN", concealed(c.logIn(ctx, k, "LOGIN"), password))
}

// mayLogin says whether credentials may be sent at all, in this way.
func (c *Client) mayLogin(mechanism string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed != nil:
		return c.closed
	case c.phase == authenticated:
		return errLoggedIn
	case !c.opts.allows(mechanism):
		return fmt.Errorf("imap: %s is not among Options.Mechanisms", mechanism)
	case mechanism == "ANONYMOUS":
		return nil
	case !c.secured && !c.local() && !c.opts.InsecureLogin:
		return errors.New("imap: no password is sent over a connection without TLS; set Options.InsecureLogin if you must")
	}
	return nil
}

// logIn sends a command that logs in, and sees to the capabilities.
func (c *Client) logIn(ctx context.Context, k *call, mechanism string) error {
	var before []string
	k.written = func() {
		c.trace.hide(k.challenge != nil)
		c.caps.fresh, before = false, c.caps.list
	}
	k.finish = func(r *response) {
		c.trace.hide(false)
		if r.status == StatusOK {
			c.loggedIn(k, mechanism)
		}
	}
	if err := c.do(ctx, k); err != nil {
		return err
	}
	if err := c.afterLogin(ctx, before); err != nil {
		return err
	}
	if err := c.tryLogin(ctx, k.name); err != nil {
		return err
	}
	return c.acceptUTF8(ctx)
}

// afterLogin asks for the capabilities if the server has not told them. If it
// will not tell them now (Yahoo: NO [LIMIT] Rate limit hit), they are as before.
func (c *Client) afterLogin(ctx context.Context, before []string) error {
	if c.capsKnown() && !c.hasQuirk(QuirkEarlyCapability) {
		return nil
	}
	_, err := c.Capability(ctx)
	if isResponseError(err) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.caps.known() {
			c.caps.learn(before)
			c.detect()
		}
		return nil
	}
	return err
}

// loggedIn is called when the server says that a login succeeded. It runs under
// the mutex.
func (c *Client) loggedIn(k *call, mechanism string) {
	if err := k.unbelievable(); err != nil {
		c.failLocked(err)
		k.err = c.closed
		return
	}
	c.phase, c.mechanism = authenticated, mechanism
	if !c.caps.fresh || !c.caps.has("IMAP4REV1") && !c.caps.has("IMAP4REV2") {
		c.caps.forget()
	}
}

// Logout says goodbye and closes the connection. It waits for commands under
// way no longer than ctx allows.
func (c *Client) Logout(ctx context.Context) error {
	k := &call{name: "LOGOUT", cmd: newCommand("LOGOUT"), foot: footprint{class: classFree}}
	k.written = func() { c.leaving = true }
	c.mu.Lock()
	err := c.submitLocked(k)
	if err == nil && len(c.queue) > 1 {
		// It goes before what is still queued: nothing follows it.
		copy(c.queue[1:], c.queue[:len(c.queue)-1])
		c.queue[0] = k
	}
	c.mu.Unlock()
	if err == nil {
		err = c.wait(ctx, k)
	}
	_ = c.Close()
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}
