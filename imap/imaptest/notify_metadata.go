package imaptest

import (
	"bytes"
	"maps"
	"slices"
)

func (w *watched) adoptMetadata(u *User) {
	w.metadata = map[*mailbox]metadata{nil: u.metadata}
	for _, b := range u.boxes {
		w.metadata[b] = b.metadata
	}
}

// tellMetadata tells which entries have changed, not to what. RFC 5465 §5.6 and
// §5.7.
func (c *conn) tellMetadata(u *User) {
	w := c.watch
	if slices.ContainsFunc(w.groups, func(g watchGroup) bool { return g.has("SERVERMETADATACHANGE") }) {
		c.sayMetadataChanged("", w.metadata[nil], u.metadata)
	}
	for _, name := range u.names() {
		b := u.boxes[name]
		if was, known := w.metadata[b]; known && w.wants(u, name, "MAILBOXMETADATACHANGE") {
			c.sayMetadataChanged(name, was, b.metadata)
		}
	}
	w.adoptMetadata(u)
}

func (c *conn) sayMetadataChanged(name string, was, now metadata) {
	changed := make(map[string]bool)
	for entry, value := range was {
		if after, there := now[entry]; !there || !bytes.Equal(value, after) {
			changed[entry] = true
		}
	}
	for entry := range now {
		if _, there := was[entry]; !there {
			changed[entry] = true
		}
	}
	if len(changed) == 0 {
		return
	}
	c.about("METADATA", name)
	for _, entry := range slices.Sorted(maps.Keys(changed)) {
		c.out = appendAstring(append(c.out, ' '), entry)
	}
	c.crlf()
}
