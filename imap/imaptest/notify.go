package imaptest

import (
	"slices"
	"strings"
)

// watched is what NOTIFY has set for a connection (RFC 5465). The zero value is
// NOTIFY NONE: nothing is told. It belongs to whoever holds the connection's
// turn.
type watched struct {
	groups   []watchGroup
	selected *watchGroup // of SELECTED or SELECTED-DELAYED; nil: NONE

	// What the client knows: told against this.
	seen       map[*mailbox]seenBox
	names      map[*mailbox]string
	hidden     map[*mailbox]bool // that the user has no right to see
	subscribed map[string]bool
	metadata   map[*mailbox]metadata // the maps never change; nil: the server's
}

// watchGroup is one event-group.
type watchGroup struct {
	kind   string // the word of filter-mailboxes, upper case
	names  []string
	events []string // upper case; none: NONE
	fetch  []fetchItem
}

// seenBox is what a client was told of a mailbox that it has not selected.
type seenBox struct {
	uidNext  uint32
	removals uint64
	flagged  uint64
	unseen   int
}

func seenNow(b *mailbox) seenBox {
	unseen, _ := b.unseen()
	return seenBox{uidNext: b.uidNext, removals: b.removals, flagged: b.flagged, unseen: unseen}
}

// notifyEvents are the events that the server knows, as BADEVENT names them.
func (c *conn) notifyEvents() string {
	events := "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
	if c.can("METADATA") {
		events += " MailboxMetadataChange ServerMetadataChange"
	}
	return events
}

// notifyCommand is NOTIFY. RFC 5465 §3.1.
func (c *conn) notifyCommand(cmd *command) reply {
	cmd.sp()
	w := new(watched)
	status := false
	if !cmd.keyword("NONE") {
		status = cmd.notifySet(w)
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	known := c.notifyEvents()
	for _, g := range w.groups {
		for _, e := range g.events {
			if !slices.Contains(strings.Fields(strings.ToUpper(known)), e) {
				return no("BADEVENT ("+known+")", "the event %s is not known", e)
			}
		}
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	w.adopt(u)
	c.watch = w
	c.watching.Store(len(w.groups) > 0)
	if len(w.groups) == 0 {
		delete(u.watchers, c)
		return ok("NOTIFY completed")
	}
	u.watchers[c] = struct{}{}
	if status {
		c.sayWatched(u)
	}
	return ok("NOTIFY completed")
}

// notifySet: RFC 5465 §8.
func (p *parser) notifySet(w *watched) (status bool) {
	if !p.keyword("SET") {
		p.fail("NOTIFY takes SET or NONE")
	}
	p.sp()
	if status = p.keyword("STATUS"); status {
		p.sp()
	}
	for {
		g := p.eventGroup()
		w.groups = append(w.groups, g)
		if strings.HasPrefix(g.kind, "SELECTED") {
			if w.selected != nil {
				p.fail("NOTIFY: only one group is for the selected mailbox")
			}
			w.selected = &g
		}
		if p.err != nil || !p.accept(' ') {
			break
		}
	}
	if w.selected != nil && len(w.selected.events) == 0 {
		w.selected = nil
	}
	return status
}

func (p *parser) eventGroup() watchGroup {
	p.expect('(')
	g := watchGroup{kind: strings.ToUpper(p.atom())}
	switch g.kind {
	case "SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED":
	case "SUBTREE", "MAILBOXES":
		p.sp()
		if p.peek() == '(' {
			p.list(1, func() { g.names = append(g.names, p.mailbox()) })
		} else {
			g.names = []string{p.mailbox()}
		}
	default:
		p.fail("NOTIFY does not know %s", g.kind)
	}
	p.sp()
	if !p.keyword("NONE") {
		p.list(1, func() { p.event(&g) })
	}
	p.expect(')')
	p.checkEvents(&g)
	return g
}

func (p *parser) event(g *watchGroup) {
	name := strings.ToUpper(p.atom())
	g.events = append(g.events, name)
	if name != "MESSAGENEW" || !strings.HasPrefix(string(p.rest()), " (") {
		return
	}
	p.sp()
	p.list(1, func() { g.fetch = append(g.fetch, p.fetchItem()) })
	if !strings.HasPrefix(g.kind, "SELECTED") {
		p.fail("NOTIFY: items of FETCH are for the selected mailbox")
	}
}

// checkEvents: RFC 5465 §5.
func (p *parser) checkEvents(g *watchGroup) {
	comes, goes := g.has("MESSAGENEW"), g.has("MESSAGEEXPUNGE")
	if comes != goes || !comes && (g.has("FLAGCHANGE") || g.has("ANNOTATIONCHANGE")) {
		p.fail("NOTIFY: MessageNew and MessageExpunge go together, and with the others")
	}
	for _, e := range g.events {
		if strings.HasPrefix(g.kind, "SELECTED") && (strings.HasPrefix(e, "MAILBOX") || strings.HasPrefix(e, "S")) {
			p.fail("NOTIFY: only events of messages are told of the selected mailbox")
		}
	}
}

func (g *watchGroup) has(event string) bool { return slices.Contains(g.events, event) }

// covers says whether the group is about a mailbox of that name.
func (g *watchGroup) covers(u *User, name string) bool {
	switch g.kind {
	case "INBOXES", "PERSONAL":
		return true
	case "SUBSCRIBED":
		return u.subscribed[name]
	case "MAILBOXES":
		return slices.Contains(g.names, name)
	case "SUBTREE":
		return slices.ContainsFunc(g.names, func(top string) bool {
			return name == top || strings.HasPrefix(name, top+"/")
		})
	}
	return false
}

// wants says whether an event of a mailbox that is not selected is to be told.
func (w *watched) wants(u *User, name, event string) bool {
	return slices.ContainsFunc(w.groups, func(g watchGroup) bool { return g.has(event) && g.covers(u, name) })
}

// adopt takes what there is for what the client knows.
func (w *watched) adopt(u *User) {
	w.seen = make(map[*mailbox]seenBox)
	for _, b := range u.boxes {
		w.seen[b] = seenNow(b)
	}
	w.adoptNames(u)
	w.adoptMetadata(u)
}

func (w *watched) adoptNames(u *User) {
	w.names = make(map[*mailbox]string)
	w.hidden = make(map[*mailbox]bool)
	for name, b := range u.boxes {
		w.names[b] = name
		if b.hidden() {
			w.hidden[b] = true
		}
	}
	w.subscribed = make(map[string]bool)
	for name, on := range u.subscribed {
		w.subscribed[name] = on
	}
}

// immediate says whether EXPUNGE may be said at any time.
func (w *watched) immediate() bool { return w.selected != nil && w.selected.kind == "SELECTED" }

// withholdsFlags says whether changes of flags in the selected mailbox are not
// to be told.
func (c *conn) withholdsFlags() bool {
	return c.watch != nil && !c.watch.selected.has("FLAGCHANGE")
}

// unwatch forgets NOTIFY, as a new session does.
func (c *conn) unwatch() {
	if c.watch == nil {
		return
	}
	if u := c.user.Load(); u != nil {
		u.mu.Lock()
		delete(u.watchers, c)
		u.mu.Unlock()
	}
	c.watch = nil
	c.watching.Store(false)
}

// wakeWatchers lets those know that have used NOTIFY. It is called with mu held.
func (u *User) wakeWatchers() {
	for c := range u.watchers {
		c.wake()
	}
}

// EndNotify makes the server say NOTIFICATIONOVERFLOW to all connections of the
// user that use NOTIFY, and tell them nothing more.
func (s *Server) EndNotify(user, text string) error {
	u, err := s.lookup(user)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.watchers {
		c.overflow.Store(&text)
		c.wake()
	}
	return nil
}
