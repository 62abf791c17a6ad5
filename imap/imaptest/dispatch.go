package imaptest

// handler executes one command and returns its tagged reply.
type handler func(*conn, *command) reply

// step reads and executes one command. It reports whether the connection goes
// on.
func (c *conn) step() bool {
	cmd, err := c.readCommand()
	if err != nil {
		return false
	}
	if c.wire.dead.Load() {
		return true
	}
	r := c.execute(cmd)
	if a := cmd.action; a != nil && a.CutReply {
		c.out = c.out[:0]
		return false
	}
	c.conclude(cmd, r)
	return !c.over
}

// execute finds the command's handler and runs it.
func (c *conn) execute(cmd *command) reply {
	c.count(cmd)
	c.heard(cmd.name)
	if cmd.refused != nil {
		return *cmd.refused
	}
	if r := c.bereft(cmd); r != nil {
		return *r
	}
	if r := c.throttle(cmd); r != nil {
		return *r
	}
	h, r := c.find(cmd)
	if h == nil {
		return r
	}
	return h(c, cmd)
}

// conclude says what is new and then the tagged reply.
func (c *conn) conclude(cmd *command, r reply) {
	if r.status == "" {
		return
	}
	f := c.faults()
	c.meet()
	if c.tellsAfter(cmd, f) {
		c.adding = cmd.adds()
		c.sync(cmd.mayExpunge())
		c.adding = false
		c.syncWatched()
	}
	c.settleModSeq(cmd, &r)
	for _, line := range f.BeforeTagged {
		c.untagged("%s", line)
	}
	tag := cmd.tag
	if tag == "" {
		tag = "*"
	}
	c.out = append(c.out, tag...)
	c.out = append(c.out, ' ')
	c.out = append(c.out, r.String()...)
	c.crlf()
	c.mayFlush()
	c.part()
}

// tellsAfter says whether what is new is told with the reply to a command.
func (c *conn) tellsAfter(cmd *command, f *Faults) bool {
	switch {
	case f.HoldUntilSelect:
		return cmd.removes()
	case cmd.name == "IDLE" && c.mute(f):
		return false
	}
	return !f.HoldExists || cmd.name == "NOOP" || cmd.name == "CHECK"
}

// find returns the handler of a command, or why it cannot be given now.
func (c *conn) find(cmd *command) (handler, reply) {
	if need := c.requires(cmd); need != "" && !c.can(need) {
		return nil, bad("unknown command %s", cmd.full())
	}
	if !cmd.uid && cmd.numbered() && c.enabled["UIDONLY"] {
		r := bad("%s: message numbers are not allowed", cmd.name)
		r.code = "UIDREQUIRED"
		return nil, r
	}
	if cmd.uid {
		if h := uidCommand(cmd.name); h == nil {
			return nil, bad("unknown command %s", cmd.full())
		} else if c.view == nil {
			return nil, bad("%s: no mailbox is selected", cmd.full())
		} else {
			return h, reply{}
		}
	}
	if h := anyTimeCommand(cmd.name); h != nil {
		return h, reply{}
	}
	if h := loginCommand(cmd.name); h != nil {
		if c.user.Load() != nil {
			return nil, bad("%s: already logged in", cmd.name)
		}
		return h, reply{}
	}
	if h := userCommand(cmd.name); h != nil {
		if c.user.Load() == nil {
			return nil, bad("%s: not logged in", cmd.name)
		}
		if text := c.srv.opts.IDFirst; text != "" && !c.identified && (cmd.name == "SELECT" || cmd.name == "EXAMINE") {
			return nil, no("", "%s", text)
		}
		return h, reply{}
	}
	if h := selectedCommand(cmd.name); h != nil {
		if c.view == nil {
			return nil, bad("%s: no mailbox is selected", cmd.name)
		}
		return h, reply{}
	}
	return nil, bad("unknown command %s", cmd.name)
}

// requires names the capability without which a command is unknown.
func (c *conn) requires(cmd *command) string {
	switch cmd.name {
	case "IDLE", "MOVE", "UNSELECT", "NAMESPACE", "NOTIFY", "ID", "ENABLE", "REPLACE", "LANGUAGE", "UNAUTHENTICATE":
		return cmd.name
	case "GENURLAUTH", "RESETKEY", "URLFETCH":
		return "URLAUTH"
	case "GETJMAPACCESS":
		return "JMAPACCESS"
	case "UIDBATCHES", "SORT":
		return cmd.name
	case "COMPRESS":
		return "COMPRESS=DEFLATE"
	case "SETACL", "DELETEACL", "GETACL", "LISTRIGHTS", "MYRIGHTS":
		return "ACL"
	case "GETQUOTA", "GETQUOTAROOT", "SETQUOTA":
		return "QUOTA"
	case "GETMETADATA", "SETMETADATA":
		return "METADATA"
	case "ESEARCH":
		return "MULTISEARCH"
	case "CANCELUPDATE":
		return "CONTEXT=SEARCH"
	case "EXPUNGE":
		if cmd.uid {
			return "UIDPLUS"
		}
	}
	return ""
}

func anyTimeCommand(name string) handler {
	switch name {
	case "CAPABILITY":
		return (*conn).capability
	case "NOOP":
		return (*conn).noop
	case "LOGOUT":
		return (*conn).logout
	case "ID":
		return (*conn).identify
	case "LANGUAGE":
		return (*conn).setLanguage
	}
	return nil
}

func loginCommand(name string) handler {
	switch name {
	case "STARTTLS":
		return (*conn).startTLS
	case "AUTHENTICATE":
		return (*conn).authenticate
	case "LOGIN":
		return (*conn).login
	}
	return nil
}

func userCommand(name string) handler {
	switch name {
	case "SELECT", "EXAMINE":
		return (*conn).selectMailbox
	case "GETJMAPACCESS":
		return (*conn).jmapAccess
	case "CREATE":
		return (*conn).create
	case "DELETE":
		return (*conn).deleteMailbox
	case "RENAME":
		return (*conn).rename
	case "SUBSCRIBE", "UNSUBSCRIBE":
		return (*conn).subscribe
	case "LIST", "LSUB":
		return (*conn).list
	case "STATUS":
		return (*conn).status
	case "APPEND":
		return (*conn).appendMessage
	case "IDLE":
		return (*conn).doIdle
	case "NAMESPACE":
		return (*conn).namespace
	case "NOTIFY":
		return (*conn).notifyCommand
	case "ENABLE":
		return (*conn).enable
	case "ESEARCH":
		return (*conn).multiSearch
	case "GENURLAUTH":
		return (*conn).genURLAuth
	case "RESETKEY":
		return (*conn).resetKey
	case "URLFETCH":
		return (*conn).urlFetch
	case "COMPRESS":
		return (*conn).compress
	case "UNAUTHENTICATE":
		return (*conn).unauthenticate
	}
	return adminCommand(name)
}

func adminCommand(name string) handler {
	switch name {
	case "SETACL":
		return (*conn).setACL
	case "DELETEACL":
		return (*conn).deleteACL
	case "GETACL":
		return (*conn).getACL
	case "LISTRIGHTS":
		return (*conn).listRights
	case "MYRIGHTS":
		return (*conn).myRights
	case "GETQUOTA":
		return (*conn).getQuota
	case "GETQUOTAROOT":
		return (*conn).getQuotaRoot
	case "SETQUOTA":
		return (*conn).setQuota
	case "GETMETADATA":
		return (*conn).getMetadata
	case "SETMETADATA":
		return (*conn).setMetadata
	}
	return nil
}

func selectedCommand(name string) handler {
	switch name {
	case "CHECK":
		return (*conn).noop
	case "CANCELUPDATE":
		return (*conn).cancelUpdate
	case "CLOSE":
		return (*conn).closeMailbox
	case "UIDBATCHES":
		return (*conn).uidBatches
	case "UNSELECT":
		return (*conn).unselect
	case "EXPUNGE":
		return (*conn).expunge
	}
	return uidCommand(name)
}

func uidCommand(name string) handler {
	switch name {
	case "SEARCH":
		return (*conn).search
	case "SORT":
		return (*conn).sort
	case "THREAD":
		return (*conn).thread
	case "FETCH":
		return (*conn).fetch
	case "STORE":
		return (*conn).store
	case "COPY", "MOVE":
		return (*conn).copyMessages
	case "EXPUNGE":
		return (*conn).expunge
	case "REPLACE":
		return (*conn).replace
	}
	return nil
}

// numbered says whether a command without UID is about message numbers.
func (cmd *command) numbered() bool {
	switch cmd.name {
	case "FETCH", "STORE", "SEARCH", "COPY", "MOVE", "REPLACE", "SORT", "THREAD":
		return true
	}
	return false
}
