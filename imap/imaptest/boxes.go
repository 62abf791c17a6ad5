package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// mailboxName reads a mailbox name.
func (cmd *command) mailboxName() string { return cmd.mailbox() }

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
	if c.view != nil && (c.canModSeq() || c.canRev2()) {
		c.untagged("OK [CLOSED] the mailbox before") // RFC 7162 §3.2.11, RFC 9051 §7.1
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
	if r := c.mayNot(b, "r"); r != nil {
		return *r
	}
	readOnly := cmd.name == "EXAMINE" || !c.mayWrite(b)
	c.view = newView(b, readOnly)
	c.view.rev2 = c.rev2()
	b.sessions[c] = struct{}{}
	c.describe(b)
	if params.qresync {
		c.resync(&params)
	}
	if readOnly {
		return okCode("READ-ONLY", cmd.name+" completed")
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
	c.sayRecent(c.view)
	if c.rev2() { // RFC 9051 §6.3.2
		c.sayListed("LIST", c.listAttributes(b.user, &listing{}, nil, b.name), b.name, nil)
	}
	if count, first := b.unseen(); count > 0 && !c.enabled["UIDONLY"] {
		c.untagged("OK [UNSEEN %d] first unseen", first)
	}
	c.untagged("OK [UIDVALIDITY %d] UIDs valid", b.uidValidity)
	if n, said := b.saidUIDNext(); said {
		c.untagged("OK [UIDNEXT %d] predicted next UID", n)
	}
	if c.can("OBJECTID") {
		c.untagged("OK [MAILBOXID (%s)] the same under any name", b.id())
	}
	switch {
	case c.faults().NoModSeq && c.canModSeq():
		c.untagged("OK [NOMODSEQ] no mod-sequences here")
	case c.condstore:
		c.untagged("OK [HIGHESTMODSEQ %d] highest", c.faults().saidModSeq(b.modseq))
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
		may := c.may(b, "e")
		b.remove(func(m *message) bool { return may && m.has(flagDeleted) })
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
	var uses []string
	if c.can("CREATE-SPECIAL-USE") && cmd.err == nil && cmd.accept(' ') {
		uses = cmd.uses()
	}
	id := ""
	r := c.change(cmd, func(u *User) error {
		if err := c.mayCreate(u, name, uses); err != nil {
			return err
		}
		err := u.create(name)
		if b := u.boxes[canonicalName(strings.TrimSuffix(name, "/"))]; err == nil && b != nil {
			id = b.id()
			b.attributes = append(b.attributes, uses...)
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
		if b := u.boxes[name]; b != nil && !c.may(b, "x") {
			return replyError{denied("x")}
		}
		if err := u.delete(name, c); err != nil {
			return err
		}
		if c.view != nil && u.selectable(c.view.box.name) != c.view.box {
			delete(c.view.box.sessions, c)
			c.fate.Store(nil)
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
	return c.change(cmd, func(u *User) error {
		if b := u.boxes[from]; b != nil && !c.may(b, "x") {
			return replyError{denied("x")}
		}
		if err := c.mayCreate(u, to, nil); err != nil {
			return err
		}
		return u.rename(from, to)
	})
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
		if r, ok := err.(replyError); ok {
			return r.reply
		}
		return refusal(cmd.name, err)
	}
	u.wakeWatchers()
	return ok("%s completed", cmd.name)
}

// replyError is a reply as an error.
type replyError struct{ reply }

func (r replyError) Error() string { return r.text }

// mayCreate says why a mailbox cannot be made, as far as rights, special uses
// and quotas go.
func (c *conn) mayCreate(u *User, name string, uses []string) error {
	if r := u.unusable(uses); r != nil {
		return replyError{*r}
	}
	name = strings.TrimSuffix(name, "/")
	if i := strings.LastIndexByte(name, '/'); i > 0 {
		if b := u.boxes[canonicalName(name[:i])]; b != nil && !c.may(b, "k") {
			return replyError{denied("k")}
		}
	}
	if limit, ok := u.quota["MAILBOX"]; ok && c.can("QUOTA") && u.boxes[name] == nil && u.usage("MAILBOX") >= limit {
		return replyError{*overQuota("MAILBOX")}
	}
	return nil
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

// statusItems reads what STATUS is asked for.
func (c *conn) statusItems(cmd *command) []string {
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
			if !c.sizeItem(item) {
				cmd.fail("unknown status item %s", item)
			}
			items = append(items, item)
		}
	})
	return items
}

// status: RFC 3501 §6.3.10.
func (c *conn) status(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	cmd.sp()
	items := c.statusItems(cmd)
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
	if r := c.mayNot(b, "r"); r != nil {
		return *r
	}
	c.sayStatus(b, name, items)
	return ok("STATUS completed")
}

func (c *conn) sayStatus(b *mailbox, name string, items []string) {
	if slices.Contains(items, "HIGHESTMODSEQ") {
		c.noticeModSeq()
	}
	c.about("STATUS", name)
	c.out = fmt.Appendf(c.out, " (%s)\r\n", strings.Join(statusOf(b, items), " "))
}

// sizeItem says whether STATUS can be asked for something that has to do with
// sizes. RFC 8438, RFC 9208 §4.1.4.
func (c *conn) sizeItem(item string) bool {
	switch item {
	case "SIZE":
		return c.can("STATUS=SIZE")
	case "DELETED", "DELETED-STORAGE":
		return c.can("QUOTA")
	}
	return false
}

// mayWrite says whether the user may change anything in a mailbox: if not, it is
// selected read-only. RFC 4314 §5.2.
func (c *conn) mayWrite(b *mailbox) bool {
	for _, r := range []string{"i", "s", "w", "t", "e"} {
		if c.may(b, r) {
			return true
		}
	}
	return false
}

func statusOf(b *mailbox, items []string) []string {
	var values []string
	for _, item := range items {
		n := uint64(len(b.messages))
		switch item {
		case "APPENDLIMIT": // RFC 7889 §3.2
			n = uint64(b.user.srv.opts.AppendLimit)
		case "SIZE":
			n = uint64(b.size(func(*message) bool { return true }))
		case "DELETED-STORAGE":
			n = uint64(kib(b.size(isDeleted)))
		case "DELETED":
			n = uint64(b.count(isDeleted))
		case "MAILBOXID": // RFC 8474 §4.3
			values = append(values, fmt.Sprintf("MAILBOXID (%s)", b.id()))
			continue
		case "RECENT":
			n = uint64(b.recent())
		case "UIDNEXT":
			next, said := b.saidUIDNext()
			if !said {
				continue
			}
			n = uint64(next)
		case "UIDVALIDITY":
			n = uint64(b.uidValidity)
		case "HIGHESTMODSEQ":
			n = b.user.srv.current().saidModSeq(b.modseq)
		case "UNSEEN":
			unseen, _ := b.unseen()
			n = uint64(unseen)
		}
		values = append(values, fmt.Sprintf("%s %d", item, n))
	}
	return values
}
