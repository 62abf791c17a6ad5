package imaptest

import (
	"slices"
	"strings"
)

// languages are those in which the server says that a language was chosen.
var languages = []string{"en", "de", "i-default"}

// setLanguage is LANGUAGE: it lists the languages, or takes the first that it
// knows. RFC 5255 §3.2.
func (c *conn) setLanguage(cmd *command) reply {
	var wanted []string
	for cmd.err == nil && !cmd.atEnd() {
		cmd.sp()
		wanted = append(wanted, strings.ToLower(cmd.astring()))
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	if len(wanted) == 0 {
		c.untagged("LANGUAGE (%s)", strings.Join(languages, " "))
		return ok("LANGUAGE completed")
	}
	for _, tag := range wanted {
		if tag == "default" {
			tag = "i-default"
		}
		if !slices.Contains(languages, tag) {
			continue
		}
		c.language = tag
		c.untagged("LANGUAGE (%s)", tag)
		if tag == "de" {
			return ok("Sprache gewählt")
		}
		return ok("language chosen")
	}
	return no("", "unsupported language %s", strings.Join(wanted, ", "))
}
