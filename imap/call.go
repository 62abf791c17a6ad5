package imap

import (
	"context"
	"fmt"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// call is one command on its way: queued, written, answered. All its fields
// are guarded by the client's mutex, but those that are set before submit and
// never change.
type call struct {
	name  string
	cmd   *wire.Command
	foot  footprint
	slow  bool // ten times the patience
	login bool // the login limit in place of the command limit

	// prepare, if set, makes cmd when the call's turn has come, under the
	// mutex: what depends on the state at that moment is decided then.
	prepare func() (*wire.Command, error)
	// written runs under the mutex when the first byte is about to go out.
	written func()
	// claim takes an untagged response if it is this call's, on the reader
	// under the mutex.
	claim func(r *response) bool
	// answers names the responses that answer the call, beside those that
	// answeredBy knows.
	answers []string
	// lost is told that a response which may have answered the call could not be
	// read; nil: the call fails.
	lost func(error)
	// large: these may hold literals as large as bodies.
	large bool
	// finish runs at the tagged reply, on the reader under the mutex, also
	// when the caller has gone: effects on the state belong here.
	finish func(r *response)
	// forgive says that a refusal is none.
	forgive func(r *response) bool
	// upgrade runs on the reader at the tagged OK, without the mutex, before
	// another byte is looked at.
	upgrade func() error
	// challenge receives what a continuation request says, of AUTHENTICATE.
	challenge chan string
	// idle: this is the client's own IDLE.
	idle bool
	// fetch is the loop that a slice belongs to.
	fetch *fetchOp

	state     callState
	abandoned bool
	tag       string
	segs      []wire.Segment
	since     time.Time     // when its last byte was written
	awaits    bool          // for the server's "+", or for our own side
	hungry    bool          // its literal waits for the caller's Reader
	thinking  bool          // its challenge waits for the caller's answer
	answer    []byte        // to a challenge
	unproved  error         // why a login's OK would not be believed now
	reply     *response     // a refusal that came inside a non-synchronizing literal
	feed      *feed         // of a streamed literal
	result    *response     // the tagged reply
	limited   *ResponseCode // MESSAGELIMIT: the server did not do all of it
	err       error
	done      chan struct{} // closed when err and result are final
	progress  chan Progress // the latest; nil: nobody asked
}

type callState uint8

const (
	callNew callState = iota
	callQueued
	callWriting // some of it was written
	callSent    // all of it was handed to the connection
	callDone
)

// submit queues a call.
func (c *Client) submit(k *call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.submitLocked(k)
}

func (c *Client) submitLocked(k *call) error {
	if err := c.unusable(); err != nil {
		return err
	}
	if k.prepare == nil {
		if err := k.cmd.Err(); err != nil {
			return err
		}
	}
	k.done = make(chan struct{})
	k.state = callQueued
	c.queue = append(c.queue, k)
	c.changed()
	return nil
}

// unusable returns why no further command can be sent, if so.
func (c *Client) unusable() error {
	if c.closed != nil {
		return c.closed
	}
	switch {
	case c.leaving:
		return &closedError{bye: c.bye, cause: errLoggedOut}
	case c.bye != "":
		return &closedError{bye: c.bye}
	}
	return nil
}

// do sends a call and waits for its end.
func (c *Client) do(ctx context.Context, k *call) error {
	if err := ctx.Err(); err != nil {
		return canceled(ctx, k.name)
	}
	if err := c.submit(k); err != nil {
		return err
	}
	return c.wait(ctx, k)
}

// wait waits for a call's end, or abandons it when ctx is done.
func (c *Client) wait(ctx context.Context, k *call) error {
	report := c.reportTo(ctx, k)
	for waiting := true; waiting; {
		select {
		case <-k.done:
			select {
			case p := <-k.progress:
				report(p)
			default:
			}
			return k.err
		case p := <-k.progress:
			report(p)
		case <-ctx.Done():
			waiting = false
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.state == callDone {
		return k.err
	}
	err := canceled(ctx, k.name)
	c.abandon(k, err)
	return err
}

// abandon ends the wait for a call. What is queued is removed; what is under
// way stays in its place until its tagged reply, and its data is dropped.
func (c *Client) abandon(k *call, err error) {
	switch {
	case k.state == callDone || k.abandoned:
		return
	case k.state == callQueued:
		for i, q := range c.queue {
			if q == k {
				c.queue = append(c.queue[:i], c.queue[i+1:]...)
				break
			}
		}
		k.state = callDone
	default:
		k.abandoned = true
		if k.challenge != nil {
			c.cancelAuthenticate(k)
		}
	}
	k.err = err
	close(k.done)
	c.changed()
}

// complete ends a call with the tagged reply r.
func (c *Client) complete(k *call, r *response) {
	for i, f := range c.flight {
		if f == k {
			c.flight = append(c.flight[:i], c.flight[i+1:]...)
			break
		}
	}
	k.state = callDone
	k.result = r
	if k.finish != nil {
		k.finish(r)
	}
	if !k.abandoned {
		if k.err == nil && (k.forgive == nil || !k.forgive(r)) {
			k.err = c.refusal(k, r)
		}
		close(k.done)
	}
	c.silent = false
	if !k.idle {
		c.linger()
	}
	c.changed()
}

// failCall ends a call that will have no reply.
func (c *Client) failCall(k *call, err error) {
	if k.state == callDone {
		return
	}
	k.state = callDone
	if !k.abandoned {
		k.err = err
		close(k.done)
	}
}

// responseError returns the error that a tagged reply is, or nil.
func responseError(name string, r *response) error {
	if r.status == StatusOK {
		return nil
	}
	e := &ResponseError{Command: name, Status: r.status, Text: r.text}
	if r.code != nil {
		e.Code, e.Data = r.code.Code, r.code.Data
	}
	return e
}

// refusal is responseError with what was said before it.
func (c *Client) refusal(k *call, r *response) error {
	err := responseError(k.name, r)
	if e, ok := err.(*ResponseError); ok && k.login {
		e.URL = c.webAlert
		if e.Code == codeWebAlert {
			e.URL = e.Data
		}
	}
	return err
}

// patience is how long the server may keep silent with this call due.
func (c *Client) patience(k *call) time.Duration {
	limit := c.opts.Timeouts.Command
	switch {
	case k.login:
		limit = c.opts.Timeouts.Login
	case k.slow:
		limit = min(limit, 1<<62/10) * 10
	}
	return limit
}

func (k *call) String() string { return fmt.Sprintf("%s %s", k.tag, k.name) }
