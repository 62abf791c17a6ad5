package imap

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// skipped notes a response that did not parse. It cost nothing else, but that
// a command whose answer it may have been says so.
func (c *Client) skipped(r *response, problem error) {
	name := "response"
	if r != nil && r.name != "" {
		name = r.name
	}
	c.oddity(name, problem.Error())
	if box := c.target(); box != nil && name == "ESEARCH" {
		box.closeContexts(ErrOutOfStep)
	}
	if r == nil || r.kind == kindUnknown && (r.name == "" || r.tag != "") {
		c.garbage(r)
		return
	}
	c.stats.Skipped++
	c.spoiled(r.name, problem)
}

// spoiled tells the oldest command that a response may have been for that it
// could not be read: what was lost must not look as if it were not there.
func (c *Client) spoiled(name string, problem error) {
	for _, k := range c.flight {
		if !k.answeredBy(name) || k.abandoned {
			continue
		}
		switch {
		case k.lost != nil:
			k.lost(fmt.Errorf("imap: %s: a part of the answer cannot be read: %w", k.name, problem))
		case k.fetch == nil && k.err == nil:
			k.err = fmt.Errorf("imap: %s: the answer cannot be read: %w", k.name, problem)
		case k.fetch != nil && k.fetch.failed == nil:
			k.fetch.failed = fmt.Errorf("imap: %s: an answer cannot be read: %w", k.name, problem)
		}
		return
	}
}

// answeredBy says whether responses of that name answer the call.
func (k *call) answeredBy(name string) bool {
	switch name {
	case "FETCH", "UIDFETCH":
		return k.fetch != nil || slices.Contains(k.answers, name)
	case "SEARCH", "ESEARCH", "SORT":
		return k.foot.class == classSearch
	case "LIST", "XLIST":
		return k.name == "LIST" || k.name == "XLIST"
	case "LSUB", "STATUS", "CAPABILITY":
		return k.name == name || slices.Contains(k.answers, name)
	}
	return slices.Contains(k.answers, name)
}

// garbage counts lines that are no response at all. One that bears the tag of
// a command says that the two sides no longer agree.
func (c *Client) garbage(r *response) {
	if r != nil && r.tag != "" {
		if r.name == "BYE" {
			if words := bytes.SplitN(r.raw, []byte(" "), 3); len(words) == 3 && c.bye == "" {
				c.bye = string(words[2])
			}
			c.failLocked(errors.New("the server sent a tagged BYE"))
			return
		}
		for _, k := range c.flight {
			if k.tag == r.tag {
				c.failLocked(fmt.Errorf("the server answered %s with neither OK, NO nor BAD", k.name))
				return
			}
		}
	}
	c.strange.skipped++
	c.stats.Skipped++
	if r != nil {
		c.oddity("line that is no response", string(r.raw[:min(len(r.raw), 80)]))
	}
	if c.strange.skipped > maxStrange {
		c.failLocked(&wire.LimitError{What: "number of lines that are no response", Max: maxStrange})
	}
}

// oddity logs something that was survived; not more than so often.
func (c *Client) oddity(what, detail string) {
	if c.mayLog() {
		c.opts.Logger.Warn("imap: odd data from the server", "what", what, "detail", printable(detail))
	}
}
