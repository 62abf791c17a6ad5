package imap

import "time"

const byePatience = 5 * time.Second // from BYE to the end of the connection

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
	n := Notice{Kind: NoticeAlert, Text: text}
	c.early.add(n)
	c.notices.add(n, 1+len(text))
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
