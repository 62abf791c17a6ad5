package watch

import (
	"context"
	"fmt"

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

// first says whether the line is the one that began it all, and that takes over
// what others have to give up.
func (l *line) first() bool {
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	return len(l.lines) == 0 || l.lines[0] == l
}

// merge gives the line's mailboxes to the first line, since the server lets us
// have fewer connections. It says whether there is another one.
func (l *line) merge() bool {
	if l.first() {
		return false
	}
	l.run.mu.Lock()
	first := l.lines[0]
	l.run.mu.Unlock()
	l.log.Info("watch: too many connections; the mailboxes share one", "mailboxes", l.names())
	mine := l.mine()
	for _, b := range mine {
		b.visited = false // in the other's session
	}
	first.adopt(mine)
	return true
}
