package imap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// dispatch gives a response to whom it concerns: first the state, whoever
// asked; then the oldest command that claims it; else the listeners. What it
// returns is to be done by the reader without the mutex.
func (c *Client) dispatch(r *response, problem error, size int) (then func() error) {
	if c.closed != nil {
		return nil
	}
	if !c.greeted {
		return c.greet(r, problem)
	}
	if problem != nil {
		c.skipped(r, problem)
		return nil
	}
	switch r.kind {
	case kindContinue:
		c.continued(r)
		return nil
	case kindTagged:
		return c.tagged(r)
	case kindUntagged:
		c.untaggedStatus(r)
		return nil
	}
	if r.kind == kindUnknown && r.name == "" || r.tag != "" {
		c.garbage(r)
		return nil
	}
	r.size = size
	c.data(r)
	return c.afterData(r)
}

// data handles untagged data: the state, whoever asked, the listeners.
func (c *Client) data(r *response) {
	c.learn(r)
	box := c.target()
	var up Update
	if box != nil {
		up = box.apply(r)
	}
	if m := c.opening; m != nil && !m.live {
		m.guess(r)
	}
	by := c.claimant(r)
	if r.kind == kindFetch && box != nil && (by == nil || by.fetch == nil) {
		box.sawModSeq(r.msg)
	}
	news := by == nil || r.news
	if up == nil && news {
		up = otherUpdate(r)
	}
	if m, ok := up.(MetadataChanged); ok {
		c.notice(m, r.size)
	}
	c.tell(r, by, up)
	if news && box != nil && up != nil {
		box.add(up, max(r.size, 1))
	}
}

// learn takes what data says about the server itself.
func (c *Client) learn(r *response) {
	switch r.kind {
	case kindCapability:
		c.learnCapabilities(r.caps)
	case kindFetch:
		c.problems(r.msg)
	}
	if id, ok := r.data.(ID); ok && slices.ContainsFunc(c.flight, func(k *call) bool { return strings.EqualFold(k.name, "ID") }) {
		c.serverID = id
		c.detect()
	}
}

// claimant is the oldest command under way that a response answers, or nil.
func (c *Client) claimant(r *response) *call {
	for _, k := range c.flight {
		if k.claim != nil && k.claim(r) {
			return k
		}
	}
	return nil
}

// notice is for those who listen to no mailbox.
func (c *Client) notice(m MetadataChanged, size int) {
	c.notices.add(Notice{Kind: NoticeMetadata, Metadata: &m}, max(size, 1))
}

// target is the mailbox that data without a name is about.
func (c *Client) target() *Mailbox {
	switch {
	case c.opening == nil:
		return c.box
	case c.opening.live:
		return c.opening
	}
	return c.previous
}

// tagged handles a tagged reply.
func (c *Client) tagged(r *response) func() error {
	var k *call
	for _, f := range c.flight {
		if f.tag == r.tag {
			k = f
			break
		}
	}
	if k == nil {
		return c.unknownTag(r)
	}
	c.applyCode(r, k)
	c.limitedBy(r, k)
	if c.box != nil {
		c.box.settleModSeq()
	}
	if k.challenge != nil && k.state == callWriting && len(k.segs) == 0 {
		c.writing = nil
		k.state = callSent
	}
	if k.state == callWriting {
		c.refused(k, r)
		return nil
	}
	if k.upgrade != nil && r.status == StatusOK {
		return func() error {
			if err := k.upgrade(); err != nil {
				return err
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.complete(k, r)
			return nil
		}
	}
	c.complete(k, r)
	return nil
}

// unknownTag handles a reply to nothing that is under way.
func (c *Client) unknownTag(r *response) func() error {
	number, ours := strings.CutPrefix(r.tag, c.prefix)
	if n, err := strconv.ParseUint(number, 10, 64); ours && err == nil && n > c.tags {
		c.failLocked(errEarlyReply)
		return nil
	}
	c.strange.tags++
	c.stats.StrayTags++
	c.oddity("tagged reply to no command", r.tag)
	if c.strange.tags > maxStrange {
		c.failLocked(&wire.LimitError{What: "number of tagged replies to no command", Max: maxStrange})
	}
	return nil
}
