package imaptest

import (
	"cmp"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// sortKeys reads what SORT orders by. RFC 5256 §3, RFC 5957, RFC 6203 §5. What
// is equal stays in the order of the mailbox.
func (c *conn) sortKeys(cmd *command) func([]hit) {
	var keys []func(a, b *hit) int
	cmd.list(1, func() {
		sign := 1
		if cmd.keyword("REVERSE") {
			sign = -1
			cmd.sp()
		}
		name := upper(cmd.atom())
		compare := sortKey(name)
		switch {
		case compare == nil,
			strings.HasPrefix(name, "DISPLAY") && !c.can("SORT=DISPLAY"),
			name == "RELEVANCY" && !c.can("SEARCH=FUZZY"):
			cmd.fail("SORT does not know the key %q", name)
			return
		}
		keys = append(keys, func(a, b *hit) int { return sign * compare(a, b) })
	})
	return func(found []hit) {
		slices.SortStableFunc(found, func(a, b hit) int {
			for _, compare := range keys {
				if n := compare(&a, &b); n != 0 {
					return n
				}
			}
			return a.place - b.place
		})
	}
}

// sortKey returns how a key compares, nil if there is no such key.
func sortKey(name string) func(a, b *hit) int {
	text := func(value func(h *hit) string) func(a, b *hit) int {
		return func(a, b *hit) int { return strings.Compare(strings.ToLower(value(a)), strings.ToLower(value(b))) }
	}
	switch name {
	case "ARRIVAL":
		return func(a, b *hit) int { return a.date.Compare(b.date) }
	case "DATE":
		return func(a, b *hit) int { return a.sentDate().Compare(b.sentDate()) }
	case "SIZE":
		return func(a, b *hit) int { return cmp.Compare(len(a.body.data), len(b.body.data)) }
	case "SUBJECT":
		return text(func(h *hit) string { base, _ := baseSubject(h.field("Subject")); return base })
	case "FROM", "TO", "CC":
		return text(func(h *hit) string { return firstAddress(h.field(name)).mailbox })
	case "DISPLAYFROM", "DISPLAYTO":
		return text(func(h *hit) string { return displayName(h.field(strings.TrimPrefix(name, "DISPLAY"))) })
	case "RELEVANCY":
		return func(a, b *hit) int { return 0 }
	}
	return nil
}

// field returns the value of a header field.
func (m *message) field(name string) string {
	header, _ := splitHeader(m.body.data)
	return headerValue(header, name)
}

// sentDate is the Date field in UTC, or the internal date if there is none. RFC
// 5256 §2.2.
func (m *message) sentDate() time.Time {
	if t, err := mail.ParseDate(m.field("Date")); err == nil {
		return t.UTC()
	}
	return m.date.UTC()
}

func firstAddress(value string) address {
	for _, a := range parseAddresses(value) {
		if !a.group || a.mailbox != "" {
			return a
		}
	}
	return address{}
}

// displayName is what people see of the first address. RFC 5957 §3.
func displayName(value string) string {
	a := firstAddress(value)
	if a.name != "" {
		return decodeHeader(a.name)
	}
	if a.host == "" {
		return a.mailbox
	}
	return a.mailbox + "@" + a.host
}

// baseSubject returns a subject without what replies and forwards add, and
// whether they added anything. RFC 5256 §2.1.
func baseSubject(subject string) (base string, reply bool) {
	s := strings.Join(strings.Fields(decodeHeader(subject)), " ")
	for {
		before := s
		for { // subj-trailer
			t := strings.TrimRight(s, " ")
			if n := len(t) - len("(fwd)"); n >= 0 && strings.EqualFold(t[n:], "(fwd)") {
				t, reply = t[:n], true
			}
			if t == s {
				break
			}
			s = t
		}
		for { // subj-leader, subj-blob
			t := strings.TrimLeft(s, " ")
			if rest, ok := cutReply(t); ok {
				t, reply = rest, true
			} else if rest, ok := cutBlob(t); ok && rest != "" {
				t = rest
			}
			if t == s {
				break
			}
			s = t
		}
		if len(s) > 6 && strings.EqualFold(s[:5], "[fwd:") && strings.HasSuffix(s, "]") {
			s, reply = s[5:len(s)-1], true
		}
		if s == before {
			return s, reply
		}
	}
}

// cutReply takes blobs and "re:", "fw:" or "fwd:" off.
func cutReply(s string) (string, bool) {
	for {
		rest, ok := cutBlob(s)
		if !ok {
			break
		}
		s = rest
	}
	for _, word := range []string{"re", "fwd", "fw"} {
		if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
			continue
		}
		rest := strings.TrimLeft(s[len(word):], " ")
		if after, ok := cutBlob(rest); ok {
			rest = after
		}
		if after, ok := strings.CutPrefix(rest, ":"); ok {
			return after, true
		}
	}
	return s, false
}

// cutBlob takes "[…]" and the spaces behind it off.
func cutBlob(s string) (string, bool) {
	if !strings.HasPrefix(s, "[") {
		return s, false
	}
	end := strings.IndexAny(s[1:], "[]")
	if end < 0 || s[1+end] == '[' {
		return s, false
	}
	return strings.TrimLeft(s[end+2:], " "), true
}
