package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DeliverOptions say how a delivered message is stored.
type DeliverOptions struct {
	Flags []string  // nil: none
	Date  time.Time // the internal date; zero: now
}

// settle returns the flags and the internal date.
func (o *DeliverOptions) settle(s *Server) (f flagSet, date time.Time) {
	if o != nil {
		f, date = flagsOf(o.Flags), o.Date
	}
	if date.IsZero() {
		date = s.now()
	}
	return f, date
}

// MessageInfo is what the server holds of one message.
type MessageInfo struct {
	UID    uint32
	Flags  []string // without \Recent
	Size   int
	Date   time.Time
	ModSeq uint64

	body []byte
}

// Body returns the message's text. It must not be changed.
func (m MessageInfo) Body() []byte { return m.body }

// CRLF returns text with every line end as CRLF, which is how messages are
// stored: handy for messages written as Go strings.
func CRLF(text string) []byte {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// Deliver adds a message to a mailbox, as a mail transfer agent does, and
// returns its UID. The message is stored as it is, not copied: the caller must
// not change it afterwards, and may deliver it many times.
func (s *Server) Deliver(
	user, name string, message []byte, opts *DeliverOptions,
) (uid uint32, err error) {
	f, date := opts.settle(s)
	err = s.with(user, name, func(b *mailbox) error {
		uid = b.add(&body{data: message}, f, date).uid
		return nil
	})
	return uid, err
}

// Remove expunges messages, as another client would. It fails, and removes
// nothing, if one of them is not there.
func (s *Server) Remove(user, name string, uids ...uint32) error {
	return s.with(user, name, func(b *mailbox) error {
		messages, err := b.findAll(uids)
		if err == nil {
			b.removeAll(messages)
		}
		return err
	})
}

// SetFlags replaces the flags of a message, as another client would.
func (s *Server) SetFlags(user, name string, uid uint32, flags ...string) error {
	return s.with(user, name, func(b *mailbox) error {
		m := b.find(uid)
		if m == nil {
			return fmt.Errorf("imaptest: no message %d in %s", uid, name)
		}
		if b.setFlags(m, flagsOf(flags), 0) {
			b.notify()
		}
		return nil
	})
}

// Messages returns what is in a mailbox, oldest first; nil if there is no such
// user or mailbox.
func (s *Server) Messages(user, name string) []MessageInfo {
	var all []MessageInfo
	_ = s.with(user, name, func(b *mailbox) error {
		for _, m := range b.messages {
			all = append(all, MessageInfo{
				UID:    m.uid,
				Flags:  m.list(),
				Size:   len(m.body.data),
				Date:   m.date,
				ModSeq: m.modseq,
				body:   m.body.data,
			})
		}
		return nil
	})
	return all
}

// UIDValidity returns a mailbox's UIDVALIDITY, or 0 if there is no such user or
// mailbox.
func (s *Server) UIDValidity(user, name string) uint32 {
	var v uint32
	_ = s.with(user, name, func(b *mailbox) error {
		v = b.uidValidity
		return nil
	})
	return v
}

// Log returns one line for every message ever added to a mailbox of that name,
// by whatever way, in order. Nothing is ever taken out of it.
func (s *Server) Log(user, name string) []Arrival {
	u, err := s.lookup(user)
	if err != nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.logs[canonicalName(name)])
}

// with calls f with a mailbox that can hold messages, and the user locked.
func (s *Server) with(user, name string, f func(*mailbox) error) error {
	u, err := s.lookup(user)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.selectable(name)
	if b == nil {
		return fmt.Errorf("imaptest: user %q has no mailbox %q", user, name)
	}
	return f(b)
}
