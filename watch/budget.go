package watch

import (
	"context"
	"fmt"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
)

// choose decides how this session hears of news. On the first one there is, the
// mailboxes are spread over connections.
func (s *session) choose(ctx context.Context) error {
	if m := s.listen; m != "" && !offers(s.client, m) {
		return fmt.Errorf("the server cannot do what Watcher.Listen asks for, %q: %w", m,
			&imap.UnsupportedError{What: "watching by " + string(m), Capability: needs(m)})
	}
	mine := s.mine()
	switch {
	case s.listen == ModePoll, s.listen == ModeNotify, s.listen == ModeRotate && len(mine) > 1:
		s.become(s.listen)
	case s.listen == "" && len(mine) > 1 && offers(s.client, ModeNotify):
		s.become(ModeNotify)
	default:
		s.share(ctx, mine)
		s.become(modeFor(s.client, len(s.mine())))
	}
	return nil
}

// share gives as many mailboxes a connection of their own as there may be. The
// line keeps the rest.
func (s *session) share(ctx context.Context, mine []*box) {
	most := min(s.connections, len(mine)) - 1 // without this one
	if s.began || most == 0 || !hasIdle(s.client) || !s.alone() {
		return
	}
	s.keep(mine[most:])
	for _, b := range mine[:most] {
		s.begin(ctx, []*box{b})
	}
}

// alone says whether there is no other line.
func (l *line) alone() bool {
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	return len(l.lines) == 1
}

// first says whether the line is the oldest one, mostly the one that began it all.
func (l *line) first() bool {
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	return len(l.lines) == 0 || l.lines[0] == l
}

// merge gives the line's mailboxes to another line, since the server lets us have
// fewer connections: to one that has a connection, or else to the first. It says
// whether there is one.
func (l *line) merge() bool {
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	to := l.heir()
	if to == nil {
		return false
	}
	mine := l.mine()
	l.log.Info("watch: too many connections; the mailboxes share one", "mailboxes", l.names())
	for _, b := range mine {
		b.visited = false // in the other's session
	}
	to.adopt(mine)
	l.run.lines = slices.DeleteFunc(l.run.lines, func(o *line) bool { return o == l })
	return true
}

// heir is the line to merge with; nil: there is none. It is called with the run's
// lock, so that no two lines merge with each other.
func (l *line) heir() *line {
	for _, o := range l.run.lines {
		if o != l && o.connected() {
			return o
		}
	}
	if first := l.run.lines[0]; first != l {
		return first
	}
	return nil
}

func (l *line) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session != nil
}
