package watch

import "errors"

// Class says what kind of trouble an error is, in one word. It decides when the
// next attempt is made; see [Watcher.MaxWait].
type Class string

// The classes.
const (
	// ClassOutage passes by itself: the network, or the server, is not there. It
	// is tried again soon, then after longer and longer pauses.
	ClassOutage Class = "outage"
	// ClassLimit is a server that has had enough of us: too many connections, or
	// too much traffic. The pause is longer, and the one that it asks for.
	ClassLimit Class = "limit"
	// ClassCredential is a login that is refused, by a password or a token that
	// is wrong or an account that may not: somebody has to do something. It is
	// tried three times an hour at most, since providers lock accounts out.
	ClassCredential Class = "credential"
	// ClassReauthorize is an access token that is not to be had any more: the
	// user has to permit it again. See [Tokens].
	ClassReauthorize Class = "reauthorize"
	// ClassPermanent is wrong until somebody changes it: a certificate, TLS that
	// is missing, a way to log in that is not offered. Nothing weaker is tried.
	ClassPermanent Class = "permanent"
	// ClassDefect is a fault in a program: the server says BAD to a command that
	// is in the standard, or there was a panic.
	ClassDefect Class = "defect"
)

// ClassOf says which Class an error of Dial's, or of a connection, is. It goes by
// the response code first where there is one, and by the words of the providers
// that are known, listed in refusal_texts.go. A refusal of a login in words that
// nobody knows is ClassOutage; a Watcher takes it for ClassCredential when it has
// lasted for an hour. The same with Exchange's "User is authenticated but not
// connected", which is ClassLimit.
func ClassOf(err error) Class { return judge(err).class }

// verdict is what an error is.
type verdict struct {
	class  Class
	reason Reason
	doubt  bool // it is ClassCredential if it lasts
}

// isTooManyConnections says whether err is the server's word that this user has
// as many connections as allowed: fewer of them would do.
func isTooManyConnections(err error) bool {
	w, code, text, ok := refused(err)
	if !ok {
		return false
	}
	r := rowFor(w, code, text)
	return r != nil && r.crowd
}

// errNoClient is a Dial that returned neither.
var errNoClient = errors.New("the Watcher's Dial returned no Client")
