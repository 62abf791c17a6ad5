package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// mailboxName reads a mailbox name.
func (cmd *command) mailboxName() string { return canonicalName(cmd.astring()) }

// selectMailbox is SELECT and EXAMINE. The mailbox selected before is left even
// when this fails. RFC 3501 §6.3.1.
func (c *conn) selectMailbox(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	params := c.selectParams(cmd)
	if !cmd.end() {
		return cmd.syntax()
	}
	if params.qresync && !c.enabled["QRESYNC"] {
		return bad("%s: QRESYNC is not enabled", cmd.name)
	}
	if c.view != nil && c.canModSeq() {
		c.untagged("OK [CLOSED] the mailbox before") // RFC 7162 §3.2.11
	}
	c.deselect()
	if params.condstore {
		c.noticeModSeq()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.selectable(name)
	if b == nil {
		return no("NONEXISTENT", "there is no such mailbox")
	}
	readOnly := cmd.name == "EXAMINE"
	c.view = newView(b, readOnly)
	b.sessions[c] = struct{}{}
	c.describe(b)
	if params.qresync {
		c.resync(&params)
	}
	if readOnly {
		return okCode("READ-ONLY", "EXAMINE completed")
	}
	return okCode("READ-WRITE", "SELECT completed")
}

// describe says what SELECT has to say of a mailbox.
func (c *conn) describe(b *mailbox) {
	c.sayFlags(b)
	permanent := ""
	if !c.view.readOnly {
		permanent = strings.Join(append(settable(b), `\*`), " ")
	}
	c.untagged("OK [PERMANENTFLAGS (%s)] flags that can be changed", permanent)
	c.number(len(b.messages), "EXISTS")
	c.number(c.view.recents(), "RECENT")
	if count, first := b.unseen(); count > 0 && !c.enabled["UIDONLY"] {
		c.untagged("OK [UNSEEN %d] first unseen", first)
	}
	c.untagged("OK [UIDVALIDITY %d] UIDs valid", b.uidValidity)
	c.untagged("OK [UIDNEXT %d] predicted next UID", b.uidNext)
	if c.can("OBJECTID") {
		c.untagged("OK [MAILBOXID (%s)] the same under any name", b.id())
	}
	if c.condstore {
		c.untagged("OK [HIGHESTMODSEQ %d] highest", b.modseq)
	}
}

// sayFlags says FLAGS.
func (c *conn) sayFlags(b *mailbox) {
	c.untagged("FLAGS (%s)", strings.Join(settable(b), " "))
}

// settable returns the flags that clients may set in a mailbox.
func settable(b *mailbox) []string {
	names := flagSet{
		bits:     flagSeen | flagAnswered | flagFlagged | flagDeleted | flagDraft,
		keywords: b.keywords,
	}
	return names.list()
}

// closeMailbox is CLOSE: it expunges without a word.
func (c *conn) closeMailbox(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	if b := c.view.box; !c.view.readOnly {
		b.user.mu.Lock()
		delete(b.sessions, c)
		b.remove(func(m *message) bool { return m.has(flagDeleted) })
		b.user.mu.Unlock()
	}
	c.deselect()
	return ok("CLOSE completed")
}

// unselect: RFC 3691.
func (c *conn) unselect(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.deselect()
	return ok("UNSELECT completed")
}

func (c *conn) create(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	id := ""
	r := c.change(cmd, func(u *User) error {
		err := u.create(name)
		if b := u.boxes[canonicalName(strings.TrimSuffix(name, "/"))]; err == nil && b != nil {
			id = b.id()
		}
		return err
	})
	if id != "" && c.can("OBJECTID") {
		r.code = "MAILBOXID (" + id + ")" // RFC 8474 §4.1
	}
	return r
}

func (c *conn) deleteMailbox(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	return c.change(cmd, func(u *User) error {
		if err := u.delete(name, c); err != nil {
			return err
		}
		if c.view != nil && u.selectable(c.view.box.name) != c.view.box {
			delete(c.view.box.sessions, c)
			c.view = nil
		}
		return nil
	})
}

func (c *conn) rename(cmd *command) reply {
	cmd.sp()
	from := cmd.mailboxName()
	cmd.sp()
	to := cmd.mailboxName()
	return c.change(cmd, func(u *User) error { return u.rename(from, to) })
}

// subscribe is SUBSCRIBE and UNSUBSCRIBE.
func (c *conn) subscribe(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	return c.change(cmd, func(u *User) error {
		if cmd.name == "UNSUBSCRIBE" {
			delete(u.subscribed, name)
			return nil
		}
		if u.boxes[name] == nil {
			return errNoMailbox()
		}
		u.subscribed[name] = true
		return nil
	})
}

// change ends the parsing of a command and changes the user's mailbox tree.
func (c *conn) change(cmd *command, f func(*User) error) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if c.watch != nil {
		c.tellNames(u) // what others did; what this does is not told
		defer c.watch.adoptNames(u)
	}
	if err := f(u); err != nil {
		return refusal(cmd.name, err)
	}
	u.wakeWatchers()
	return ok("%s completed", cmd.name)
}

// refusal gives an error of the mailbox tree its response code. RFC 5530 §3.
func refusal(name string, err error) reply {
	code := "CANNOT"
	switch err.Error() {
	case errNoMailbox().Error():
		code = "NONEXISTENT"
	case errExists.Error():
		code = "ALREADYEXISTS"
	}
	return no(code, "%s: %v", name, err)
}

// status: RFC 3501 §6.3.10.
func (c *conn) status(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	var items []string
	cmd.list(1, func() {
		item := strings.ToUpper(cmd.atom())
		switch item {
		case "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN":
			items = append(items, item)
		case "APPENDLIMIT":
			if c.srv.opts.AppendLimit == 0 {
				cmd.fail("STATUS APPENDLIMIT without a limit")
			}
			items = append(items, item)
		case "MAILBOXID":
			if !c.can("OBJECTID") {
				cmd.fail("unknown status item %s", item)
			}
			items = append(items, item)
		case "HIGHESTMODSEQ":
			if !c.canModSeq() {
				cmd.fail("unknown status item %s", item)
			}
			items = append(items, item)
		default:
			cmd.fail("unknown status item %s", item)
		}
	})
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.selectable(name)
	if b == nil {
		return no("NONEXISTENT", "there is no such mailbox")
	}
	if slices.Contains(items, "HIGHESTMODSEQ") {
		c.noticeModSeq()
	}
	c.out = append(c.out, "* STATUS "...)
	c.out = appendAstring(c.out, name)
	c.out = fmt.Appendf(c.out, " (%s)\r\n", strings.Join(statusOf(b, items), " "))
	return ok("STATUS completed")
}

func statusOf(b *mailbox, items []string) []string {
	var values []string
	for _, item := range items {
		n := uint64(len(b.messages))
		switch item {
		case "APPENDLIMIT": // RFC 7889 §3.2
			n = uint64(b.user.srv.opts.AppendLimit)
		case "MAILBOXID": // RFC 8474 §4.3
			values = append(values, fmt.Sprintf("MAILBOXID (%s)", b.id()))
			continue
		case "RECENT":
			n = uint64(b.recent())
		case "UIDNEXT":
			n = uint64(b.uidNext)
		case "UIDVALIDITY":
			n = uint64(b.uidValidity)
		case "HIGHESTMODSEQ":
			n = b.modseq
		case "UNSEEN":
			unseen, _ := b.unseen()
			n = uint64(unseen)
		}
		values = append(values, fmt.Sprintf("%s %d", item, n))
	}
	return values
}
