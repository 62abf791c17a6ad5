package imaptest

// Eviction says what becomes of the sessions that have a mailbox selected which
// is deleted, rebuilt, or not to be selected any more. Servers differ in that.
type Eviction string

// The kinds of Eviction.
const (
	// EvictBye says BYE at once and closes the connection, as Dovecot does.
	EvictBye Eviction = ""

	// EvictLate says nothing, also in IDLE, until the client's next command,
	// which is answered with BYE, as Cyrus does.
	EvictLate Eviction = "late"

	// EvictClosed says "* OK [CLOSED]" and leaves the session with no mailbox
	// selected. RFC 7162 §3.2.11.
	EvictClosed Eviction = "closed"

	// EvictNo says nothing, and NO [NONEXISTENT] to whatever is asked of the
	// mailbox. IDLE and NOOP go on as if nothing was.
	EvictNo Eviction = "no"

	// EvictQuiet says nothing at all: the session sees the mailbox for ever as
	// it was.
	EvictQuiet Eviction = "quiet"

	// EvictTold says "* OK [UIDVALIDITY n]" when a mailbox was rebuilt, and goes
	// on with the new messages under the old sequence numbers. Where there is no
	// mailbox to go on with it is EvictClosed.
	EvictTold Eviction = "told"
)

// fate is what became of the mailbox that a session has selected. It is set with
// the user's mutex held, for sessions of the mailbox only.
type fate struct {
	how  Eviction
	text string
	heir *mailbox // what to go on with; nil: nothing
}

// Evict lets the sessions that have a mailbox selected lose it, though it stays
// as it is for those that select it from now on.
func (s *Server) Evict(user, name string, how Eviction) error {
	return s.withAny(user, name, func(b *mailbox) error {
		b.evict(fate{how: how, text: "the mailbox has to be selected again"}, nil)
		return nil
	})
}

// evict does to the sessions of the mailbox, except one, what f says.
func (b *mailbox) evict(f fate, except *conn) {
	if f.how == EvictTold && f.heir == nil {
		f.how = EvictClosed
	}
	for c := range b.sessions {
		if c == except {
			continue
		}
		if f.how == EvictBye {
			delete(b.sessions, c)
			c.srv.wg.Go(func() { c.goodbye(f.text) })
			continue
		}
		c.fate.Store(&f)
		c.wake()
	}
}

// meet does what is to be done now about a mailbox that was taken away. It is
// called between commands, or at the end of one, without the user's mutex.
func (c *conn) meet() {
	f := c.fate.Load()
	switch {
	case f == nil:
	case f.how == EvictClosed:
		c.untagged("OK [CLOSED] %s", f.text)
		c.deselect()
	case f.how == EvictTold:
		c.inherit(f.heir)
	}
}

// bereft answers a command of a session whose mailbox was taken away, or returns
// nil if it can go on.
func (c *conn) bereft(cmd *command) *reply {
	f := c.fate.Load()
	if f == nil {
		return nil
	}
	switch f.how {
	case EvictLate:
		c.untagged("BYE %s", f.text)
		c.flush()
		c.over = true
		return &reply{}
	case EvictNo:
		if !cmd.needsMailbox() {
			return nil
		}
		r := no("NONEXISTENT", "%s", f.text)
		return &r
	}
	c.meet()
	return nil
}

// needsMailbox says whether the command is about the selected mailbox, other
// than to leave it.
func (cmd *command) needsMailbox() bool {
	switch cmd.name {
	case "CLOSE", "UNSELECT":
		return false
	}
	return cmd.uid || selectedCommand(cmd.name) != nil
}

// inherit goes on with another mailbox in place of the selected one, under the
// same sequence numbers as far as there are as many messages.
func (c *conn) inherit(heir *mailbox) {
	before := c.view
	c.deselect()
	heir.user.mu.Lock()
	defer heir.user.mu.Unlock()
	v := newView(heir, before.readOnly)
	v.rev2 = before.rev2
	c.view = v
	heir.sessions[c] = struct{}{}
	c.untagged("OK [UIDVALIDITY %d] the mailbox was rebuilt", heir.uidValidity)
	if n, said := heir.saidUIDNext(); said {
		c.untagged("OK [UIDNEXT %d] predicted next UID", n)
	}
	var gone numSet
	for n := len(before.messages); n > len(v.messages); n-- {
		if !c.vanishes() {
			c.number(n, "EXPUNGE")
		}
	}
	if c.vanishes() && len(before.messages) > len(v.messages) {
		for _, m := range before.messages[len(v.messages):] {
			gone = gone.add(m.uid)
		}
		c.sayVanished("", gone)
	}
	if len(v.messages) > len(before.messages) {
		c.number(len(v.messages), "EXISTS")
		c.sayRecent(v)
	}
}
