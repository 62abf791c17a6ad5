package imaptest

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats is what clients have done to a server since it was made.
type Stats struct {
	Connections int            // connections accepted
	Commands    map[string]int // commands by name, in upper case, of UID commands with "UID " before it
	Users       map[string]UserStats
}

// UserStats is what the clients of one user have done.
type UserStats struct {
	Logins   []time.Time    // when they logged in: the last 10,000 at least
	Refused  []time.Time    // when they were refused: the last 10,000 at least
	Sessions int            // connections logged in now
	Most     int            // the most that there were at once
	Commands map[string]int // as in Stats, those after logging in
}

// Stats returns what clients have done so far. The maps and slices are the
// caller's own.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	users := slices.Collect(maps.Values(s.users))
	stats := Stats{Connections: int(s.lastConn), Users: make(map[string]UserStats)}
	s.mu.Unlock()
	stats.Commands = s.commands.all()
	for _, u := range users {
		u.mu.Lock()
		stats.Users[u.name] = UserStats{
			Logins:   slices.Clone(u.entered),
			Refused:  slices.Clone(u.refused),
			Sessions: u.logins,
			Most:     u.most,
			Commands: u.commands.all(),
		}
		u.mu.Unlock()
	}
	return stats
}

// counter counts words. Any goroutine may use it.
type counter struct {
	mu sync.Mutex
	n  map[string]*int
}

// mostWords is how many different words a counter knows: what clients make up
// beyond that is counted as "".
const mostWords = 200

func (c *counter) add(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.n[word]; n != nil {
		*n++
		return
	}
	if c.n == nil {
		c.n = make(map[string]*int)
	}
	if len(c.n) >= mostWords {
		word = ""
	}
	if c.n[word] == nil {
		c.n[word] = new(int)
	}
	*c.n[word]++
}

func (c *counter) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]int, len(c.n))
	for word, n := range c.n {
		all[word] = *n
	}
	return all
}

// noted appends the time now, and forgets now and then what is long ago.
func noted(times []time.Time) []time.Time {
	const most = 10_000
	if len(times) >= 2*most {
		times = append(times[:0], times[most+1:]...)
	}
	return append(times, time.Now())
}

// count counts a command.
func (c *conn) count(cmd *command) {
	name := cmd.full()
	c.srv.commands.add(name)
	if u := c.user.Load(); u != nil {
		u.commands.add(name)
	}
}

// enterNow counts a session in. The user's mutex is held.
func (u *User) enterNow() {
	u.logins++
	u.most = max(u.most, u.logins)
	u.entered = noted(u.entered)
}

// noteRefusal notes a login that was refused.
func (u *User) noteRefusal() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refused = noted(u.refused)
}
