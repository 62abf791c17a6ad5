package imaptest

import "time"

// storm says EXISTS though nothing has come, until the faults are others.
func (s *Server) storm(f *Faults) {
	t := time.NewTicker(f.Storm)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.over:
			return
		case <-s.closing:
			return
		}
		for _, c := range s.live() {
			c.cryWolf(f.StormBy)
		}
	}
}

// live returns the connections that there are.
func (s *Server) live() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

// cryWolf says EXISTS if the client may be told something, and if nobody else
// speaks now.
func (c *conn) cryWolf(by int) {
	if !c.idle.Load() && !c.srv.opts.PushAlways {
		return
	}
	select {
	case c.turn <- struct{}{}:
		defer c.unlock()
	default:
		return
	}
	if c.view != nil && !c.over {
		c.number(len(c.view.messages)+by, "EXISTS")
		c.flush()
	}
}

// lagging is a message that sessions are not told of before its time.
type lagging struct {
	uid uint32
	due time.Time
}

// lag keeps the newest message from the sessions for a while.
func (b *mailbox) lag(uid uint32) {
	wait := b.user.srv.current().ExistsLag
	if wait <= 0 {
		return
	}
	b.late = append(b.late, lagging{uid, time.Now().Add(wait)})
	if len(b.late) == 1 {
		s := b.user.srv
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			s.wg.Go(b.catchUp)
		}
	}
}

// catchUp lets the sessions know of late messages when their time has come.
func (b *mailbox) catchUp() {
	u := b.user
	for {
		u.mu.Lock()
		if b.announced(); len(b.late) == 0 {
			u.mu.Unlock()
			return
		}
		t := time.NewTimer(time.Until(b.late[0].due))
		u.mu.Unlock()
		select {
		case <-t.C:
		case <-u.srv.closing:
			t.Stop()
			return
		}
		u.mu.Lock()
		b.notify()
		u.mu.Unlock()
	}
}

// announced returns the messages that sessions may be told of now, and the UID
// from which on they may not.
func (b *mailbox) announced() ([]*message, uint32) {
	for len(b.late) > 0 && !b.late[0].due.After(time.Now()) {
		b.late = b.late[1:]
	}
	if len(b.late) == 0 {
		return b.messages, b.uidNext
	}
	i, _ := byUID(b.messages, b.late[0].uid)
	return b.messages[:i], b.late[0].uid
}
