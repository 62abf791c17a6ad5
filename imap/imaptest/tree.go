package imaptest

import (
	"errors"
	"strings"
)

// The mailbox tree of a user. All methods are called with the user's mutex held.

var errExists = errors.New("the mailbox exists already")

// create makes a mailbox and those above it.
func (u *User) create(name string) error {
	name = canonicalName(strings.TrimSuffix(name, "/"))
	if err := checkName(name); err != nil {
		return err
	}
	if b := u.boxes[name]; b != nil {
		if !b.noselect || name == "INBOX" {
			return errExists
		}
		b.noselect = false
		b.uidValidity = u.srv.nextValidity()
		b.objectID = b.uidValidity
		return nil
	}
	u.createParents(name)
	u.boxes[name] = newMailbox(u, name)
	return nil
}

func (u *User) createParents(name string) {
	for i, c := range name {
		if parent := canonicalName(name[:i]); c == '/' && u.boxes[parent] == nil {
			u.boxes[parent] = newMailbox(u, parent)
		}
	}
}

// delete removes a mailbox. With others below it, it stays as a name only. RFC
// 3501 §6.3.4.
func (u *User) delete(name string, by *conn) error {
	name = canonicalName(name)
	b := u.boxes[name]
	switch {
	case name == "INBOX":
		return errors.New("INBOX cannot be deleted")
	case b == nil:
		return errNoMailbox()
	case b.noselect && u.hasChildren(name):
		return errors.New("there are mailboxes below it")
	}
	b.evict(fate{how: u.srv.current().Evict, text: "selected mailbox was deleted"}, by)
	b.remove(func(*message) bool { return true })
	if u.hasChildren(name) {
		b.noselect, b.metadata = true, nil
	} else {
		delete(u.boxes, name)
	}
	return nil
}

// rename renames a mailbox and those below it; INBOX is emptied into a new one.
// RFC 3501 §6.3.5.
func (u *User) rename(from, to string) error {
	from, to = canonicalName(from), canonicalName(strings.TrimSuffix(to, "/"))
	if err := checkName(to); err != nil {
		return err
	}
	b := u.boxes[from]
	switch {
	case b == nil:
		return errNoMailbox()
	case u.boxes[to] != nil:
		return errExists
	case strings.HasPrefix(to, from+"/") && from != "INBOX":
		return errors.New("a mailbox cannot go below itself")
	}
	u.createParents(to)
	if from == "INBOX" {
		target := newMailbox(u, to)
		u.boxes[to] = target
		for _, m := range b.messages {
			target.add(m.body, m.flagSet, m.date)
		}
		b.remove(func(*message) bool { return true })
		return nil
	}
	for _, name := range u.names() {
		if name == from || strings.HasPrefix(name, from+"/") {
			u.move(name, to+name[len(from):])
		}
	}
	return nil
}

// move gives one mailbox another name.
func (u *User) move(from, to string) {
	b := u.boxes[from]
	delete(u.boxes, from)
	b.name = to
	u.boxes[to] = b
}

func errNoMailbox() error { return errors.New("there is no such mailbox") }
