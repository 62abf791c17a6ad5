package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// StoreOp is what Store does with the flags (RFC 9051 §6.4.6).
type StoreOp uint8

// The ways to change flags.
const (
	StoreSet    StoreOp = iota // they replace those of the message, but \Recent
	StoreAdd                   // they are added
	StoreRemove                // they are removed
)

func (op StoreOp) item(silent bool) string { return op.itemOf("FLAGS", silent) }

// itemOf is the item of STORE that changes a list.
func (op StoreOp) itemOf(item string, silent bool) string {
	switch op {
	case StoreAdd:
		item = "+" + item
	case StoreRemove:
		item = "-" + item
	}
	if silent {
		item += ".SILENT"
	}
	return item
}

// StoreOptions refine a Store.
type StoreOptions struct {
	// Silent asks the server not to tell the new flags.
	Silent bool
}

// maxStored is how many messages Store returns.
const maxStored = 100_000

// AddFlags adds flags to messages. It does nothing for an empty set.
func (m *Mailbox) AddFlags(ctx context.Context, uids UIDs, flags ...Flag) error {
	_, err := m.Store(ctx, uids, StoreAdd, flags, &StoreOptions{Silent: true})
	return err
}

// RemoveFlags removes flags from messages. It does nothing for an empty set.
func (m *Mailbox) RemoveFlags(ctx context.Context, uids UIDs, flags ...Flag) error {
	_, err := m.Store(ctx, uids, StoreRemove, flags, &StoreOptions{Silent: true})
	return err
}

// SetFlags gives messages these flags and no others. It does nothing for an
// empty set.
func (m *Mailbox) SetFlags(ctx context.Context, uids UIDs, flags ...Flag) error {
	_, err := m.Store(ctx, uids, StoreSet, flags, &StoreOptions{Silent: true})
	return err
}

// Store changes the flags of messages and returns what the server said about
// these then: mostly UID and Flags, nothing if opts says Silent. A message that
// is gone is no error. If the server tells of more than 100,000 messages, the
// error is a *LimitError though the flags were changed.
func (m *Mailbox) Store(ctx context.Context, uids UIDs, op StoreOp, flags []Flag, opts *StoreOptions) ([]*Message, error) {
	set := uids.uidSet()
	if set.Empty() || len(flags) == 0 && op != StoreSet {
		return nil, nil
	}
	if err := m.check(m.writable); err != nil {
		return nil, err
	}
	s := &storing{box: m, set: set.set, silent: opts != nil && opts.Silent, want: HasFlags}
	err := m.do(ctx, s.call(op, flags))
	if err == nil {
		err = s.err
	}
	return s.messages, err
}

// StoreSeq is Store by sequence numbers.
func (m *Mailbox) StoreSeq(ctx context.Context, set SeqSet, op StoreOp, flags []Flag, opts *StoreOptions) ([]*Message, error) {
	if err := m.check(m.writable); err != nil {
		return nil, err
	}
	uids, err := m.UIDs(ctx, set)
	if err != nil {
		return nil, err
	}
	return m.Store(ctx, uids, op, flags, opts)
}

// storing is one UID STORE under way.
type storing struct {
	box      *Mailbox
	set      wire.NumSet
	silent   bool
	want     Attribute // that of the messages that it changes
	messages []*Message
	byUID    map[UID]*Message
	err      error
}

func (s *storing) call(op StoreOp, flags []Flag) *call {
	foot := footprint{class: classStore, uids: concerned(s.set)}
	k := s.box.call("UID STORE", foot, func(cmd *wire.Command) {
		cmd.Set(s.set)
		addStoreItem(cmd, op.item(s.silent), flags)
	})
	if !s.silent {
		k.claim = func(r *response) bool { return r.kind == kindFetch && s.claim(k, r.msg) }
	}
	return k
}

// RFC 9051 §9, store-att-flags
func addStoreItem(cmd *wire.Command, item string, flags []Flag) {
	cmd.Atom(item)
	cmd.List(func() {
		for _, f := range flags {
			cmd.Flag(string(f))
		}
	})
}

// claim takes the flags of the messages in the set.
func (s *storing) claim(k *call, msg *Message) bool {
	if !msg.Has(HasUID|s.want) || msg.has&^(newsAttributes|s.want) != 0 || len(msg.bodies)+len(msg.Raw) > 0 || !s.counts(msg.UID) {
		return false
	}
	if k.abandoned {
		return true
	}
	if old := s.byUID[msg.UID]; old != nil {
		old.update(msg)
		return true
	}
	if len(s.messages) == maxStored {
		s.err = &wire.LimitError{What: "number of messages in the answer to STORE", Max: maxStored}
		return true
	}
	if s.byUID == nil {
		s.byUID = make(map[UID]*Message)
	}
	s.byUID[msg.UID] = msg
	s.messages = append(s.messages, msg)
	return true
}

// counts says whether the set has a message. One with "*" has the highest,
// whatever its number.
func (s *storing) counts(uid UID) bool {
	return s.set.Contains(uint32(uid)) || s.set.Dynamic() && uid+1 >= s.box.state.UIDNext
}

// update brings flags and labels up to date by a line that came later.
func (m *Message) update(line *Message) {
	m.Seq = line.Seq
	take(&m.Flags, line.Flags, line.has&HasFlags)
	take(&m.GmailLabels, line.GmailLabels, line.has&HasGmailLabels)
	take(&m.ModSeq, line.ModSeq, line.has&HasModSeq)
	m.has |= line.has & (HasFlags | HasGmailLabels | HasModSeq)
}
