package search

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// EmailID finds the messages with this EMAILID: the same text has the same one
// in all mailboxes (RFC 8474 §6). It needs the capability OBJECTID.
func EmailID[S ~string](id S) Query { return objectID{extension{"OBJECTID"}, "EMAILID", string(id)} }

// ThreadID finds the messages with this THREADID (RFC 8474 §6). It needs the
// capability OBJECTID.
func ThreadID[S ~string](id S) Query { return objectID{extension{"OBJECTID"}, "THREADID", string(id)} }

type objectID struct {
	extension
	key, id string
}

// AppendTo adds the key and the identifier (RFC 8474 §7, objectid).
func (q objectID) AppendTo(c *wire.Command) {
	if q.id == "" || len(q.id) > 255 || strings.Trim(q.id, idChars) != "" {
		fail(c, "object identifier", "", "want 1 to 255 letters, digits, _ and -")
		return
	}
	c.Atom(q.key).Atom(q.id)
}

const idChars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
