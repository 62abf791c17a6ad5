package imaptest

import "fmt"

// copyMessages is COPY, MOVE and their UID variants: all messages or none. RFC
// 3501 §6.4.7, RFC 6851, RFC 4315.
func (c *conn) copyMessages(cmd *command) reply {
	cmd.sp()
	set := cmd.set()
	cmd.sp()
	name := cmd.mailboxName()
	if !cmd.end() {
		return cmd.syntax()
	}
	moving := cmd.name == "MOVE"
	v := c.view
	if moving && v.readOnly {
		return no("", "the mailbox is read-only")
	}
	places, found := v.resolve(set, cmd.uid)
	if !found {
		return bad("%s: no message has a number in %s", cmd.name, set)
	}
	places, limited := c.limited(places)
	if limited != "" && !moving {
		return no(limited, "too many messages to copy, try a smaller subset")
	}
	u := v.box.user
	u.mu.Lock()
	defer u.mu.Unlock()
	target := u.selectable(name)
	if target == nil {
		return no("TRYCREATE", "there is no such mailbox")
	}
	messages := make([]*message, 0, len(places))
	for _, i := range places {
		if m := v.messages[i]; !m.gone {
			messages = append(messages, m)
		} else if !cmd.uid {
			return no("EXPUNGEISSUED", "some of the messages are gone")
		}
	}
	if r := c.mayCopy(v.box, target, messages, moving); r != nil {
		return *r
	}
	code := c.copyTo(target, messages)
	r := ok("%s completed", cmd.full())
	if moving {
		if code != "" {
			c.untagged("OK [%s] moved", code)
		}
		moved := make(map[*message]bool, len(messages))
		for _, m := range messages {
			moved[m] = true
		}
		v.box.remove(func(m *message) bool { return moved[m] })
		return c.limit(cmd, r, limited)
	}
	r.code = code
	return r
}

// mayCopy says why messages cannot be copied or moved, or nil. RFC 4314 §4, RFC
// 6851 §4.
func (c *conn) mayCopy(from, to *mailbox, messages []*message, moving bool) *reply {
	if r := c.mayNot(to, "i"); r != nil {
		return r
	}
	if moving {
		return c.mayNot(from, "te")
	}
	return c.exceeds(from.user, len(messages), bytesOf(messages))
}

// copyTo adds copies to the target and returns the COPYUID code, if there is
// one.
func (c *conn) copyTo(target *mailbox, messages []*message) string {
	var from, to numSet
	for _, m := range messages {
		from = from.add(m.uid)
		to = to.add(target.add(m.body, c.permitted(target, m.flagSet), m.date).uid)
	}
	if len(messages) == 0 || !c.can("UIDPLUS") {
		return ""
	}
	return fmt.Sprintf("COPYUID %d %s %s", target.uidValidity, from, to)
}

// expunge is EXPUNGE and UID EXPUNGE. The replies come with what else is new.
func (c *conn) expunge(cmd *command) reply {
	var set numSet
	if cmd.uid {
		cmd.sp()
		set = cmd.set()
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	v := c.view
	if v.readOnly {
		return no("", "the mailbox is read-only")
	}
	set = v.expand(set, true)
	v.box.user.mu.Lock()
	defer v.box.user.mu.Unlock()
	if r := c.mayNot(v.box, "e"); r != nil {
		return *r
	}
	lowest, code := c.limitRemoval(cmd, set)
	v.box.remove(func(m *message) bool { return m.uid >= lowest && cmd.dooms(m, set) })
	return c.limit(cmd, ok("%s completed", cmd.full()), code)
}

// dooms says whether EXPUNGE removes a message.
func (cmd *command) dooms(m *message, set numSet) bool {
	return m.has(flagDeleted) && (!cmd.uid || set.contains(m.uid))
}

// limitRemoval returns from which UID on UID EXPUNGE removes messages. RFC 9738
// §3.
func (c *conn) limitRemoval(cmd *command, set numSet) (lowest uint32, code string) {
	most := c.srv.opts.MessageLimit
	if most <= 0 || !cmd.uid {
		return 0, ""
	}
	all := c.view.box.messages
	for i, n := len(all)-1, 0; i >= 0; i-- {
		if !cmd.dooms(all[i], set) {
			continue
		}
		if n++; n > most {
			return lowest, c.limitCode(lowest)
		}
		lowest = all[i].uid
	}
	return 0, ""
}
