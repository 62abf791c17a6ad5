package imaptest

import (
	"fmt"
	"slices"
)

// What other clients do, from the test's side. All of it is told to the sessions
// concerned, and to those who use NOTIFY or come back with QRESYNC, as what
// another session does.

// Copy copies messages, as another client would, and returns the UIDs of the
// copies. It fails, and copies nothing, if a message or a mailbox is not there.
func (s *Server) Copy(user, from, to string, uids ...uint32) ([]uint32, error) {
	return s.transfer(user, from, to, uids, false)
}

// Move moves messages, as another client would, and returns their UIDs in the
// other mailbox. It fails, and moves nothing, if a message or a mailbox is not
// there.
func (s *Server) Move(user, from, to string, uids ...uint32) ([]uint32, error) {
	return s.transfer(user, from, to, uids, true)
}

func (s *Server) transfer(user, from, to string, uids []uint32, moving bool) (copies []uint32, err error) {
	err = s.with(user, from, func(b *mailbox) error {
		target := b.user.selectable(to)
		if target == nil {
			return fmt.Errorf("imaptest: user %q has no mailbox %q", user, to)
		}
		messages, err := b.findAll(uids)
		if err != nil {
			return err
		}
		for _, m := range messages {
			copies = append(copies, target.add(m.body, m.flagSet, m.date).uid)
		}
		if moving {
			b.removeAll(messages)
		}
		return nil
	})
	return copies, err
}

// findAll returns the messages with the UIDs, or says which is missing.
func (b *mailbox) findAll(uids []uint32) ([]*message, error) {
	messages := make([]*message, len(uids))
	for i, uid := range uids {
		if messages[i] = b.find(uid); messages[i] == nil {
			return nil, fmt.Errorf("imaptest: no message %d in %s", uid, b.name)
		}
	}
	return messages, nil
}

// removeAll expunges messages.
func (b *mailbox) removeAll(messages []*message) {
	doomed := make(map[*message]bool, len(messages))
	for _, m := range messages {
		doomed[m] = true
	}
	b.remove(func(m *message) bool { return doomed[m] })
}

// CreateMailbox is the method of that name of the User.
func (s *Server) CreateMailbox(user, name string, attributes ...string) error {
	u, err := s.lookup(user)
	if err != nil {
		return err
	}
	return u.CreateMailbox(name, attributes...)
}

// DeleteMailbox deletes a mailbox with its messages, as DELETE does: if there are
// others below it, its name stays as \Noselect. What becomes of the sessions that
// have it selected, Faults.Evict says.
func (s *Server) DeleteMailbox(user, name string) error {
	return s.tree(user, func(u *User) error { return u.delete(name, nil) })
}

// RenameMailbox renames a mailbox and those below it. They keep UIDVALIDITY,
// MAILBOXID and the sessions that have them selected; INBOX, as RENAME has it,
// stays and is emptied into a new mailbox.
func (s *Server) RenameMailbox(user, from, to string) error {
	return s.tree(user, func(u *User) error { return u.rename(from, to) })
}

// tree changes the user's mailbox tree.
func (s *Server) tree(user string, f func(*User) error) error {
	u, err := s.lookup(user)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := f(u); err != nil {
		return fmt.Errorf("imaptest: user %q: %w", user, err)
	}
	u.wakeWatchers()
	return nil
}

// Mailboxes returns the names of all mailboxes of a user, sorted; nil if there is
// no such user.
func (s *Server) Mailboxes(user string) []string {
	u, err := s.lookup(user)
	if err != nil {
		return nil
	}
	return u.Mailboxes()
}

// SetSelectable makes a mailbox \Noselect, or lets it be selected again, with its
// messages and its UIDVALIDITY as they were. What becomes of the sessions that
// have it selected, Faults.Evict says.
func (s *Server) SetSelectable(user, name string, selectable bool) error {
	return s.withAny(user, name, func(b *mailbox) error {
		if b.noselect = !selectable; b.noselect {
			b.evict(fate{how: s.current().Evict, text: "the mailbox cannot be selected any more"}, nil)
		}
		b.user.wakeWatchers()
		return nil
	})
}

// SetRights says what the user may do with a mailbox, as whoever runs the server
// or shares the mailbox decides, whether the server offers ACL or not: the letters
// of RFC 4314. Without "l" the mailbox seems not to be there; without "r" it
// cannot be selected, and those who have it selected keep it until Evict. All
// rights again: "lrswipkxtea".
func (s *Server) SetRights(user, name, rights string) error {
	return s.withAny(user, name, func(b *mailbox) error {
		rights := modernRights(rights)
		if unknown := removeRights(rights, ownerRights); unknown != "" {
			return fmt.Errorf("imaptest: unknown rights %q", unknown)
		}
		b.imposed = &rights
		if removeRights(ownerRights, rights) == "" {
			b.imposed = nil
		}
		b.user.wakeWatchers()
		return nil
	})
}

// DeliverAll is Deliver for many messages at once, in order, which are announced
// together.
func (s *Server) DeliverAll(user, name string, messages [][]byte, opts *DeliverOptions) (uids []uint32, err error) {
	f, date := opts.settle(s)
	err = s.with(user, name, func(b *mailbox) error {
		b.messages = slices.Grow(b.messages, len(messages))
		uids = make([]uint32, 0, len(messages))
		for _, text := range messages {
			uids = append(uids, b.append(&body{data: text}, f, date).uid)
		}
		if len(uids) > 0 {
			b.notify()
		}
		return nil
	})
	return uids, err
}

// withAny is with for mailboxes of all kinds.
func (s *Server) withAny(user, name string, f func(*mailbox) error) error {
	u, err := s.lookup(user)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.boxes[canonicalName(name)]
	if b == nil {
		return fmt.Errorf("imaptest: user %q has no mailbox %q", user, name)
	}
	return f(b)
}
