package imaptest

import (
	"fmt"
	"strings"
	"time"
)

// appendMessage is APPEND: all messages or none. RFC 3501 §6.3.11, RFC 3502, RFC
// 4315.
func (c *conn) appendMessage(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	drafts := []*draft{c.draft(cmd)}
	for c.can("MULTIAPPEND") && cmd.err == nil && !cmd.atEnd() {
		cmd.sp()
		drafts = append(drafts, c.draft(cmd))
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	code, refused := c.append(u, name, drafts)
	if refused != nil {
		return *refused
	}
	return okCode(code, "APPEND completed")
}

// append adds the messages to a mailbox of the user, whose mutex is held, and
// returns the APPENDUID code, if there is one, or why it adds none.
func (c *conn) append(u *User, name string, drafts []*draft) (code string, refused *reply) {
	b := u.selectable(name)
	if b == nil {
		r := no("TRYCREATE", "there is no such mailbox")
		return "", &r
	}
	for _, d := range drafts {
		if r := c.finish(u, d); r != nil {
			return "", r
		}
	}
	if r := c.mayNot(b, "i"); r != nil {
		return "", r
	}
	size := int64(0)
	for _, d := range drafts {
		size += int64(len(d.data))
	}
	if r := c.exceeds(u, len(drafts), size); r != nil {
		return "", r
	}
	var uids numSet
	for _, d := range drafts {
		uids = uids.add(b.add(&body{data: d.data}, c.permitted(b, d.flags), d.date).uid)
	}
	if !c.can("UIDPLUS") {
		return "", nil
	}
	return fmt.Sprintf("APPENDUID %d %s", b.uidValidity, uids), nil
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
