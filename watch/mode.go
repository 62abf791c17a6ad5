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

// modeFor is how to hear of n mailboxes on a connection without NOTIFY.
func modeFor(c *imap.Client, n int) Mode {
	switch {
	case !hasIdle(c):
		return ModePoll
	case n == 1:
		return ModeIdle
	}
	return ModeRotate
}

func hasIdle(c *imap.Client) bool { return c.Has("IDLE") || c.Has("IMAP4REV2") }

// needs is the capability for a mode; "": none.
func needs(m Mode) string {
	switch m {
	case ModeNotify:
		return "NOTIFY"
	case ModeIdle, ModeRotate:
		return "IDLE"
	}
	return ""
}

// offers says whether the server can do a mode.
func offers(c *imap.Client, m Mode) bool {
	need := needs(m)
	return need == "" || c.Has(need) || need == "IDLE" && hasIdle(c)
}
