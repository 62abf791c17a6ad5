package watch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// EventID is the stable identity of an event about a message, or about the
// mailbox, then with UID 0: 64 lower-case hexadecimal digits. It is the SHA-256
// of account, mailbox, UIDVALIDITY and UID in decimal, and kind, each preceded
// by its length in bytes as 4 bytes, big end first. This never changes.
//
// The kind is the event's, but for Flags: there it is "flags:" and the
// mod-sequence of the change in decimal, as in "flags:4711", so that every change
// has an ID of its own. Where the server has no mod-sequences, it is "flags:" and
// the flags without \Recent, in lower case, in the order of their bytes, each
// once, with a space in between, as in "flags:$junk \seen". There a change back
// and forth has the same IDs again: who drops events by ID must not drop Flags
// that have no ModSeq.
//
// INBOX is the same in upper and lower case (RFC 9051 §5.1).
func EventID(account, mailbox string, uidValidity uint32, uid imap.UID, kind Kind) string {
	b := make([]byte, 0, 256) // mostly enough
	add := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	add(account)
	add(canonical(mailbox))
	add(strconv.FormatUint(uint64(uidValidity), 10))
	add(strconv.FormatUint(uint64(uid), 10))
	add(string(kind))
	sum := sha256.Sum256(b)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// canonical is a mailbox's name in the one spelling that it is known by.
func canonical(mailbox string) string {
	if mailbox == "" || strings.EqualFold(mailbox, "INBOX") {
		return "INBOX"
	}
	return mailbox
}
