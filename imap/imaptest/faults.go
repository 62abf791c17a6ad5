package imaptest

import "time"

// Faults says how a server, or a wrapped connection, misbehaves. The zero value
// misbehaves in no way. A Faults in use must not be changed: give the server
// another one with SetFaults.
type Faults struct {
	// The first group is about bytes. On a server it works on what the client's
	// parser sees, above TLS; WrapConn works where it is put.

	Split      int           // every write in pieces of so many bytes; 0: whole
	SplitSeed  uint64        // every write in pieces of random size; 0: whole
	WriteDelay time.Duration // before every piece; 0: none
	CutAfter   int64         // close after so many bytes written; 0: never

	// The rest works on servers only.

	RefuseConnect    bool          // Dial fails; accepted connections are closed at once
	ByeOnConnect     string        // text of a BYE in place of the greeting
	GreetingDelay    time.Duration // before the greeting; negative: for ever
	RefuseLogin      string        // text of a NO to every login, with its code if any
	DropCapabilities []string      // neither said nor supported
	BeforeTagged     []string      // untagged lines, without "* ", before every tagged reply
	RefuseIdle       string        // text of a NO to IDLE
	MuteIdle         bool          // IDLE is accepted, and nothing reported in it
	HoldExists       bool          // news is told in answer to NOOP and CHECK only
	Evict            Eviction      // what becomes of sessions whose mailbox is deleted or made \Noselect

	// Hook is asked before every command what to do about it; nil means to go
	// on. It is called when the first line of the command is read, by many
	// goroutines at once.
	Hook func(Call) *Action
}

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

// SetFaults changes the faults of all connections, the live ones too, from now
// on. CutAfter counts from now on. Nil: no faults.
func (s *Server) SetFaults(f *Faults) { s.faults.Store(f) }

// Blackhole makes all live connections swallow what they are sent and never say
// anything again, without closing them: what a client sees when the network
// loses its state. New connections work.
func (s *Server) Blackhole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.dead.Store(true)
	}
}

// current returns the faults of the server, none in place of nil.
func (s *Server) current() *Faults {
	if f := s.faults.Load(); f != nil {
		return f
	}
	return new(Faults)
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
