package imap

import (
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Gmail's extension, X-GM-EXT-1
// (https://developers.google.com/gmail/imap/imap-extensions).

// AddGmailLabels adds labels to messages. Labels are the names of mailboxes,
// and `\Inbox`, `\Sent`, `\Starred` and such; one that is new is made. It does
// nothing for an empty set.
func (m *Mailbox) AddGmailLabels(ctx context.Context, uids UIDs, labels ...string) error {
	_, err := m.StoreGmailLabels(ctx, uids, StoreAdd, labels, &StoreOptions{Silent: true})
	return err
}

// RemoveGmailLabels removes labels from messages. It does nothing for an empty
// set.
func (m *Mailbox) RemoveGmailLabels(ctx context.Context, uids UIDs, labels ...string) error {
	_, err := m.StoreGmailLabels(ctx, uids, StoreRemove, labels, &StoreOptions{Silent: true})
	return err
}

// SetGmailLabels gives messages these labels and no others. It does nothing for
// an empty set.
func (m *Mailbox) SetGmailLabels(ctx context.Context, uids UIDs, labels ...string) error {
	_, err := m.StoreGmailLabels(ctx, uids, StoreSet, labels, &StoreOptions{Silent: true})
	return err
}

// StoreGmailLabels changes the labels of messages and returns what the server
// said about these then: UID and GmailLabels, nothing if opts says Silent. It is
// Store for X-GM-LABELS and needs X-GM-EXT-1, else the error is an
// *UnsupportedError.
func (m *Mailbox) StoreGmailLabels(ctx context.Context, uids UIDs, op StoreOp, labels []string, opts *StoreOptions) ([]*Message, error) {
	if !m.client.offers("X-GM-EXT-1") {
		return nil, &UnsupportedError{Capability: "X-GM-EXT-1", What: "STORE X-GM-LABELS"}
	}
	saved, err := m.savedIn(uids)
	set := uids.uidSet()
	if err != nil || set.Empty() || len(labels) == 0 && op != StoreSet {
		return nil, err
	}
	if err := m.check(m.writable); err != nil {
		return nil, err
	}
	s := &storing{box: m, saved: saved, want: HasGmailLabels}
	// Labels are encoded as names of mailboxes are.
	s.write = func(cmd *wire.Command) {
		cmd.Atom(op.itemOf("X-GM-LABELS", s.Silent))
		cmd.List(func() {
			for _, l := range labels {
				cmd.AString(s.box.client.names.encode(l))
			}
		})
	}
	return s.do(ctx, set.set, opts)
}

// gmailLabelsAtt reads X-GM-LABELS: a list of astrings in modified UTF-7, and
// of atoms with a backslash. NIL is no label.
func (p *parser) gmailLabelsAtt(m *Message) {
	labels := []string{}
	if !p.r.IsNil() {
		p.r.List(func() {
			switch {
			case p.r.IsNil():
			case len(labels) == p.lim.Flags:
				p.r.FailWith(&wire.LimitError{What: "number of labels", Max: uint64(p.lim.Flags)})
			default:
				labels = append(labels, p.gmailLabel())
			}
		})
	}
	if p.r.Err() == nil {
		m.first(HasGmailLabels, "X-GM-LABELS")
		m.GmailLabels = labels
	}
}

func (p *parser) gmailLabel() string {
	var raw string
	if p.r.Peek() == '{' {
		raw = p.r.AString()
	} else {
		raw = string(p.flagBytes())
	}
	if p.utf8 && utf8.ValidString(raw) {
		return raw
	}
	name, _ := wire.DecodeMailbox(raw)
	return name
}

func (p *parser) gmailMessageIDAtt(m *Message) {
	if id := p.number64(); p.r.Err() == nil {
		m.first(HasGmailMessageID, "X-GM-MSGID")
		m.GmailMessageID = id
	}
}

func (p *parser) gmailThreadIDAtt(m *Message) {
	if id := p.number64(); p.r.Err() == nil {
		m.first(HasGmailThreadID, "X-GM-THRID")
		m.GmailThreadID = id
	}
}

// number64 reads a number of 64 bits, one more than IMAP's own have.
func (p *parser) number64() uint64 {
	at := p.r.Pos()
	n, err := strconv.ParseUint(p.r.AString(), 10, 64)
	if err != nil && p.r.Err() == nil {
		p.seek(at)
		p.r.Fail("a number of 64 bits")
	}
	return n
}
