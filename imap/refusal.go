package imap

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// What a refusal is about, where servers say it in words. errors.Is finds them
// in a *ResponseError, and in the error of a connection that ended with such a
// BYE. The words are those of Gmail, Exchange and others; a server with other
// words, or in another language, gets none of them.
var (
	// ErrThrottled says that the server had enough for now: too many commands,
	// or too many bytes. Backoff tells how long to wait, if the server said so.
	ErrThrottled = errors.New("imap: the server asks to slow down")
	// ErrTooManyConnections says that the user has as many as allowed.
	ErrTooManyConnections = errors.New("imap: too many connections of this user")
	// ErrAppPassword says that the account needs a password made for this
	// application in place of its own, or OAuth.
	ErrAppPassword = errors.New("imap: the account needs a password made for this application")
	// ErrWebLogin says that the user has to log in with a browser first;
	// ResponseError.URL says where.
	ErrWebLogin = errors.New("imap: the user has to log in with a browser first")
	// ErrIMAPDisabled says that IMAP is turned off for the account.
	ErrIMAPDisabled = errors.New("imap: IMAP is turned off for this account")
	// ErrNotConnected is Exchange's "User is authenticated but not connected":
	// a login that was accepted and is of no use, because the user has no
	// mailbox there, no right to it, or too many connections.
	ErrNotConnected = errors.New("imap: the login was accepted, but there is no mailbox behind it")
)

// codeWebAlert is Gmail's, in an untagged NO before the refusal of a login.
const codeWebAlert Code = "WEBALERT"

// refusals are the words, in lower case, that say such a thing; the first that
// is found counts.
var refusals = []struct {
	words string
	means error
}{
	{"suggested backoff time", ErrThrottled}, // Exchange
	{"request is throttled", ErrThrottled},
	{"server unavailable. 15", ErrThrottled}, // https://github.com/lefcha/imapfilter/issues/146
	{"rate limit", ErrThrottled},             // Yahoo: https://github.com/postalsys/imapflow/issues/75
	{"bandwidth limits", ErrThrottled},       // Gmail: [OVERQUOTA] Account exceeded command or bandwidth limits.
	{"authenticated but not connected", ErrNotConnected},
	{"too many simultaneous connections", ErrTooManyConnections}, // Gmail
	{"too many connections", ErrTooManyConnections},
	{"maximum number of connections", ErrTooManyConnections}, // Dovecot
	{"application-specific password", ErrAppPassword},        // Gmail
	{"log in via your web browser", ErrWebLogin},
	{"web login required", ErrWebLogin},
	{"not enabled for imap use", ErrIMAPDisabled}, // Gmail: Your account is not enabled for IMAP use.
	{"imap access is disabled", ErrIMAPDisabled},
}

// refusalMeans returns what the words of a refusal mean, or nil.
func refusalMeans(text string) error {
	text = strings.ToLower(text)
	for _, r := range refusals {
		if strings.Contains(text, r.words) {
			return r.means
		}
	}
	return nil
}

const longestBackoff = 24 * time.Hour

// Backoff returns how long the server asked to be left alone, 0 if it did not:
// Exchange's "Suggested Backoff Time: 299923 milliseconds". It is the server's
// word, at most a day.
func Backoff(err error) time.Duration {
	text := ""
	if e, ok := errors.AsType[*ResponseError](err); ok {
		text = e.Text
	} else if bye, ok := ByeText(err); ok {
		text = bye
	}
	_, rest, _ := strings.Cut(strings.ToLower(text), "suggested backoff time: ")
	number, _, unit := strings.Cut(rest, " millisecond")
	ms, bad := strconv.ParseUint(number, 10, 63)
	if !unit || bad != nil {
		return 0
	}
	return time.Duration(min(ms, uint64(longestBackoff.Milliseconds()))) * time.Millisecond
}
