package imap

// notifyState is what NOTIFY has set. It is guarded by the client's mutex; the
// zero value is a connection on which NOTIFY was never used.
type notifyState struct {
	on   bool // the server tells of mailboxes by itself
	deaf bool // it tells nothing of the selected one, also not in IDLE
	// expunges says that EXPUNGE may come at any time, also where RFC 9051
	// §7.5.1 does not allow it.
	expunges bool
	// kept is a listener that nobody loops over at present: what it has is for
	// the next loop.
	kept *listener[Event]
}

// begin is called when NOTIFY is written: the server may speak from now on.
func (s *notifyState) begin(c *Client, opts *NotifyOptions) {
	s.expunges = s.expunges || opts.expunges()
	if len(opts.Groups) > 0 && s.kept == nil && len(c.events.all) == 0 {
		s.kept = c.events.join()
	}
}

// set is called at the tagged OK.
func (s *notifyState) set(c *Client, opts *NotifyOptions) {
	s.on, s.deaf, s.expunges = len(opts.Groups) > 0, true, opts.expunges()
	for _, g := range opts.Groups {
		if g.selected() && len(g.Events) > 0 {
			s.deaf = false
		}
	}
	if !s.on {
		s.dropKept(c)
	}
	if s.deaf && c.box != nil {
		c.dropIdleLoops(c.box, ErrNotNotified)
	}
}

// restore is called when NOTIFY was refused.
func (s *notifyState) restore(c *Client, old notifyState) {
	s.on, s.deaf, s.expunges = old.on, old.deaf, old.expunges
	if !s.on {
		s.dropKept(c)
	}
}

func (s *notifyState) dropKept(c *Client) {
	if s.kept != nil {
		c.events.leave(s.kept)
		s.kept = nil
	}
}

// expunges says whether messages of the selected mailbox may go at any time.
func (o *NotifyOptions) expunges() bool {
	for _, g := range o.Groups {
		if g.Mailboxes == NotifySelected && g.has(NotifyMessageExpunge) {
			return true
		}
	}
	return false
}

// notifyOverflow is called for NOTIFICATIONOVERFLOW: the server behaves as if
// it were told NOTIFY NONE (RFC 5465 §5.8).
func (c *Client) notifyOverflow(text string) {
	if !c.notify.on {
		return
	}
	c.notify.on, c.notify.deaf, c.notify.expunges = false, true, false
	c.events.add(NotifyEnded{Text: text}, 0)
	if c.box != nil {
		c.dropIdleLoops(c.box, ErrNotNotified)
		c.changed()
	}
}

// forgetNotify is called when the session begins anew.
func (c *Client) forgetNotify() {
	c.notify.dropKept(c)
	c.notify = notifyState{}
}
