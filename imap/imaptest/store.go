package imaptest

import "strings"

// storeHow is what STORE does with the flags.
type storeHow struct {
	change func(have, given flagSet) flagSet
	silent bool

	conditional bool   // with UNCHANGEDSINCE
	since       uint64 // its mod-sequence
}

// store is STORE and UID STORE. RFC 3501 §6.4.6.
func (c *conn) store(cmd *command) reply {
	cmd.sp()
	set := cmd.set()
	cmd.sp()
	if change, silent, ok := cmd.labelsItem(); ok {
		return c.storeLabels(cmd, set, change, silent)
	}
	since, conditional := c.unchangedSince(cmd)
	how := cmd.storeItem()
	cmd.sp()
	f := cmd.storeFlags()
	if !cmd.end() {
		return cmd.syntax()
	}
	if c.view.readOnly {
		return no("", "the mailbox is read-only")
	}
	if !c.mayStore(c.view.box) {
		return denied("w")
	}
	c.sync(false)
	places, found := c.view.resolve(set, cmd.uid)
	if !found {
		return bad("STORE: no message has a number in %s", set)
	}
	if conditional {
		c.noticeModSeq()
	}
	places, limited := c.limited(places)
	how.conditional, how.since = conditional, since
	gone, left := c.storeAll(places, f, how, cmd.uid)
	r := ok("%s completed", cmd.full())
	if gone && !cmd.uid {
		r = no("EXPUNGEISSUED", "some of the messages are gone")
	}
	return c.limit(cmd, r.modified(left), limited)
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
// them were gone, and which were left because they had changed.
func (c *conn) storeAll(places []int, f flagSet, how storeHow, uid bool) (gone bool, left numSet) {
	v := c.view
	b := v.box
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	changed := false
	stored, news, kept := make(map[int]bool), make(map[int]bool), make(map[int]bool)
	for _, i := range places {
		m := v.messages[i]
		if m.gone {
			gone = true
			continue
		}
		if how.conditional && !m.unchanged(how.since, f) {
			n := uint32(i + 1)
			if uid {
				n = m.uid
			}
			left, kept[i] = left.add(n), true
			continue
		}
		if m.modseq > v.modseq && m.lastBy != c.id {
			news[i] = true // somebody else was quicker
		}
		if b.setFlags(m, c.storable(b, m.flagSet, how.change(m.flagSet, f)), c.id) {
			changed, stored[i] = true, true
		}
	}
	if v.keywords != len(b.keywords) {
		v.keywords = len(b.keywords)
		c.sayFlags(b)
	}
	for _, i := range places {
		m := v.messages[i]
		full := !how.silent || news[i]
		if !m.gone && (full || c.condstore && stored[i] || how.conditional && !kept[i]) {
			c.sayStored(i, m, uid, full)
		}
	}
	if changed {
		b.notify()
	}
	return gone, left
}

// sayStored says the flags of a message in answer to STORE, if full is set, and
// its mod-sequence if the client wants that.
func (c *conn) sayStored(place int, m *message, uid, full bool) {
	c.fetchHead(place, m)
	gap := ""
	if (uid || c.condstore) && !c.enabled["UIDONLY"] {
		c.out = append(c.out, "UID "...)
		c.out = appendUint(c.out, m.uid)
		gap = " "
	}
	if full {
		c.out = append(c.out, gap+"FLAGS "...)
		c.out = c.view.flags(m).append(c.out)
		gap = " "
	}
	if c.condstore {
		c.out = append(c.out, gap...)
		c.sayModSeq(m.modseq)
	}
	c.out = append(c.out, ")\r\n"...)
}
