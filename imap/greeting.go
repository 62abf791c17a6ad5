package imap

import (
	"bytes"
	"errors"
	"fmt"
)

// greet handles the first response.
func (c *Client) greet(r *response, problem error) func() error {
	if problem == nil && r.kind == kindUntagged && (r.status == StatusNo || r.status == StatusBad) {
		c.failLocked(responseError("", r))
		return nil
	}
	if problem != nil || r.kind != kindUntagged {
		c.failLocked(notIMAP(r))
		return nil
	}
	if r.status == StatusBye {
		err := responseError("", r)
		c.bye = r.text
		c.failLocked(err)
		return nil
	}
	if r.status == StatusPreauth {
		if err := c.mayPreauth(); err != nil {
			c.failLocked(err)
			return nil
		}
		c.phase = authenticated
	}
	c.quirks.greeting = r.text
	c.applyCode(r, nil)
	c.detect()
	c.greeted = true
	close(c.welcome)
	return nil
}

// mayPreauth returns why a greeting that says that we are logged in is not
// taken, if so.
func (c *Client) mayPreauth() error {
	switch {
	case c.opts.Security == StartTLS, !c.secured && !c.local() && !c.opts.InsecureLogin:
		return errors.New("the server says that we are logged in (PREAUTH) on a connection without TLS; this may be an attack")
	case c.opts.RefusePreauth:
		return errors.New("the server says that we are logged in already (PREAUTH), which Options.RefusePreauth forbids")
	}
	return nil
}

// notIMAP says what answered in place of an IMAP server.
func notIMAP(r *response) error {
	raw := []byte(nil)
	if r != nil {
		raw = r.raw
	}
	guess := ""
	switch {
	case bytes.HasPrefix(raw, []byte("HTTP/")):
		guess = "; it speaks HTTP"
	case bytes.HasPrefix(raw, []byte("SSH-")):
		guess = "; it speaks SSH"
	case bytes.HasPrefix(raw, []byte("220")):
		guess = "; it looks like SMTP or FTP"
	case bytes.HasPrefix(raw, []byte("+OK")):
		guess = "; it speaks POP3"
	case len(raw) > 1 && (raw[0] == 0x15 || raw[0] == 0x16) && raw[1] == 3:
		guess = "; it speaks TLS, so connect with TLS"
	}
	if len(raw) > 60 {
		raw = raw[:60]
	}
	return fmt.Errorf("%w: it said %q%s", ErrNotIMAP, printable(string(raw)), guess)
}
