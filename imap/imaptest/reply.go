package imaptest

import "fmt"

// reply is the tagged end of a command.
type reply struct {
	status string // OK, NO or BAD; empty: nothing is said
	code   string // without brackets
	text   string
}

func ok(format string, args ...any) reply {
	return reply{status: "OK", text: fmt.Sprintf(format, args...)}
}

func okCode(code, text string) reply { return reply{status: "OK", code: code, text: text} }

func no(code, format string, args ...any) reply {
	return reply{status: "NO", code: code, text: fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) reply {
	return reply{status: "BAD", text: fmt.Sprintf(format, args...)}
}

func badCredentials() reply { return no("AUTHENTICATIONFAILED", "invalid user name or password") }

// String is the reply as it follows the tag.
func (r reply) String() string {
	if r.code != "" {
		return r.status + " [" + r.code + "] " + r.text
	}
	return r.status + " " + r.text
}

// syntax is the reply to a command that could not be parsed.
func (cmd *command) syntax() reply { return bad("%s: %v", cmd.full(), cmd.err) }
