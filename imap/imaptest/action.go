package imaptest

import "time"

// Call is a command that a Hook is asked about.
type Call struct {
	Conn    uint32 // number of the connection, counted from 1
	User    string // empty before login
	Mailbox string // the selected one, or empty
	TLS     bool
	Tag     string
	Name    string // upper case; of UID commands with "UID " before it
	Args    string // the rest of the first line
}

// Action is what a Hook wants done. Its parts are done in the order they have
// here; the zero Action does nothing.
type Action struct {
	// Delay is waited first; negative means for ever, as Server.Blackhole does.
	Delay time.Duration

	// Untagged lines are said, without "* ".
	Untagged []string

	// Cut closes the connection.
	Cut bool

	// Bye is the text of a BYE, after which the connection is closed.
	Bye string

	// Reply is the tagged reply, "NO ...", "BAD ..." or "OK ...", in place of
	// executing the command. Where the client waits to be asked for a literal,
	// it comes in place of being asked.
	Reply string

	// CutReply executes the command and closes the connection with nothing said,
	// so that the client cannot know.
	CutReply bool
}

// reply turns Action.Reply into a reply.
func (a *Action) reply() reply {
	for _, status := range []string{"OK ", "NO ", "BAD "} {
		if len(a.Reply) >= len(status) && a.Reply[:len(status)] == status {
			return reply{status: status[:len(status)-1], text: a.Reply[len(status):]}
		}
	}
	return reply{status: "NO", text: a.Reply}
}

// consult asks the hook about a command.
func (c *conn) consult(cmd *command) *Action {
	hook := c.faults().Hook
	if hook == nil {
		return nil
	}
	call := Call{
		Conn: c.id,
		TLS:  c.secure,
		Tag:  cmd.tag,
		Name: cmd.full(),
		Args: string(cmd.rest()),
	}
	if u := c.user.Load(); u != nil {
		call.User = u.name
	}
	if c.view != nil {
		call.Mailbox = c.view.box.safeName()
	}
	if len(call.Args) > 0 && call.Args[0] == ' ' {
		call.Args = call.Args[1:]
	}
	return hook(call)
}

// obey does what the hook wants done before a command. It reports whether the
// connection goes on.
func (c *conn) obey(cmd *command) bool {
	a := cmd.action
	if a == nil {
		return true
	}
	if a.Delay != 0 && !c.sleep(a.Delay) {
		return false
	}
	for _, line := range a.Untagged {
		c.untagged("%s", line)
	}
	if a.Bye != "" && !a.Cut {
		c.untagged("BYE %s", a.Bye)
	}
	if a.Cut || a.Bye != "" {
		c.flush()
		return false
	}
	return true
}
