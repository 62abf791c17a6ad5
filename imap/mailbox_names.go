package imap

import (
	"strings"
	"unicode/utf8"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// mailboxNames remembers names that are not encoded as they should be: those
// must go back to the server as it spelled them, or it does not know them.
// INBOX has one spelling (RFC 9051 §5.1). The zero value knows none.
type mailboxNames struct {
	asIs  bool              // names are what is on the wire: Options.RawNames
	utf8  bool              // names go over the wire in UTF-8: it was enabled
	raw   map[string]string // by decoded name
	order []string          // the keys of raw, oldest first
}

const (
	maxNames   = 1024 // remembered; the oldest are forgotten
	maxNameLen = 4096 // bytes of one that is remembered
)

// learn notes how the server spelled a name. Of two mailboxes whose names
// decode to the same, the name stands for the one that was told last.
func (n *mailboxNames) learn(name, raw string) {
	if strings.EqualFold(name, "INBOX") {
		return
	}
	_, known := n.raw[name]
	switch {
	case n.encode(name) == raw:
		if known {
			n.forget(name)
		}
		return
	case len(raw) > maxNameLen || strings.IndexByte(raw, 0) >= 0:
		return
	case !known:
		if len(n.order) >= maxNames {
			n.forget(n.order[0])
		}
		n.order = append(n.order, name)
	}
	if n.raw == nil {
		n.raw = make(map[string]string)
	}
	n.raw[name] = raw
}

func (n *mailboxNames) forget(name string) {
	delete(n.raw, name)
	for i, known := range n.order {
		if known == name {
			n.order = append(n.order[:i], n.order[i+1:]...)
			return
		}
	}
}

// wire returns what to send for a name. A wire.Command refuses what cannot be
// sent.
func (n *mailboxNames) wire(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	if raw, ok := n.raw[name]; ok {
		return raw
	}
	return n.encode(name)
}

// encode leaves as it is what has no encoding: a name with bytes that are not
// UTF-8 can only have come from the server so, and one with NUL is refused
// when the command is built.
func (n *mailboxNames) encode(name string) string {
	if n.asIs || n.utf8 || !utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0 {
		return name
	}
	return wire.EncodeMailbox(name)
}

// wireName returns what to send for a mailbox name.
func (c *Client) wireName(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names.wire(name)
}

// canonicalName gives INBOX its one spelling.
func canonicalName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}
