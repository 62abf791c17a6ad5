package imap

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// newCommand begins a command.
func newCommand(name string) *wire.Command { return wire.NewCommand(name) }

var errLoggedIn = errors.New("imap: somebody is logged in already")

// Login logs in with LOGIN (RFC 9051 §6.2.3). A refusal is a *ResponseError.
// Nothing is sent if the server forbids LOGIN (LOGINDISABLED), or if the
// connection is not protected and not to this machine.
func (c *Client) Login(ctx context.Context, username, password string) error {
	if c.Has("LOGINDISABLED") {
		return &UnsupportedError{Capability: "LOGIN (it says LOGINDISABLED)", What: "LOGIN"}
	}
	if err := c.mayLogin(); err != nil {
		return err
	}
	k := &call{name: "LOGIN", login: true, foot: footprint{class: classBarrier}}
	k.cmd = newCommand("LOGIN").Secret(username).Secret(password)
	return c.logIn(ctx, k)
}

// mayLogin says whether credentials may be sent at all.
func (c *Client) mayLogin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != nil {
		return c.closed
	}
	if c.phase == authenticated {
		return errLoggedIn
	}
	if !c.secured && !c.local() && !c.opts.InsecureLogin {
		return errors.New("imap: no password is sent over a connection without TLS; set Options.InsecureLogin if you must")
	}
	return nil
}

// logIn sends a command that logs in, and sees to the capabilities.
func (c *Client) logIn(ctx context.Context, k *call) error {
	var before []string
	k.written = func() { c.caps.fresh, before = false, c.caps.list }
	k.finish = func(r *response) {
		c.trace.hide(false)
		if r.status == StatusOK {
			c.phase = authenticated
			if !c.caps.fresh || !c.caps.has("IMAP4REV1") && !c.caps.has("IMAP4REV2") {
				c.caps.forget()
			}
		}
	}
	if err := c.do(ctx, k); err != nil {
		return err
	}
	if err := c.afterLogin(ctx, before); err != nil {
		return err
	}
	return c.tryLogin(ctx, k.name)
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

// Authenticate logs in with a SASL mechanism (RFC 9051 §6.2.2). m's methods
// run on the caller's goroutine. An error of m's ends the exchange politely and
// is returned. Mechanisms that send a password in clear are subject to the same
// rule as Login.
func (c *Client) Authenticate(ctx context.Context, m sasl.Client) error {
	if err := c.mayLogin(); err != nil {
		return err
	}
	mech, ir, err := m.Start()
	if err != nil {
		return fmt.Errorf("imap: authenticate: %w", err)
	}
	k := &call{name: "AUTHENTICATE", login: true, foot: footprint{class: classBarrier}, challenge: make(chan string, 1)}
	k.cmd = newCommand("AUTHENTICATE").Atom(mech)
	if ir != nil && c.Has("SASL-IR") {
		k.cmd.Secret64(ir)
		ir = nil
	}
	talk, stop := context.WithCancel(ctx)
	defer stop()
	result := make(chan error, 1)
	c.trace.hide(true)
	go func() { result <- c.logIn(talk, k) }()
	for {
		select {
		case err := <-result:
			return err
		case text := <-k.challenge:
			answer, err := nextAnswer(m, text, &ir)
			if err != nil {
				c.answer(k, "*")
				if end := <-result; end == nil || errors.Is(end, ErrClosed) {
					return end
				}
				return fmt.Errorf("imap: authenticate with %s: %w", mech, err)
			}
			c.answer(k, base64.StdEncoding.EncodeToString(answer))
		}
	}
}

// nextAnswer decodes a challenge and asks the mechanism. An initial response
// that could not go with the command answers the first, empty challenge.
func nextAnswer(m sasl.Client, text string, ir *[]byte) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the server's challenge is not base64: %w", err)
	}
	if *ir != nil {
		answer := *ir
		*ir = nil
		return answer, nil
	}
	return m.Next(challenge)
}

// challenged hands a challenge to the caller, or ends an abandoned exchange.
func (c *Client) challenged(k *call, text string) {
	if k.abandoned {
		c.answerLocked(k, "*")
		return
	}
	select {
	case k.challenge <- text:
		k.thinking = true
	default: // a second challenge before the first was answered
		c.strange.continues++
	}
}

// cancelAuthenticate is called when the caller has gone; a challenge that it
// did not answer is answered with "*".
func (c *Client) cancelAuthenticate(k *call) {
	select {
	case <-k.challenge:
		c.answerLocked(k, "*")
	default:
	}
}

func (c *Client) answer(k *call, line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answerLocked(k, line)
}

func (c *Client) answerLocked(k *call, line string) {
	if c.writing == k {
		k.answer = append([]byte(line), '\r', '\n')
		k.thinking = false
		c.changed()
	}
}

// answerReady says whether a call that awaits something may go on.
func (k *call) answerReady() bool { return k.answer != nil || k.hungry && k.feed.ready() }

// writeAnswer writes what was awaited.
func (c *Client) writeAnswer(b []byte, k *call) []byte {
	if k.answer == nil {
		k.awaits = false
		return c.continueWriting(b, k)
	}
	b = append(b, k.answer...)
	k.answer = nil
	c.trace.line('C', "***")
	return c.await(b, k)
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
