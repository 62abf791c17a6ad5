package imap

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

const byePatience = 5 * time.Second // from BYE to the end of the connection

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

// untaggedStatus handles "* OK", NO, BAD, BYE and PREAUTH.
func (c *Client) untaggedStatus(r *response) {
	c.applyCode(r, nil)
	c.limitedBy(r, nil)
	if box := c.target(); box != nil && r.code != nil && r.code.Code == CodeNoUpdate {
		box.notUpdated(r)
	}
	if r.code != nil && (r.code.Code == CodeCopyUID || r.code.Code == CodeAppendUID) {
		for _, k := range c.flight {
			if k.claim != nil && k.claim(r) {
				return
			}
		}
	}
	if r.code != nil && r.code.Code == CodeOverQuota && r.status == StatusNo {
		c.notices.add(Notice{Kind: NoticeOverQuota, Text: r.text}, 1+len(r.text))
	}
	if r.code != nil && r.code.Code == CodeNotificationOverflow {
		c.notifyOverflow(r.text)
	}
	if r.status != StatusBye {
		if r.code == nil || r.code.Code != CodeAlert {
			c.opts.Logger.Debug("imap: server says", "status", r.status, "text", printable(r.text))
		}
		return
	}
	if c.bye == "" {
		c.bye = r.text
		if r.code != nil {
			c.byeCode = r.code.Code
		}
		if c.bye == "" {
			c.bye = "BYE"
		}
		c.endSoon()
		if !c.leaving {
			c.notices.add(Notice{Kind: NoticeBye, Text: r.text}, 1+len(r.text))
		}
	}
}

// endSoon gives what is still to be read a few seconds, then it ends all.
func (c *Client) endSoon() {
	if c.byeDue.IsZero() {
		c.byeDue = time.Now().Add(byePatience)
		c.watch(c.byeDue)
	}
	c.changed()
}

// applyCode applies a response code. It means something only where the RFC
// lets it stand: a code in the wrong place is a way to lie about the state.
func (c *Client) applyCode(r *response, k *call) {
	code := r.code
	if code == nil {
		return
	}
	if code.Problem != nil {
		c.stats.Problems++
		c.oddity("response code "+string(code.Code), code.Problem.Error())
	}
	switch code.Code {
	case CodeAlert:
		c.alert(r)
	case CodeInProgress:
		if code.Problem == nil && r.kind == kindUntagged {
			c.progressed(r)
		}
	case codeWebAlert:
		c.webAlert = code.Data
	case CodeCapability:
		if k == nil || k.maySayCapabilities() {
			c.learnCapabilities(code.Capabilities)
		}
	case CodeClosed:
		if m := c.opening; m != nil && !m.live {
			m.live, m.state = true, MailboxState{Name: m.name, ReadOnly: m.examined}
			if m.resynced != nil {
				*m.resynced = Resynced{} // what came so far was about the mailbox before
			}
		}
	default:
		if m := c.opening; m != nil && !m.live {
			m.applyCode(code, true)
		}
		if box := c.target(); box != nil {
			if code.Code == CodeHighestModSeq && c.opening != box && !r.tellsModSeq(k) {
				box.modSeqs.told = true // and what else was heard cannot be relied on
				return
			}
			box.applyCode(code, c.opening == box)
		}
	}
}

// alert reaches those who listen; its text is the server's, not to be trusted.
func (c *Client) alert(r *response) {
	text := r.text
	if !c.secured {
		c.opts.Logger.Debug("imap: alert before TLS", "text", printable(text))
		if c.opts.Security == StartTLS {
			return
		}
	}
	c.notices.add(Notice{Kind: NoticeAlert, Text: text}, 1+len(text))
	if c.box != nil {
		c.box.add(Alert{Text: text}, 1+len(text))
	}
}

// maySayCapabilities says whether the answer to k may hold a list of them.
func (k *call) maySayCapabilities() bool { return k.login || k.foot.class == classCapability }

// learnCapabilities takes a list of capabilities where one may be given: at
// the greeting, during login and STARTTLS, and in answer to CAPABILITY. A list out of the blue changes nothing.
func (c *Client) learnCapabilities(list []string) {
	ok := !c.greeted
	for _, k := range c.flight {
		ok = ok || k.maySayCapabilities()
	}
	if ok {
		c.caps.learn(list)
		c.settleUTF8()
		c.detect()
	}
}

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
