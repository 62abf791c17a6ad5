package imaptest

import "strings"

// enableable lists what ENABLE turns on. Without the capability it is passed
// over.
var enableable = []string{"CONDSTORE", "QRESYNC", "UIDONLY", "UTF8=ACCEPT", "IMAP4rev2"}

// enable: RFC 5161. What the server does not know is passed over.
func (c *conn) enable(cmd *command) reply {
	var names []string
	for first := true; first || cmd.err == nil && !cmd.atEnd(); first = false {
		cmd.sp()
		names = append(names, strings.ToUpper(cmd.atom()))
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	var on []string
	for _, name := range names {
		for _, known := range enableable {
			if strings.EqualFold(name, known) && c.can(name) && !c.enabled[name] && (known != "IMAP4rev2" || c.canRev2()) {
				c.turnOn(name)
				on = append(on, known)
			}
		}
	}
	if !c.srv.opts.SilentEnable {
		c.untagged("%s", strings.Join(append([]string{"ENABLED"}, on...), " "))
	}
	return ok("ENABLE completed")
}

// turnOn enables an extension, whose name is in upper case.
func (c *conn) turnOn(name string) {
	if c.enabled == nil {
		c.enabled = make(map[string]bool)
	}
	c.enabled[name] = true
	if name == "CONDSTORE" || name == "QRESYNC" {
		c.noticeModSeq()
	}
}
