package watch

import "github.com/idlewild-mail/idlewild/imap"

// Mode is how a connection hears of news.
type Mode string

// The modes.
const (
	// ModeNotify: the server tells of all mailboxes, on one connection (NOTIFY,
	// RFC 5465).
	ModeNotify Mode = "notify"
	// ModeIdle: the server tells of the connection's one mailbox (IDLE, RFC 2177).
	ModeIdle Mode = "idle"
	// ModeRotate: the server tells of one mailbox by IDLE, and is asked for the
	// STATUS of the others every Watcher.Poll.
	ModeRotate Mode = "rotate"
	// ModePoll: the server is asked every Watcher.Poll.
	ModePoll Mode = "poll"
)

// mayIdle says whether the server offers IDLE.
func mayIdle(c *imap.Client) bool { return c.Has("IDLE") || c.Has("IMAP4REV2") }

// modeFor is how to hear of n mailboxes on a connection.
func modeFor(c *imap.Client, n int) Mode {
	switch {
	case !mayIdle(c):
		return ModePoll
	case n == 1:
		return ModeIdle
	}
	return ModeRotate
}
