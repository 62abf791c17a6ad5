package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// StatusItem is something to ask of a mailbox that need not be selected
// (RFC 9051 §6.3.11). Any atom will do; these are the known ones.
type StatusItem string

// The items of STATUS, and which capability those need that not every server
// knows.
const (
	StatusMessages      StatusItem = "MESSAGES"
	StatusUIDNext       StatusItem = "UIDNEXT"
	StatusUIDValidity   StatusItem = "UIDVALIDITY"
	StatusUnseen        StatusItem = "UNSEEN"
	StatusRecent        StatusItem = "RECENT"        // gone from IMAP4rev2
	StatusDeleted       StatusItem = "DELETED"       // IMAP4rev2
	StatusSize          StatusItem = "SIZE"          // IMAP4rev2, STATUS=SIZE
	StatusHighestModSeq StatusItem = "HIGHESTMODSEQ" // CONDSTORE
	StatusAppendLimit   StatusItem = "APPENDLIMIT"   // APPENDLIMIT
	StatusMailboxID     StatusItem = "MAILBOXID"     // OBJECTID
	// StatusDeletedStorage needs QUOTA=RES-STORAGE.
	StatusDeletedStorage StatusItem = "DELETED-STORAGE"
)

// Status asks about a mailbox without selecting it (RFC 9051 §6.3.11). Without
// items it asks for those that every server knows: MESSAGES, UIDNEXT,
// UIDVALIDITY and UNSEEN. It is not meant for the selected mailbox, whose State
// it does not change. A mailbox that does not exist is a *ResponseError, from
// some servers without CodeNonExistent; Exists asks.
func (c *Client) Status(ctx context.Context, mailbox string, items ...StatusItem) (*MailboxStatus, error) {
	if len(items) == 0 {
		items = []StatusItem{StatusMessages, StatusUIDNext, StatusUIDValidity, StatusUnseen}
	}
	s := &statusQuery{client: c, name: canonicalName(mailbox)}
	if err := c.do(ctx, s.call(items)); err != nil {
		return nil, err
	}
	if s.answer == nil {
		return nil, nothingSaid("STATUS")
	}
	return s.answer, nil
}

// statusQuery is one STATUS under way.
type statusQuery struct {
	client *Client
	name   string
	raw    string // the name as it is sent
	items  []StatusItem
	answer *MailboxStatus
	spare  *MailboxStatus // under another name, when no other STATUS was under way
}

func (s *statusQuery) call(items []StatusItem) *call {
	s.raw, s.items = s.client.wireName(s.name), items
	// Servers may hold names that differ in case alone for the same.
	k := &call{name: "STATUS", foot: footprint{class: classStatus, name: strings.ToLower(s.raw)}}
	k.cmd = wire.NewCommand("STATUS").AString(s.raw)
	k.cmd.List(func() {
		for _, item := range items {
			k.cmd.Atom(string(item))
		}
	})
	k.claim = func(r *response) bool { return r.kind == kindStatus && s.claim(k, r.mbox) }
	k.finish = func(r *response) { s.finish(r.status) }
	return k
}

func (s *statusQuery) claim(k *call, got *MailboxStatus) bool {
	s.client.learnStatus(got)
	switch {
	case got.Mailbox == s.name || got.RawName == s.raw:
		if s.answer == nil || !s.answer.answers(s.items) || got.answers(s.items) {
			s.answer = got // what NOTIFY tells meanwhile may be less
		}
	case s.client.alone(k) && (s.spare == nil || !s.client.notify.on):
		s.spare = got
	default:
		return false
	}
	return true
}

// learnStatus notes how the server spells a name, unless it is one that spells
// names in NOTIFY as it would not know them in any other command.
func (c *Client) learnStatus(s *MailboxStatus) {
	if !c.quirk(QuirkNotifyUTF8) {
		c.names.learn(s.Mailbox, s.RawName)
	}
}

// answers says whether s has all of some items, as far as that shows.
func (s *MailboxStatus) answers(items []StatusItem) bool {
	for _, item := range items {
		lacks := false
		switch StatusItem(strings.ToUpper(string(item))) {
		case StatusMessages:
			lacks = s.Messages == nil
		case StatusUIDNext:
			lacks = s.UIDNext == 0
		case StatusUIDValidity:
			lacks = s.UIDValidity == 0
		case StatusUnseen:
			lacks = s.Unseen == nil
		case StatusRecent:
			lacks = s.Recent == nil
		case StatusDeleted:
			lacks = s.Deleted == nil
		case StatusSize:
			lacks = s.Size == nil
		case StatusHighestModSeq:
			lacks = s.HighestModSeq == 0
		}
		if lacks {
			return false
		}
	}
	return true
}

// finish takes an answer under another name if there is no better one: servers
// send names in a spelling of their own.
func (s *statusQuery) finish(status Status) {
	if s.answer == nil && s.spare != nil && status == StatusOK {
		s.client.oddity("STATUS under another name", s.spare.RawName)
		s.answer = s.spare
	}
}

// alone says whether no other call of k's class is under way.
func (c *Client) alone(k *call) bool {
	for _, f := range c.flight {
		if f != k && f.foot.class == k.foot.class {
			return false
		}
	}
	return true
}
