package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// multiSearch is ESEARCH. RFC 7377.
func (c *conn) multiSearch(cmd *command) reply {
	cmd.sp()
	names := []string{}
	selected := !cmd.keyword("IN")
	if !selected {
		cmd.sp()
		cmd.list(1, func() { selected = c.searchSource(cmd, &names) || selected })
		cmd.sp()
	}
	opts := c.returnOptions(cmd, "ESEARCH")
	if opts == nil {
		opts = &returnOptions{all: true}
	}
	if cmd.err == nil && opts.save {
		cmd.fail("SAVE is for the selected mailbox")
	}
	if selected && c.view == nil {
		return bad("ESEARCH: no mailbox is selected")
	}
	views := c.viewsOf(names, selected)
	begin := cmd.parser // to be read again for each mailbox
	if len(views) == 0 {
		views = append(views, &view{box: &mailbox{user: c.user.Load()}})
	}
	for _, v := range views {
		cmd.parser = begin
		q, refused := c.question(cmd, v, false)
		if refused != nil {
			return *refused
		}
		found, _ := c.matches(v, q)
		if len(found) == 0 {
			continue
		}
		c.out = fmt.Appendf(c.out, `* ESEARCH (TAG "%s" MAILBOX `, cmd.tag)
		c.out = appendAstring(c.out, v.box.safeName())
		c.out = fmt.Appendf(c.out, " UIDVALIDITY %d)", v.box.uidValidity)
		c.sayReturned(q, found, opts, true)
	}
	return ok("ESEARCH completed")
}

// searchSource reads one of RFC 5465's filter-mailboxes and adds the names of
// the mailboxes that it is. It says whether it is the selected one.
func (c *conn) searchSource(cmd *command, names *[]string) (selected bool) {
	word := upper(cmd.atom())
	var roots []string
	switch word {
	case "SELECTED":
		return true
	case "SUBTREE", "SUBTREE-ONE", "MAILBOXES":
		cmd.sp()
		if cmd.peek() == '(' {
			cmd.list(1, func() { roots = append(roots, cmd.mailboxName()) })
		} else {
			roots = []string{cmd.mailboxName()}
		}
	case "PERSONAL", "SUBSCRIBED", "INBOXES":
	default:
		cmd.fail("ESEARCH does not know the source %q", word)
		return false
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range u.names() {
		in := slices.Contains(roots, name)
		switch word {
		case "PERSONAL":
			in = true
		case "SUBSCRIBED":
			in = u.subscribed[name]
		case "INBOXES":
			in = name == "INBOX"
		case "SUBTREE", "SUBTREE-ONE":
			for _, root := range roots {
				rest, below := strings.CutPrefix(name, root+"/")
				in = in || below && (word == "SUBTREE" || !strings.Contains(rest, "/"))
			}
		}
		if in {
			*names = append(*names, name)
		}
	}
	return false
}

// viewsOf returns views of mailboxes, each once.
func (c *conn) viewsOf(names []string, selected bool) (views []*view) {
	if selected {
		views = append(views, c.view)
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if b := u.selectable(name); b != nil && !(selected && b == c.view.box) {
			views = append(views, newView(b, true))
		}
	}
	return views
}
