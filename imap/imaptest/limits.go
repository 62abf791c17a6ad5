package imaptest

import "time"

// Limits say how long sessions live, how many logins and commands a user has, and
// what is said to those who want more. The zero value limits nothing. How many
// sessions there may be at once is Options.MaxConnections.
type Limits struct {
	// Session is how long a session lives, counted from its login, and Token how
	// long one does that has logged in with a token. Zero: for ever.
	Session    time.Duration
	SessionBye string // text of the BYE; empty: the connection closes without a word
	Token      time.Duration
	TokenBye   string

	// Inactive is how long a session lives after the client last said something.
	// Zero: for ever.
	Inactive     time.Duration
	InactiveBye  string
	NoopIsNone   bool // NOOP does not count as having said something
	IdleIsActive bool // the time in IDLE does not count

	// IdleMin and IdleMax are how long one IDLE can last: by chance, which
	// Options.Seed decides, something in between. Zero IdleMax: for ever.
	IdleMin, IdleMax time.Duration
	IdleBye          string
	IdleSwallow      bool // the connection then goes dead in place of being closed

	// TooMany is the answer to a login above Options.MaxConnections, with its code
	// if it has one. Empty: "[LIMIT] too many connections". With FakeLogin the
	// login succeeds, and TooMany is the text of a BAD to whatever comes next.
	TooMany   string
	FakeLogin bool

	// Logins is how many attempts to log in a user has Within a time; further ones
	// are refused, and count too. Zero: any number. They lock the user for the
	// time of Lock.
	Logins     int
	Within     time.Duration
	LoginsText string // of the NO
	LoginsBye  string // of a BYE that follows it, and closes; empty: none
	Lock       time.Duration

	// Commands is how many commands the sessions of a user have together within
	// CommandsWithin. Zero: any number. Others but LOGOUT are answered
	// CommandsText, a text with its status where %d stands for the milliseconds
	// left, and those who go on so for Patience commands get a BYE.
	Commands       int
	CommandsWithin time.Duration
	CommandsText   string
	Patience       int // 0: without end
	CommandsBye    string
}

// window notes when things happened within a time.
type window []time.Time

// note forgets what was before the time, and notes one more. It returns how many
// there are now, and when the oldest is forgotten.
func (w *window) note(within time.Duration) (n int, left time.Duration) {
	now := time.Now()
	for len(*w) > 0 && now.Sub((*w)[0]) >= within {
		*w = (*w)[1:]
	}
	*w = append(*w, now)
	return len(*w), within - now.Sub((*w)[0])
}

// mayTry says why the user may not even try to log in now, or nil.
func (u *User) mayTry(c *conn) *reply {
	l := &u.srv.opts.Limits
	if l.Logins <= 0 {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n, _ := u.attempts.note(l.Within)
	if n > l.Logins {
		u.locked = time.Now().Add(l.Lock)
	} else if !time.Now().Before(u.locked) {
		return nil
	}
	c.parting = l.LoginsBye
	u.refused = noted(u.refused)
	r := no("", "%s", l.LoginsText)
	return &r
}

// throttle says why a command is not executed now, or nil.
func (c *conn) throttle(cmd *command) *reply {
	u := c.user.Load()
	if u == nil || cmd.name == "LOGOUT" {
		return nil
	}
	l := &c.srv.opts.Limits
	if c.fake {
		r := bad("%s", l.TooMany)
		return &r
	}
	if l.Commands <= 0 {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n, left := u.recent.note(l.CommandsWithin)
	if n <= l.Commands {
		c.throttled = 0
		return nil
	}
	u.recent = u.recent[:n-1] // what is refused does not count
	if c.throttled++; l.Patience > 0 && c.throttled > l.Patience {
		c.parting = l.CommandsBye
	}
	r := (&Action{Reply: sprintf(l.CommandsText, left.Milliseconds())}).reply()
	return &r
}
