package watch

import "time"

// Status is how a Watch is doing: see Watcher.Status.
type Status struct {
	Mode      Mode // "": there was no connection yet
	Mailboxes []MailboxStatus
}

// MailboxStatus is how a mailbox of a Watch is doing.
type MailboxStatus struct {
	Mailbox string
	Online  bool   // there is a connection for it
	Mode    Mode   // of that connection
	Cursor  Cursor // of what has been looked at
	// Looked is when the mailbox was last looked at: nothing that arrived before
	// is missing. Before the first time it is when the Watch began.
	Looked time.Time
	Stale  bool // see the event
	// Missing says why the mailbox cannot be looked at; "": it can.
	Missing MissingReason
}

// Mode returns how the Watch under way hears of news, of several the one that
// began last; "": it has had no connection yet. Any goroutine may ask at any
// time, also inside the loop.
func (w *Watcher) Mode() Mode { return w.Status().Mode }

// Status returns how the Watch under way is doing, of several the one that began
// last. Any goroutine may ask at any time, also inside the loop.
func (w *Watcher) Status() Status {
	r := w.latest.Load()
	if r == nil {
		return Status{}
	}
	return r.status()
}

func (r *run) status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := Status{Mode: r.mode}
	for _, b := range r.boxes {
		b.sight.Lock()
		all.Mailboxes = append(all.Mailboxes, b.shown)
		b.sight.Unlock()
	}
	for _, l := range r.lines {
		l.mu.Lock()
		for _, b := range l.boxes {
			for i := range all.Mailboxes {
				if all.Mailboxes[i].Mailbox == b.name && l.session != nil {
					all.Mailboxes[i].Online, all.Mailboxes[i].Mode = true, l.session.shownMode
				}
			}
		}
		l.mu.Unlock()
	}
	return all
}

// show keeps what Status tells of a session.
func (s *session) show(mode Mode) {
	s.run.mu.Lock()
	s.run.mode = mode
	s.run.mu.Unlock()
	s.line.mu.Lock()
	s.shownMode = mode
	s.line.mu.Unlock()
}
