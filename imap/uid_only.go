package imap

import "errors"

// ErrUIDOnly says that a call needs sequence numbers and that there are none:
// UIDONLY was enabled (RFC 9586). Nothing was sent.
//
// [Client.Enable] with "UIDONLY" ends sequence numbers for the connection:
// messages come with their UID and Seq 0, removals as [Vanished], and methods
// that end in Seq, like search keys with numbers, return this error. It spares
// the server a table of numbers, so it may offer what it otherwise could not
// afford.
var ErrUIDOnly = errors.New("imap: UIDONLY is enabled: there are no sequence numbers")

// numbered returns why sequence numbers cannot be used, if so.
func (m *Mailbox) numbered() error {
	if m.client.enabled.has("UIDONLY") {
		return ErrUIDOnly
	}
	return nil
}
