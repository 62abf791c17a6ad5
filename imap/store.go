package imap

import (
	"context"
	"errors"
	"fmt"

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
	// UnchangedSince leaves messages as they are whose mod-sequence is above it
	// (RFC 7162 §3.1.3, CONDSTORE); the error is then a *ModifiedError with
	// their UIDs. The messages that were changed are returned, with their new
	// ModSeq, also if Silent. 0: no condition.
	UnchangedSince uint64
	// Conditional sends UnchangedSince also if it is 0: only messages are changed
	// that never had one of the flags, which works for keywords alone.
	Conditional bool
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
// these then: mostly UID and Flags, and ModSeq once mod-sequences were asked
// for; if opts says Silent nothing, or the ModSeq alone. A message that is gone
// is no error. A set too long for one command line goes in parts: if one fails,
// the error is a *PartialError. If the server tells of more than 100,000 messages, the error is a
// *LimitError though the flags were changed.
func (m *Mailbox) Store(ctx context.Context, uids UIDs, op StoreOp, flags []Flag, opts *StoreOptions) ([]*Message, error) {
	saved, err := m.savedIn(uids)
	set := uids.uidSet()
	if err != nil || set.Empty() || len(flags) == 0 && op != StoreSet {
		return nil, err
	}
	if err := m.check(m.writable); err != nil {
		return nil, err
	}
	s := &storing{box: m, saved: saved, want: HasFlags}
	s.write = func(cmd *wire.Command) { addStoreItem(cmd, op.item(s.Silent), flags) }
	return s.do(ctx, set.set, opts)
}

// StoreSeq is Store by sequence numbers.
func (m *Mailbox) StoreSeq(ctx context.Context, seqs SeqSet, op StoreOp, flags []Flag, opts *StoreOptions) ([]*Message, error) {
	if err := m.check(m.writable); err != nil {
		return nil, err
	}
	uids, err := m.UIDs(ctx, seqs)
	if err != nil {
		return nil, err
	}
	return m.Store(ctx, uids, op, flags, opts)
}

// storing is one Store under way.
type storing struct {
	StoreOptions
	box      *Mailbox
	saved    *savedRef           // what the set was given as
	want     Attribute           // that of the messages that it changes
	write    func(*wire.Command) // adds what is to be done
	messages []*Message
	byUID    map[UID]*Message
	size     int64 // of messages, about
	modified UIDSet
	refusal  error // that came with MODIFIED
	err      error
}

// do sends the command, and again for what the server left undone.
func (s *storing) do(ctx context.Context, set wire.NumSet, opts *StoreOptions) ([]*Message, error) {
	if opts != nil {
		s.StoreOptions = *opts
	}
	s.Conditional = s.Conditional || s.UnchangedSince != 0
	if s.Conditional {
		if err := s.box.keepsModSeqs("Store with UnchangedSince"); err != nil {
			return nil, err
		}
	}
	err := s.box.inPartsOf(ctx, set, s.saved, s.beside(), func(part wire.NumSet) (*call, error) {
		k := s.call(part)
		return k, s.outcome(s.box.do(ctx, k))
	})
	if err == nil {
		err = s.err
	}
	if err == nil {
		err = s.modifiedError()
	}
	return s.messages, err
}

// beside is how many octets a command has beside the set.
func (s *storing) beside() int {
	cmd := wire.NewCommand("STORE")
	s.box.client.mu.Lock()
	s.write(cmd)
	s.box.client.mu.Unlock()
	return len("(UNCHANGEDSINCE 18446744073709551615)") + cmd.Len()
}

func (s *storing) call(set wire.NumSet) *call {
	foot := footprint{class: classStore, uids: concerned(set), usesSaved: s.saved != nil}
	k := s.box.call("UID STORE", foot, func(cmd *wire.Command) {
		s.box.addUIDs(cmd, set, s.saved)
		if s.Conditional { // RFC 4466 §2.5, store-modifiers
			cmd.List(func() { appendModSeq(cmd.Atom("UNCHANGEDSINCE"), s.UnchangedSince) })
		}
		s.write(cmd)
	})
	k.claim = func(r *response) bool { return r.kind == kindFetch && s.claim(k, set, r) }
	k.finish = func(r *response) { s.finish(r.code, set) }
	return k
}

// finish notes what was left as it is: never a message that the command was not
// about, as the caller's next step is to change these.
func (s *storing) finish(code *ResponseCode, set wire.NumSet) {
	if code != nil && code.Code == CodeModified {
		left := code.Modified.set
		if !set.Dynamic() {
			left = left.And(set)
		}
		s.modified = s.modified.With(UIDSet{left})
		if len(left) == 0 && code.Problem == nil && s.err == nil {
			s.err = errors.New("imap: UID STORE: some messages were left as they are, and the server names none that it was asked to change")
		}
		if code.Problem != nil && s.err == nil {
			s.err = fmt.Errorf("imap: UID STORE: some messages were left as they are, and which cannot be read: %w", code.Problem)
		}
	}
}

// outcome keeps a refusal that says which messages were left: the others were
// changed.
func (s *storing) outcome(err error) error {
	if refused, ok := err.(*ResponseError); ok && refused.Code == CodeModified {
		s.refusal = refused
		return nil
	}
	return err
}

func (s *storing) modifiedError() error {
	if s.modified.Empty() {
		return s.refusal
	}
	return &ModifiedError{UIDs: s.modified, Err: s.refusal}
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

// claim takes what is said of the messages in the set. What a silent Store did
// not ask for is news as well.
func (s *storing) claim(k *call, set wire.NumSet, r *response) bool {
	msg := r.msg
	switch {
	case !msg.Has(HasUID|s.want) && msg.has != HasUID|HasModSeq || !s.may(msg):
		return false
	case !s.counts(set, msg.UID):
		return false
	case s.Silent && msg.Has(s.want):
		if !s.Conditional {
			return false
		}
		r.news = true
		msg = msg.copy()
	}
	if k.abandoned || s.err != nil {
		return true
	}
	most := s.box.client.opts.Limits.Held
	if s.size += int64(r.size + 200); s.size > most {
		s.err = &wire.LimitError{What: "answer to STORE", Max: uint64(most)}
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

// may says whether msg has nothing but what a STORE is answered with, or what
// servers send unasked.
func (s *storing) may(msg *Message) bool {
	return msg.has&^(newsAttributes|s.want) == 0 && len(msg.bodies)+len(msg.Raw) == 0
}

// counts says whether the set has a message. One with "*" has the highest,
// whatever its number.
func (s *storing) counts(set wire.NumSet, uid UID) bool {
	return set.Contains(uint32(uid)) || set.Dynamic() && uid+1 >= s.box.state.UIDNext
}

// update brings flags and labels up to date by a line that came later.
func (m *Message) update(line *Message) {
	m.Seq = line.Seq
	take(&m.Flags, line.Flags, line.has&HasFlags)
	take(&m.GmailLabels, line.GmailLabels, line.has&HasGmailLabels)
	take(&m.ModSeq, line.ModSeq, line.has&HasModSeq)
	m.has |= line.has & (HasFlags | HasGmailLabels | HasModSeq)
}
