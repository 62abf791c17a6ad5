package imaptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// syncWatched tells what has changed in mailboxes that are not selected.
func (c *conn) syncWatched() {
	if c.watch == nil || len(c.watch.groups) == 0 {
		return
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if text := c.overflow.Swap(nil); text != nil { // RFC 5465 §5.8
		c.untagged("OK [NOTIFICATIONOVERFLOW] %s", *text)
		c.watch = new(watched)
		c.watching.Store(false)
		delete(u.watchers, c)
		return
	}
	c.tellNames(u)
	c.tellMetadata(u)
	for _, name := range u.names() {
		if b := u.boxes[name]; !b.noselect && c.may(b, "r") && (c.view == nil || c.view.box != b) {
			c.tellStatus(u, b)
		}
	}
}

// tellStatus tells of messages that came or went, and of flags. RFC 5465 §5.1 to
// §5.3.
func (c *conn) tellStatus(u *User, b *mailbox) {
	w := c.watch
	was, known := w.seen[b]
	now := seenNow(b)
	w.seen[b] = now
	var items []string
	if !known {
		was.uidNext = 1
		items = append(items, "UIDVALIDITY")
	}
	moved := was.uidNext != now.uidNext || was.removals != now.removals
	switch {
	case moved && w.wants(u, b.name, "MESSAGENEW"):
		if items = append(items, "UIDNEXT", "MESSAGES"); c.condstore {
			items = append(items, "HIGHESTMODSEQ")
		}
	case was.flagged < now.flagged && w.wants(u, b.name, "FLAGCHANGE") && c.condstore:
		items = append(items, "HIGHESTMODSEQ", "UIDVALIDITY")
	case was.unseen != now.unseen && w.wants(u, b.name, "FLAGCHANGE"):
		items = append(items, "UIDVALIDITY", "UNSEEN")
	default:
		return
	}
	c.sayWatchedBox(b, items)
}

// sayWatched says how the mailboxes are now. RFC 5465 §3.1.
func (c *conn) sayWatched(u *User) {
	for _, name := range u.names() {
		b := u.boxes[name]
		if b.noselect || !c.may(b, "r") || c.view != nil && c.view.box == b || !c.watch.wants(u, name, "MESSAGENEW") {
			continue
		}
		items := []string{"MESSAGES", "UIDNEXT", "UIDVALIDITY"}
		if c.watch.wants(u, name, "FLAGCHANGE") && c.canModSeq() {
			items = append(items, "HIGHESTMODSEQ")
		}
		c.sayWatchedBox(b, items)
	}
}

func (c *conn) sayWatchedBox(b *mailbox, items []string) {
	c.out = append(c.out, "* STATUS "...)
	c.out = c.appendName(c.out, b.name)
	c.out = append(c.out, " ("...)
	for i, item := range items {
		if i > 0 {
			c.out = append(c.out, ' ')
		}
		c.out = append(c.out, strings.Join(statusOf(b, []string{item}), " ")...)
	}
	c.out = append(c.out, ")\r\n"...)
}

// tellNames tells of mailboxes created, deleted, renamed and subscribed to. RFC
// 5465 §5.4 and §5.5.
func (c *conn) tellNames(u *User) {
	w := c.watch
	renamed := make(map[string]string) // old name by new
	changed := make(map[string]bool)
	for b, old := range w.names {
		if b.name != old && u.boxes[b.name] == b {
			renamed[b.name] = old
		}
	}
	for name, b := range u.boxes {
		if _, known := w.names[b]; known && w.hidden[b] != b.hidden() || !known && !w.knew(name) {
			changed[name], changed[parentOf(name)] = true, true
		}
	}
	for b, name := range w.names {
		if u.boxes[name] == nil && (u.boxes[b.name] != b || b.name == name) {
			changed[name], changed[parentOf(name)] = true, true
		}
	}
	told := func(name string) bool { return name != "" && w.wants(u, name, "MAILBOXNAME") }
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if told(name) && renamed[name] == "" {
			c.sayName(u, name, "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(renamed)) {
		old := renamed[name]
		if above := renamed[parentOf(name)]; above != "" && parentOf(old) == above {
			continue // it went with the one above
		}
		if told(name) || told(old) {
			c.sayName(u, name, old)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(u.boxes)) {
		if u.subscribed[name] != w.subscribed[name] && w.wants(u, name, "SUBSCRIPTIONCHANGE") {
			c.sayName(u, name, "")
		}
	}
	w.adoptNames(u)
}

// knew says whether the client knows a mailbox of that name.
func (w *watched) knew(name string) bool {
	for _, known := range w.names {
		if known == name {
			return true
		}
	}
	return false
}

func parentOf(name string) string {
	return name[:max(strings.LastIndexByte(name, '/'), 0)]
}

// sayName says LIST for a mailbox.
func (c *conn) sayName(u *User, name, old string) {
	attrs := []string{`\NonExistent`}
	if b := u.boxes[name]; b != nil && b.hidden() { // RFC 5465 §5.4
		attrs = []string{`\NoAccess`}
	} else if b != nil {
		if attrs = []string{childrenAttribute(u.names(), name)}; b.noselect {
			attrs = append(attrs, `\Noselect`)
		}
		attrs = append(attrs, b.attributes...)
		if u.subscribed[name] {
			attrs = append(attrs, `\Subscribed`)
		}
	}
	c.out = fmt.Appendf(c.out, `* LIST (%s) "/" `, strings.Join(attrs, " "))
	c.out = c.appendName(c.out, name)
	if old != "" {
		c.out = append(c.out, ` ("OLDNAME" (`...)
		c.out = append(c.appendName(c.out, old), "))"...)
	}
	c.crlf()
}
