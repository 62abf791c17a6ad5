package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// Labels of Gmail's X-GM-EXT-1.

// appendLabels: labels belong to the text, so that copies have the same.
func (m *message) appendLabels(c *conn, dst []byte) []byte {
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	return m.body.appendLabels(dst)
}

func (b *body) appendLabels(dst []byte) []byte {
	dst = append(dst, '(')
	for i, l := range b.labels {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendAstring(dst, l)
	}
	return append(dst, ')')
}

// labelsItem reads X-GM-LABELS, with + or - and .SILENT, if it is next.
func (p *parser) labelsItem() (change string, silent, ok bool) {
	word, _, _ := strings.Cut(strings.ToUpper(string(p.rest())), " ")
	item, silent := strings.CutSuffix(word, ".SILENT")
	change, ok = strings.CutSuffix(item, "X-GM-LABELS")
	if !ok || !p.can("X-GM-EXT-1") || change != "" && change != "+" && change != "-" {
		return "", false, false
	}
	p.pos += len(word)
	return change, silent, true
}

// storeLabels is the rest of STORE for labels.
func (c *conn) storeLabels(cmd *command, set numSet, change string, silent bool) reply {
	cmd.sp()
	labels := cmd.labels()
	if !cmd.end() {
		return cmd.syntax()
	}
	if c.view.readOnly {
		return no("", "the mailbox is read-only")
	}
	places, found := c.view.resolve(set, cmd.uid)
	if !found {
		return bad("STORE: no message has a number in %s", set)
	}
	c.view.box.user.mu.Lock()
	defer c.view.box.user.mu.Unlock()
	for _, i := range places {
		m := c.view.messages[i]
		if m.body.changeLabels(change, labels); !silent {
			c.out = fmt.Appendf(c.out, "* %d FETCH (UID %d X-GM-LABELS ", i+1, m.uid)
			c.out = append(m.body.appendLabels(c.out), ")\r\n"...)
		}
	}
	return ok("%s completed", cmd.full())
}

// labels reads the rest of STORE X-GM-LABELS. Labels are astrings, in
// modified UTF-7 as names of mailboxes are.
func (p *parser) labels() []string {
	if p.peek() != '(' {
		return []string{p.label()}
	}
	labels := []string{}
	p.list(0, func() { labels = append(labels, p.label()) })
	return labels
}

func (p *parser) label() string {
	if p.accept('\\') {
		return `\` + p.atom()
	}
	return p.astring()
}

// changeLabels is what STORE does with them; how is "", "+" or "-".
func (b *body) changeLabels(how string, given []string) {
	switch how {
	case "":
		b.labels = nil
		fallthrough
	case "+":
		for _, l := range given {
			if !slices.Contains(b.labels, l) {
				b.labels = append(b.labels, l)
			}
		}
	case "-":
		b.labels = slices.DeleteFunc(b.labels, func(l string) bool { return slices.Contains(given, l) })
	}
}
