package imap

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// Authenticate logs in with a SASL mechanism (RFC 9051 §6.2.2), any that the
// caller has a [sasl.Client] of. The initial response goes along with the command
// if the server can take it (SASL-IR, RFC 4959).
//
// m's methods run on the caller's goroutine. An error of m's cancels the
// exchange and is returned. A refusal is a *LoginError around a *ResponseError,
// and around a *sasl.Refusal if the server gave reasons within the exchange.
//
// If m is a [sasl.Verifier], a success that it has not verified is not believed,
// and a server that fails it is not talked to any longer: the connection is
// closed. A server that says OK before it was answered is treated alike.
//
// The rules for when credentials may be sent are those of Login. That the server
// offers the mechanism is not asked for; [Client.LoginWith] chooses.
func (c *Client) Authenticate(ctx context.Context, m sasl.Client) error {
	mech, ir, err := m.Start()
	if err != nil {
		return fmt.Errorf("imap: authenticate: %w", err)
	}
	mech = strings.ToUpper(mech)
	if err := c.mayLogin(mech); err != nil {
		return err
	}
	x := &authentication{c: c, m: m, mech: mech, ir: ir}
	return c.loginError(mech, x.run(ctx))
}

// authentication is a running AUTHENTICATE.
type authentication struct {
	c    *Client
	m    sasl.Client
	mech string
	ir   []byte // not sent yet; nil: there is none
	k    *call
	sent []string // as they were
}

func (x *authentication) run(ctx context.Context) error {
	c := x.c
	x.k = &call{name: "AUTHENTICATE", login: true, foot: footprint{class: classBarrier}, challenge: make(chan string, 1)}
	x.k.cmd = newCommand("AUTHENTICATE").Atom(x.mech)
	if x.ir != nil && c.offers("SASL-IR", "IMAP4REV2") {
		x.k.cmd.Secret64(x.ir)
		x.sent = append(x.sent, base64.StdEncoding.EncodeToString(x.ir))
		x.ir = nil
	}
	x.k.unproved = x.unproved()
	talk, stop := context.WithCancel(ctx)
	defer stop()
	result := make(chan error, 1)
	go func() { result <- c.logIn(talk, x.k, x.mech) }()
	for {
		select {
		case err := <-result:
			return x.explain(concealed(err, x.sent...))
		case text := <-x.k.challenge:
			answer, err := x.next(text)
			if err != nil {
				return x.cancel(err, result)
			}
			line := base64.StdEncoding.EncodeToString(answer)
			x.sent = append(x.sent, line)
			c.answer(x.k, line, x.unproved())
		}
	}
}

// next decodes a challenge and asks the mechanism. An initial response that
// could not go with the command answers the first challenge, which ought to be
// empty and is not looked at.
func (x *authentication) next(text string) ([]byte, error) {
	if x.ir != nil {
		answer := x.ir
		x.ir = nil
		return answer, nil
	}
	text = strings.TrimRight(text, " =")
	challenge, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the server's challenge is not base64: %w", err)
	}
	return x.m.Next(challenge)
}

// unproved is why a success of the server's would not be believed now.
func (x *authentication) unproved() error {
	if x.ir != nil {
		return errUnasked
	}
	if v, ok := x.m.(sasl.Verifier); ok {
		if err := v.Verify(); err != nil {
			return fmt.Errorf("the server says that the login succeeded, but %w", err)
		}
	}
	return nil
}

var (
	errUnasked  = errors.New("the server says that the login succeeded before it was told who logs in")
	errThinking = errors.New("the server says that the login succeeded without waiting for an answer")
	errCanceled = errors.New("the server says that the login succeeded although it was cancelled")
)

// unbelievable is why an OK to a call that logs in is not believed.
func (k *call) unbelievable() error {
	switch {
	case k.thinking:
		return &exchangeError{errThinking}
	case k.unproved != nil:
		return &exchangeError{k.unproved}
	}
	return nil
}

// cancel ends the exchange for a reason of the mechanism's.
func (x *authentication) cancel(why error, result <-chan error) error {
	x.c.answer(x.k, "*", errCanceled)
	if end := <-result; end == nil || errors.Is(end, ErrClosed) {
		return end
	}
	why = fmt.Errorf("imap: authenticate with %s: %w", x.mech, why)
	if _, ok := x.m.(sasl.Verifier); ok {
		x.c.fail(why)
	}
	return &exchangeError{why}
}

// exchangeError is a login that the mechanism gave up.
type exchangeError struct{ error }

func (e *exchangeError) Unwrap() error { return e.error }

// explain adds what the server said within the exchange to its refusal.
func (x *authentication) explain(err error) error {
	var refused *ResponseError
	v, ok := x.m.(sasl.Verifier)
	if !ok || !errors.As(err, &refused) {
		return err
	}
	var why *sasl.Refusal
	if errors.As(v.Verify(), &why) {
		return &refusal{refused, why}
	}
	return err
}

// refusal is a refusal with reasons.
type refusal struct {
	*ResponseError
	why *sasl.Refusal
}

func (e *refusal) Error() string   { return e.ResponseError.Error() + ": " + e.why.Error() }
func (e *refusal) Unwrap() []error { return []error{e.ResponseError, e.why} }

// challenged hands a challenge to the caller, or ends an abandoned exchange.
func (c *Client) challenged(k *call, text string) {
	if k.abandoned {
		c.answerLocked(k, "*", errCanceled)
		return
	}
	select {
	case k.challenge <- text:
		k.thinking = true
	default: // a second challenge before the first was answered
		c.strayContinuation(text)
	}
}

// cancelAuthenticate is called when the caller has gone; a challenge that it
// did not answer is answered with "*".
func (c *Client) cancelAuthenticate(k *call) {
	select {
	case <-k.challenge:
		c.answerLocked(k, "*", errCanceled)
	default:
	}
}

func (c *Client) answer(k *call, line string, unproved error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answerLocked(k, line, unproved)
}

func (c *Client) answerLocked(k *call, line string, unproved error) {
	if c.writing == k {
		k.answer = append([]byte(line), '\r', '\n')
		k.thinking = false
		k.unproved = unproved
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
