package imaptest

import (
	"fmt"
	"strings"
	"time"
)

// appendMessage is APPEND. RFC 3501 §6.3.11, RFC 4315.
func (c *conn) appendMessage(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	var f flagSet
	if cmd.peek() == '(' {
		f = cmd.flagList()
		cmd.sp()
	}
	date := c.srv.now()
	if cmd.peek() == '"' {
		date = cmd.dateTime()
		cmd.sp()
	}
	data := cmd.literal()
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.selectable(name)
	if b == nil {
		return no("TRYCREATE", "there is no such mailbox")
	}
	m := b.add(&body{data: data}, f, date)
	r := ok("APPEND completed")
	if c.can("UIDPLUS") {
		r.code = fmt.Sprintf("APPENDUID %d %d", b.uidValidity, m.uid)
	}
	return r
}

const dateTimeLayout = "_2-Jan-2006 15:04:05 -0700"

// dateTime reads a quoted date and time. RFC 3501 §9 date-time.
func (p *parser) dateTime() time.Time {
	text := p.quoted()
	t, err := time.Parse(dateTimeLayout, text)
	if p.err == nil && (err != nil || len(text) != len(dateTimeLayout)) {
		p.fail("expected a date and time like %q, not %q", dateTimeLayout, text)
	}
	return t
}

// date reads the date of a search key. RFC 3501 §9 date.
func (p *parser) date() time.Time {
	var text string
	if p.peek() == '"' {
		text = p.quoted()
	} else {
		text = p.atom()
	}
	t, err := time.Parse("2-Jan-2006", text)
	if p.err == nil && err != nil {
		p.fail("expected a date like 1-Feb-2006, not %q", strings.ToValidUTF8(text, "?"))
	}
	return t
}
