package imaptest

import (
	"slices"
	"strings"
)

const (
	maxMetadataValue   = 64 << 10
	maxMetadataEntries = 100
)

// metadata are the entries of a mailbox or of the server, by name in lower case.
// Private and shared ones are kept together: nobody else can see either.
type metadata map[string][]byte

// getMetadata: RFC 5464 §4.2; the options are before the mailbox (erratum 2785).
func (c *conn) getMetadata(cmd *command) reply {
	cmd.sp()
	depth, most := 0, int64(-1)
	if cmd.peek() == '(' {
		cmd.list(1, func() { cmd.metadataOption(&depth, &most) })
		cmd.sp()
	}
	name := cmd.metadataMailbox()
	cmd.sp()
	var names []string
	if cmd.peek() == '(' {
		cmd.list(1, func() { names = append(names, cmd.entryName()) })
	} else {
		names = []string{cmd.entryName()}
	}
	return c.withMetadata(cmd, name, func(m *metadata) reply {
		longest := c.sayMetadata(name, m.choose(names, depth), most)
		if longest > 0 {
			return okCode("METADATA LONGENTRIES "+string(appendUint(nil, uint32(longest))), "GETMETADATA completed")
		}
		return ok("GETMETADATA completed")
	})
}

func (cmd *command) metadataOption(depth *int, most *int64) {
	switch option := strings.ToUpper(cmd.atom()); option {
	case "MAXSIZE":
		cmd.sp()
		*most = int64(cmd.number())
	case "DEPTH":
		cmd.sp()
		switch d := strings.ToLower(cmd.atom()); d {
		case "0":
		case "1":
			*depth = 1
		case "infinity":
			*depth = 100
		default:
			cmd.fail("DEPTH is 0, 1 or infinity, not %s", d)
		}
	default:
		cmd.fail("unknown option %s", option)
	}
}

// metadataMailbox reads a mailbox name, or "" for the server.
func (cmd *command) metadataMailbox() string { return cmd.mailboxName() }

// entryName reads the name of an entry. RFC 5464 §3.2.
func (p *parser) entryName() string {
	name := strings.ToLower(p.astring())
	switch {
	case p.err != nil:
	case !strings.HasPrefix(name, "/private") && !strings.HasPrefix(name, "/shared"),
		strings.HasSuffix(name, "/"), strings.Contains(name, "//"), strings.ContainsAny(name, "*%"):
		p.fail("bad entry name %q", name)
	}
	return name
}

// withMetadata runs f with the entries of a mailbox or of the server.
func (c *conn) withMetadata(cmd *command, name string, f func(*metadata) reply) reply {
	if name != "" {
		return c.withMailbox(cmd, name, "l", func(b *mailbox) reply { return f(&b.metadata) })
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	return f(&u.metadata)
}

// choose returns the names of the entries that are asked for, which have values.
func (m *metadata) choose(names []string, depth int) []metadataEntry {
	var all []metadataEntry
	for name, value := range *m {
		for _, asked := range names {
			below, ok := strings.CutPrefix(name, asked+"/")
			if name == asked || ok && strings.Count(below, "/") < depth {
				all = append(all, metadataEntry{name, value})
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b metadataEntry) int { return strings.Compare(a.name, b.name) })
	return all
}

type metadataEntry struct {
	name  string
	value []byte
}

// sayMetadata says the values that are not too long, and returns the length of
// the longest that is.
func (c *conn) sayMetadata(name string, entries []metadataEntry, most int64) (longest int) {
	said := 0
	for _, e := range entries {
		if most >= 0 && int64(len(e.value)) > most {
			longest = max(longest, len(e.value))
			continue
		}
		if said++; said == 1 {
			c.about("METADATA", name)
			c.out = append(c.out, " ("...)
		} else {
			c.out = append(c.out, ' ')
		}
		c.out = appendAstring(c.out, e.name)
		c.out = append(c.out, ' ')
		c.out = appendBytes(c.out, e.value)
	}
	if said > 0 {
		c.out = append(c.out, ')')
		c.crlf()
	}
	return longest
}

// appendBytes writes a value, NIL for none, and as a literal8 what needs it.
func appendBytes(dst, value []byte) []byte {
	switch {
	case value == nil:
		return append(dst, "NIL"...)
	case slices.Contains(value, 0):
		return appendLiteral(append(dst, '~'), value)
	}
	return appendString(dst, string(value))
}

// setMetadata: RFC 5464 §4.3.
func (c *conn) setMetadata(cmd *command) reply {
	cmd.sp()
	name := cmd.metadataMailbox()
	cmd.sp()
	var changes []metadataEntry
	cmd.list(1, func() {
		e := metadataEntry{name: cmd.entryName()}
		cmd.sp()
		switch {
		case cmd.keyword("NIL"):
		case cmd.peek() == '~':
			e.value = append([]byte{}, cmd.literal8()...)
		default:
			e.value = []byte(cmd.str())
		}
		changes = append(changes, e)
	})
	return c.withMetadata(cmd, name, func(m *metadata) reply {
		u := c.user.Load()
		if c.watch != nil {
			c.tellMetadata(u) // what others did; what this does is not told
			defer c.watch.adoptMetadata(u)
		}
		defer u.wakeWatchers()
		return m.change(changes)
	})
}

// change makes all the changes or none.
func (m *metadata) change(changes []metadataEntry) reply {
	left := make(metadata, len(*m)+len(changes))
	for name, value := range *m {
		left[name] = value
	}
	for _, e := range changes {
		if len(e.value) > maxMetadataValue {
			return no("METADATA MAXSIZE 65536", "the value of %s is too long", e.name)
		}
		if e.value == nil {
			delete(left, e.name)
		} else {
			left[e.name] = e.value
		}
	}
	if len(left) > maxMetadataEntries {
		return no("METADATA TOOMANY", "there are too many entries")
	}
	*m = left
	return ok("SETMETADATA completed")
}
