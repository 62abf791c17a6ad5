package imaptest

import (
	"slices"
	"strconv"
)

// fetch is FETCH and UID FETCH.
func (c *conn) fetch(cmd *command) reply {
	cmd.sp()
	set := cmd.set()
	cmd.sp()
	items := cmd.fetchItems()
	mods := c.fetchModifiers(cmd)
	if hasKind(items, fetchModSeq) && !c.canModSeq() {
		cmd.fail("FETCH does not know the item %q", "MODSEQ")
	}
	if c.faults().NoModSeq && (mods.changedSince > 0 || hasKind(items, fetchModSeq)) { // RFC 7162 §3.1.2.2
		cmd.fail("the mailbox has no mod-sequences")
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	if !c.can("BINARY") && (hasKind(items, fetchBinary) || hasKind(items, fetchBinarySize)) {
		return bad("FETCH does not know BINARY")
	}
	places, found := c.view.resolve(set, cmd.uid)
	if !found {
		return bad("FETCH: no message has a number in %s", set)
	}
	places = mods.among(places)
	if mods.partial != [2]int64{} && c.srv.opts.MessageLimit > 0 && len(places) > c.srv.opts.MessageLimit {
		return no("MESSAGELIMIT "+strconv.Itoa(c.srv.opts.MessageLimit), "FETCH exceeds the limit of messages")
	}
	places, limited := c.limited(places)
	if mods.changedSince > 0 && !hasKind(items, fetchModSeq) {
		items = append(items, fetchItem{kind: fetchModSeq, label: "MODSEQ", peek: true})
	}
	if hasKind(items, fetchModSeq) {
		c.noticeModSeq()
	}
	if mods.vanished {
		c.sayRemoved(cmd, set, mods)
	}
	if mods.changedSince > 0 {
		places = c.changed(places, mods.changedSince)
	}
	if cmd.uid && !hasKind(items, fetchUID) && !c.enabled["UIDONLY"] {
		items = append([]fetchItem{simpleItem(fetchUID)}, items...)
	}
	seeing := setsSeen(items) && !c.view.readOnly
	if r := c.poison(places, items); r != nil {
		return *r
	}
	if c.faults().FetchBackwards {
		slices.Reverse(places)
	}
	r := ok("%s completed", cmd.full())
	for _, i := range places {
		if !c.view.messages[i].decodes(items) {
			r = no("UNKNOWN-CTE", "cannot decode a part of message %d", i+1)
			continue
		}
		if c.faults().FetchApart {
			c.fetchApart(i, items, seeing)
		} else {
			c.fetchOne(i, items, seeing)
		}
		if !c.mayFlush() {
			return reply{}
		}
	}
	return c.limit(cmd, r, limited)
}

func hasKind(items []fetchItem, k fetchKind) bool {
	for _, it := range items {
		if it.kind == k {
			return true
		}
	}
	return false
}

// fetchApart is fetchOne in as many responses as there are items. Each has the
// UID if it was asked for.
func (c *conn) fetchApart(place int, items []fetchItem, seeing bool) {
	for _, it := range items {
		switch {
		case it.kind != fetchUID && hasKind(items, fetchUID):
			c.fetchOne(place, []fetchItem{simpleItem(fetchUID), it}, seeing)
		case it.kind != fetchUID || len(items) == 1:
			c.fetchOne(place, []fetchItem{it}, seeing)
		}
	}
}

// fetchOne answers for one message.
func (c *conn) fetchOne(place int, items []fetchItem, seeing bool) {
	m := c.view.messages[place]
	f, modseq, changed := c.look(m, seeing)
	c.fetchHead(place, m)
	for i, it := range items {
		if i > 0 {
			c.out = append(c.out, ' ')
		}
		if it.kind == fetchModSeq {
			c.sayModSeq(modseq)
			continue
		}
		c.out = append(c.out, it.label...)
		c.out = append(c.out, ' ')
		if c.sayPoisoned(m, it) {
			continue
		}
		switch it.kind {
		case fetchSection:
			c.sayBytes(m.body.cut(it))
		case fetchExtension:
			c.out = it.value(m, c, c.out)
		case fetchBinary:
			c.sayBinary(m.body.binary(it))
		case fetchBinarySize:
			c.out = m.body.appendBinarySize(c.out, it)
		case fetchUID:
			c.out = appendUint(c.out, c.saidUID(m))
		default:
			c.out = m.append(c.out, it.kind, f)
		}
	}
	if changed && !hasKind(items, fetchFlags) {
		c.out = append(c.out, " FLAGS "...)
		c.out = f.append(c.out)
		if c.tellsModSeq() && !hasKind(items, fetchModSeq) {
			c.out = append(c.out, ' ')
			c.sayModSeq(modseq)
		}
	}
	c.out = append(c.out, ")\r\n"...)
}

// look returns the message's flags and mod-sequence, with \Seen set first if it
// is to be.
func (c *conn) look(m *message, seeing bool) (f flagSet, modseq uint64, changed bool) {
	b := c.view.box
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	if seeing && !m.gone && !m.has(flagSeen) {
		changed = b.setFlags(m, m.with(flagSet{bits: flagSeen}), c.id)
		b.notify()
	}
	return c.view.flags(m), m.modseq, changed
}

// append writes the value of an item that is not a section.
func (m *message) append(dst []byte, k fetchKind, f flagSet) []byte {
	switch k {
	case fetchFlags:
		return f.append(dst)
	case fetchDate:
		dst = append(dst, '"')
		dst = m.date.AppendFormat(dst, dateTimeLayout)
		return append(dst, '"')
	case fetchSize:
		return strconv.AppendInt(dst, int64(len(m.body.data)), 10)
	case fetchEnvelope:
		return append(dst, m.body.envelopeText()...)
	case fetchBody:
		return append(dst, m.body.bodyText()...)
	default:
		return append(dst, m.body.structureText()...)
	}
}

// sayBytes says a literal, or NIL when there is no such part. What is large goes
// out as it is, without being copied.
func (c *conn) sayBytes(data []byte, found bool) {
	if !found {
		c.out = append(c.out, "NIL"...)
		return
	}
	if len(data) < flushAt {
		c.out = appendLiteral(c.out, data)
		return
	}
	c.out = append(c.out, '{')
	c.out = strconv.AppendInt(c.out, int64(len(data)), 10)
	c.out = append(c.out, "}\r\n"...)
	c.flush()
	if c.over {
		return
	}
	c.send(data)
}

// cut returns the bytes a section item asks for.
func (b *body) cut(it fetchItem) ([]byte, bool) {
	data, found := b.section(it.section)
	return it.cut(data), found
}

// cut returns the range that is asked for.
func (it fetchItem) cut(data []byte) []byte {
	if it.partial {
		data = data[min(int(it.offset), len(data)):]
		data = data[:min(int(it.count), len(data))]
	}
	return data
}
