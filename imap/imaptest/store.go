package imaptest

import "strings"

// storeHow is what STORE does with the flags.
type storeHow struct {
	change func(have, given flagSet) flagSet
	silent bool
}

// store is STORE and UID STORE. RFC 3501 §6.4.6.
func (c *conn) store(cmd *command) reply {
	cmd.sp()
	set := cmd.set()
	cmd.sp()
	if change, silent, ok := cmd.labelsItem(); ok {
		return c.storeLabels(cmd, set, change, silent)
	}
	how := cmd.storeItem()
	cmd.sp()
	f := cmd.storeFlags()
	if !cmd.end() {
		return cmd.syntax()
	}
	if c.view.readOnly {
		return no("", "the mailbox is read-only")
	}
	c.sync(false)
	places, found := c.view.resolve(set, cmd.uid)
	if !found {
		return bad("STORE: no message has a number in %s", set)
	}
	if gone := c.storeAll(places, f, how, cmd.uid); gone && !cmd.uid {
		return no("EXPUNGEISSUED", "some of the messages are gone")
	}
	return ok("%s completed", cmd.full())
}

// storeItem reads FLAGS, +FLAGS or -FLAGS, and .SILENT.
func (p *parser) storeItem() storeHow {
	item, silent := strings.CutSuffix(strings.ToUpper(p.atom()), ".SILENT")
	how := storeHow{silent: silent}
	switch item {
	case "FLAGS":
		how.change = func(_, given flagSet) flagSet { return given }
	case "+FLAGS":
		how.change = flagSet.with
	case "-FLAGS":
		how.change = flagSet.without
	default:
		p.fail("STORE knows FLAGS, +FLAGS and -FLAGS, not %s", item)
	}
	return how
}

// storeFlags reads flags with or without parentheses.
func (p *parser) storeFlags() flagSet {
	if p.peek() == '(' {
		return p.flagList()
	}
	names := []string{p.flag()}
	for p.err == nil && p.accept(' ') {
		names = append(names, p.flag())
	}
	return flagsOf(names)
}

// storeAll changes the flags of the messages at once, and says whether some of
// them were gone.
func (c *conn) storeAll(places []int, f flagSet, how storeHow, uid bool) (gone bool) {
	v := c.view
	b := v.box
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	changed := false
	for _, i := range places {
		m := v.messages[i]
		if m.gone {
			gone = true
			continue
		}
		if b.setFlags(m, how.change(m.flagSet, f), c.id) {
			changed = true
		}
	}
	if v.keywords != len(b.keywords) {
		v.keywords = len(b.keywords)
		c.sayFlags(b)
	}
	for _, i := range places {
		if m := v.messages[i]; !how.silent && !m.gone {
			c.sayStored(i, m, uid)
		}
	}
	if changed {
		b.notify()
	}
	return gone
}

// sayStored says the flags of a message in answer to STORE.
func (c *conn) sayStored(place int, m *message, uid bool) {
	c.out = append(c.out, "* "...)
	c.out = appendUint(c.out, uint32(place+1))
	c.out = append(c.out, " FETCH ("...)
	if uid {
		c.out = append(c.out, "UID "...)
		c.out = appendUint(c.out, m.uid)
		c.out = append(c.out, ' ')
	}
	c.out = append(c.out, "FLAGS "...)
	c.out = c.view.flags(m).append(c.out)
	c.out = append(c.out, ")\r\n"...)
}
