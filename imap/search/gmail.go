package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// The keys of Gmail need the capability X-GM-EXT-1.

// GmailRaw finds what Gmail's own search finds for a text such as
// "has:attachment in:unread".
func GmailRaw(s string) Query { return gmailRaw{gmail(), s} }

// GmailLabel finds the messages that have a label; Gmail's own are written with
// a backslash, such as `\Important`.
func GmailLabel(label string) Query { return gmailLabel{gmail(), label} }

// GmailMessageID finds the message with an X-GM-MSGID.
func GmailMessageID(id uint64) Query { return gmailID{gmail(), "X-GM-MSGID", id} }

// GmailThreadID finds the messages with an X-GM-THRID.
func GmailThreadID(id uint64) Query { return gmailID{gmail(), "X-GM-THRID", id} }

func gmail() extension { return extension{"X-GM-EXT-1"} }

type gmailRaw struct {
	extension
	s string
}

// AppendTo adds the key and the text.
func (q gmailRaw) AppendTo(c *wire.Command) { c.Atom("X-GM-RAW").String(utf8Only(c, q.s)) }

func (q gmailRaw) Charset() bool { return !ascii(q.s) }

type gmailLabel struct {
	extension
	label string
}

// AppendTo adds the key and the label, which is encoded as mailbox names are.
func (q gmailLabel) AppendTo(c *wire.Command) {
	if q.label == "" {
		fail(c, "label", "", "it is empty")
		return
	}
	c.Atom("X-GM-LABELS").String(wire.EncodeMailbox(utf8Only(c, q.label)))
}

type gmailID struct {
	extension
	key string
	id  uint64
}

// AppendTo adds the key and the number.
func (q gmailID) AppendTo(c *wire.Command) { c.Atom(q.key).Number(q.id) }
