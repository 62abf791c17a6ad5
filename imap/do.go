package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Reply is the answer to a command of Do.
type Reply struct {
	Status Status
	Code   *ResponseCode // nil: none
	Text   string        // for people; untrusted, may hold control characters
	// Lines are the untagged responses that came while nothing else was under
	// way, in order, but for those that tell about the selected mailbox.
	Lines []Other
}

// maxReplyLines is how many lines a Reply may have.
const maxReplyLines = 100_000

// Do sends a command that this package has no method for, and returns what the
// server answered. It waits until nothing else is under way. A NO or BAD is a
// *ResponseError; the Reply is returned with it.
//
// Commands that change the state of the connection, such as SELECT, STARTTLS,
// NOTIFY or IDLE, and those with a streamed literal are refused with a
// *wire.ArgumentError.
func (c *Client) Do(ctx context.Context, cmd *wire.Command) (*Reply, error) {
	if err := doable(cmd); err != nil {
		return nil, err
	}
	d := &doing{most: c.opts.Limits.Held}
	k := &call{name: cmd.Name(), cmd: cmd, foot: footprint{class: classBarrier}, slow: true}
	k.written = func() {
		if c.box != nil && strings.HasSuffix(strings.ToUpper(k.name), "SEARCH") {
			c.box.saved = nil // it may have SAVE in it
		}
	}
	k.claim = func(r *response) bool { return d.claim(r, k.abandoned) }
	err := c.do(ctx, k)
	if !k.answered() {
		return nil, err
	}
	if err == nil {
		err = d.err
	}
	r := k.result
	return &Reply{Status: r.status, Code: r.code, Text: r.text, Lines: d.lines}, err
}

// answered says, once the call has ended, whether its tagged reply is what it
// ended with.
func (k *call) answered() bool {
	select {
	case <-k.done:
		return !k.abandoned && k.result != nil
	default:
		return false
	}
}

// doable says why Do cannot send a command, or nil.
func doable(cmd *wire.Command) error {
	bad := func(reason string) error {
		return &wire.ArgumentError{Kind: "command", Value: cmd.Name(), Reason: reason}
	}
	switch strings.ToUpper(cmd.Name()) {
	case "":
		return bad("it has no name; see wire.NewCommand")
	case "LOGIN", "AUTHENTICATE", "UNAUTHENTICATE", "STARTTLS", "COMPRESS", "LOGOUT", "ENABLE",
		"SELECT", "EXAMINE", "CLOSE", "UNSELECT", "IDLE", "NOTIFY":
		return bad("it changes the state of the connection")
	}
	segs, err := cmd.Render("A0", wire.Synchronizing)
	if err != nil {
		return err
	}
	for i := range segs {
		if segs[i].Source != nil {
			return bad("it has a streamed literal")
		}
	}
	return nil
}

// doing is one Do under way.
type doing struct {
	lines []Other
	size  int64
	most  int64
	err   error
}

// claim takes what is not about the selected mailbox; a status response is not
// the answer to anything.
func (d *doing) claim(r *response, abandoned bool) bool {
	switch r.kind {
	case kindUntagged, kindExists, kindRecent, kindExpunge, kindVanished, kindFlags, kindFetch:
		return false
	}
	if abandoned || d.err != nil {
		return true
	}
	raw := r.wire()
	switch d.size += 64 + int64(len(raw)); {
	case len(d.lines) == maxReplyLines:
		d.err = &wire.LimitError{What: "number of lines in an answer", Max: maxReplyLines}
	case d.size > d.most:
		d.err = &wire.LimitError{What: "answer", Max: uint64(d.most)}
	default:
		d.lines = append(d.lines, Other{Name: r.name, Raw: raw})
	}
	return true
}
