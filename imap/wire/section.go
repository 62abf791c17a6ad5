package wire

import "strconv"

// Section adds a FETCH item with a section, such as
// BODY.PEEK[1.2.HEADER.FIELDS (DATE)]<0.1024> (RFC 9051 §6.4.5). item and
// section are made of letters, digits, dots and hyphens; only the section may
// be empty. fields may be anything that a header field name can be, and want a
// section before them. The bytes asked for begin at offset; count 0 asks for
// all from there.
func (c *Command) Section(item, section string, fields []string, offset, count int64) *Command {
	if item == "" || !isSection(item) || !isSection(section) || section == "" && len(fields) > 0 {
		return c.Fail(&ArgumentError{Kind: "section", Value: clip(item + "[" + section + "]"), Reason: "want letters, digits and dots"})
	}
	if offset < 0 || count < 0 || offset >= 1<<32 || count >= 1<<32 {
		return c.Fail(&ArgumentError{Kind: "section", Value: clip(item + "[" + section + "]"), Reason: "offset and count must have 32 bits"})
	}
	c.word(item + "[" + section)
	if len(fields) > 0 {
		c.List(func() {
			for _, f := range fields {
				c.headerName(f)
			}
		})
	}
	c.append([]byte{']'})
	if offset > 0 && count == 0 {
		count = 1<<32 - 1
	}
	if count > 0 {
		c.append(strconv.AppendInt([]byte{'<'}, offset, 10))
		c.append(strconv.AppendInt([]byte{'.'}, count, 10))
		c.append([]byte{'>'})
	}
	return c
}

func (c *Command) headerName(s string) {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == ':' || s[i] == 0x7f {
			s = ""
			break
		}
	}
	if s == "" {
		c.Fail(&ArgumentError{Kind: "header field name", Reason: "it must not be empty or hold spaces, colons or controls"})
		return
	}
	c.AString(s)
}

// isSection says whether s is made of what names of items and sections have.
func isSection(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}
