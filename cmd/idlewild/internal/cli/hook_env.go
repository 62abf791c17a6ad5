package cli

import (
	"path/filepath"
	"strconv"
	"strings"
)

// hookValue is the longest value that a command gets in its environment: a
// system that takes less than the whole would start nothing at all. The JSON on
// stdin has every value whole.
const hookValue = 4 << 10

// hookEnviron is our environment without what is ours: a command is not told the
// password, nor variables of an event that is not its own.
func hookEnviron(environ []string) (kept []string) {
	for _, v := range environ {
		if !strings.HasPrefix(strings.ToUpper(v), "IDLEWILD_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// newHookInput makes a record ready for the command.
func newHookInput(r record) (*hookInput, error) {
	text, err := encodeJSON(r)
	if err != nil {
		return nil, err
	}
	about := r.about()
	in := &hookInput{json: text, what: about.Event}
	in.set("EVENT", about.Event)
	in.set("ACCOUNT", about.Account)
	in.set("TIME", about.Time)
	if about.id != "" {
		in.set("ID", about.id)
	}
	if about.mailbox != "" {
		in.set("MAILBOX", about.mailbox)
		in.what += " " + about.mailbox
	}
	if about.uidValidity != 0 {
		in.set("UIDVALIDITY", strconv.FormatUint(uint64(about.uidValidity), 10))
	}
	if about.uid != 0 {
		in.set("UID", strconv.FormatUint(uint64(about.uid), 10))
		in.what += " #" + strconv.FormatUint(uint64(about.uid), 10)
	}
	return in, nil
}

// set adds a variable. No value of an environment can have a NUL.
func (in *hookInput) set(name, value string) {
	if len(value) > hookValue {
		value = strings.ToValidUTF8(value[:hookValue], "")
	}
	in.env = append(in.env, "IDLEWILD_"+name+"="+strings.ReplaceAll(value, "\x00", "\ufffd"))
}

// hookName is how lines of a command's output begin.
func hookName(command string) string { return filepath.Base(command) }
