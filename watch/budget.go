package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// share decides, on the first connection there is, how the mailboxes are spread
// over connections, and starts those. The line keeps the first mailboxes.
func (r *run) share(ctx context.Context, l *line, c *imap.Client) Mode {
	mine := l.mine()
	r.mu.Lock()
	alone := len(r.lines) == 1 && !l.began
	r.mu.Unlock()
	if alone && len(mine) > 1 && modeFor(c, len(mine)) == ModeRotate && r.listen != ModeRotate {
		last := min(r.connections, len(mine)) - 1 // the line that has the rest
		l.keep(mine[last:])
		for _, b := range mine[:last] {
			r.begin(ctx, []*box{b})
		}
		mine = l.mine()
	}
	mode := r.listen
	if mode == "" {
		mode = modeFor(c, len(mine))
	}
	return mode
}

// only says whether the line is the one that began it all.
func (r *run) only(l *line) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines) == 0 || r.lines[0] == l
}

// merge gives the line's mailboxes to the first line, since the server lets us
// have fewer connections. It says whether there is another one.
func (l *line) merge() bool {
	r := l.run
	r.mu.Lock()
	if len(r.lines) < 2 || r.lines[0] == l {
		r.mu.Unlock()
		return false
	}
	first := r.lines[0]
	r.mu.Unlock()
	l.log.Info("watch: too many connections; the mailboxes share one", "mailboxes", l.names())
	first.adopt(l.mine())
	return true
}
