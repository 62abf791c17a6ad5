package imaptest

import "strings"

// listing reads the arguments of LIST and LSUB. RFC 5258 §6.
func (c *conn) listing(cmd *command) *listing {
	l := &listing{conn: c, patterns: []string{""}}
	extended := cmd.name == "LIST" && c.can("LIST-EXTENDED")
	cmd.sp()
	if extended && cmd.peek() == '(' {
		l.extended = true
		cmd.list(0, func() { c.selectionOption(cmd, l) })
		if l.recursive && !l.subscribed && !l.special {
			cmd.fail("RECURSIVEMATCH needs another selection option")
		}
		cmd.sp()
	}
	l.reference = cmd.pattern(cmd.astring())
	cmd.sp()
	if extended && cmd.peek() == '(' {
		l.extended, l.patterns = true, nil
		cmd.list(1, func() { l.patterns = append(l.patterns, cmd.pattern(cmd.listMailbox())) })
		if l.patterns == nil {
			l.patterns = []string{""}
		}
	} else {
		l.patterns[0] = cmd.pattern(cmd.listMailbox())
	}
	if extended && cmd.err == nil && cmd.accept(' ') {
		l.extended = true
		if !cmd.keyword("RETURN") {
			cmd.fail("expected RETURN %s", cmd.where())
		}
		cmd.sp()
		cmd.list(0, func() { c.returnOption(cmd, l) })
	}
	return l
}

// selectionOption: RFC 5258 §3.1, RFC 6154 §2.
func (c *conn) selectionOption(cmd *command, l *listing) {
	switch option := strings.ToUpper(cmd.atom()); {
	case option == "SUBSCRIBED":
		l.subscribed = true
	case option == "REMOTE":
		l.remote = true // there are none
	case option == "RECURSIVEMATCH":
		l.recursive = true
	case option == "SPECIAL-USE" && c.can("SPECIAL-USE"):
		l.special = true
	default:
		cmd.fail("unknown selection option %s", option)
	}
}

// returnOption: RFC 5258 §3.2, RFC 5819, RFC 6154, RFC 8440, RFC 9590.
func (c *conn) returnOption(cmd *command, l *listing) {
	switch option := strings.ToUpper(cmd.atom()); {
	case option == "SUBSCRIBED":
		l.saySubscribed = true
	case option == "CHILDREN":
		l.sayChildren = true
	case option == "SPECIAL-USE" && c.can("SPECIAL-USE"): // told anyway
	case option == "STATUS" && c.can("LIST-STATUS"):
		cmd.sp()
		l.status = c.statusItems(cmd)
	case option == "MYRIGHTS" && c.can("LIST-MYRIGHTS") && c.can("ACL"):
		l.sayRights = true
	case option == "METADATA" && c.can("LIST-METADATA") && c.can("METADATA"):
		cmd.sp()
		cmd.list(1, func() { l.metadata = append(l.metadata, cmd.entryName()) })
	default:
		cmd.fail("unknown return option %s", option)
	}
}
