package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// extension is a key of an extension: what is sent, and the capability.
type extension struct{ capability string }

func (x extension) Needs() []string { return []string{x.capability} }

// extensionKey is a key without an argument.
type extensionKey struct {
	extension
	key string
}

// AppendTo adds the key.
func (q extensionKey) AppendTo(c *wire.Command) { c.Atom(q.key) }
