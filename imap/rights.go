package imap

import (
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Rights are what somebody may do with a mailbox, a letter or digit each
// (RFC 4314 §2.1); those that this library does not know are kept. The order of
// the letters means nothing: compare with Equal. "" is no right.
type Rights string

// The rights.
const (
	RightLookup     Rights = "l" // the mailbox is seen by LIST and can be subscribed
	RightRead       Rights = "r" // SELECT, and STATUS
	RightSeen       Rights = "s" // \Seen is kept
	RightWrite      Rights = "w" // flags other than \Seen and \Deleted
	RightInsert     Rights = "i" // APPEND, and COPY into it
	RightPost       Rights = "p" // mail can be sent to its address
	RightCreate     Rights = "k" // mailboxes below it
	RightDeleteBox  Rights = "x" // DELETE it, or RENAME it
	RightDelete     Rights = "t" // \Deleted
	RightExpunge    Rights = "e" // EXPUNGE
	RightAdminister Rights = "a" // its ACL
	// RightAnnotate is to write annotations of messages (RFC 5257 §3.4).
	RightAnnotate Rights = "n"

	// Of RFC 2086, which had fewer: c is k, perhaps x; d is e, t and perhaps x.
	// Servers go on telling them for old clients.
	RightOldCreate Rights = "c"
	RightOldDelete Rights = "d"
)

// Has says whether all of some rights are there.
func (r Rights) Has(all Rights) bool {
	for _, x := range all {
		if !strings.ContainsRune(string(r), x) {
			return false
		}
	}
	return true
}

// With returns the rights of both.
func (r Rights) With(more Rights) Rights {
	for _, x := range more {
		if !r.Has(Rights(x)) {
			r += Rights(x)
		}
	}
	return r
}

// Without returns the rights that are not among others.
func (r Rights) Without(less Rights) Rights {
	return Rights(strings.Map(func(x rune) rune {
		if less.Has(Rights(x)) {
			return -1
		}
		return x
	}, string(r)))
}

// Equal says whether two are the same rights, in whatever order.
func (r Rights) Equal(other Rights) bool { return r.Has(other) && other.Has(r) }

// Sorted returns the rights in alphabetical order, each once.
func (r Rights) Sorted() Rights {
	letters := []rune(r)
	slices.Sort(letters)
	return Rights(slices.Compact(letters))
}

// Legacy returns the rights in the letters of RFC 2086, for servers without
// the capability RIGHTS=: k becomes c; t, e and x become d (RFC 4314 §2.1.1).
func (r Rights) Legacy() Rights {
	old := r.Without(RightCreate + RightDeleteBox + RightDelete + RightExpunge)
	if r.Has(RightCreate) {
		old = old.With(RightOldCreate)
	}
	for _, x := range RightDelete + RightExpunge + RightDeleteBox {
		if r.Has(Rights(x)) {
			old = old.With(RightOldDelete)
		}
	}
	return old
}

// check says why rights cannot be sent: only letters and digits can be rights,
// and only small ones (RFC 4314 §4, rights).
func (r Rights) check() error {
	for _, x := range r {
		if (x < 'a' || x > 'z') && (x < '0' || x > '9') {
			return &wire.ArgumentError{Kind: "rights", Value: clip(string(r)), Reason: "want small letters and digits"}
		}
	}
	return nil
}
