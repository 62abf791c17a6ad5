package imaptest

import "strings"

// ownerRights are what the owner of a mailbox has at first. RFC 4314 §2.1.
const ownerRights = "lrswipkxtea"

// granted is who has what rights to a mailbox, in the order they were given. All
// the mailboxes of a user are the user's own; nobody else can reach them.
type granted struct{ identifier, rights string }

// rights returns what the owner has to the mailbox. The owner can always see
// it and change its rights.
func (b *mailbox) rights() string {
	if b.imposed != nil {
		return *b.imposed
	}
	has := "la"
	if b.acl == nil {
		return addRights(has, ownerRights)
	}
	for _, g := range b.acl {
		if g.identifier == b.user.name || g.identifier == "anyone" {
			has = addRights(has, g.rights)
		}
	}
	for _, g := range b.acl {
		if g.identifier == "-"+b.user.name || g.identifier == "-anyone" {
			has = removeRights(has, g.rights)
		}
	}
	return addRights(has, "la")
}

// hidden says whether the user has no right to see the mailbox.
func (b *mailbox) hidden() bool { return !strings.Contains(b.rights(), "l") }

// entries returns the list, which has the owner as long as nobody changed it.
func (b *mailbox) entries() []granted {
	if b.acl == nil {
		return []granted{{b.user.name, ownerRights}}
	}
	return b.acl
}

// grant changes what an identifier has; without any rights it is taken off.
func (b *mailbox) grant(identifier string, change func(have string) string) {
	have, left := "", []granted{}
	for _, g := range b.entries() {
		if g.identifier == identifier {
			have = g.rights
		} else {
			left = append(left, g)
		}
	}
	if have = change(have); have != "" {
		left = append(left, granted{identifier, have})
	}
	b.acl = left
}

// SetRights gives an identifier rights to a mailbox in place of those that it
// had, as SETACL does: the user's own name is that of the owner.
func (u *User) SetRights(mailbox, identifier, rights string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.boxes[canonicalName(mailbox)]
	if b == nil {
		return errNoMailbox()
	}
	b.grant(identifier, func(string) string { return modernRights(rights) })
	return nil
}

// may says whether the connection's user has all of some rights to a mailbox.
func (c *conn) may(b *mailbox, rights string) bool {
	return b.imposed == nil && !c.can("ACL") || removeRights(rights, b.rights()) == ""
}

// denied is the refusal for a lack of rights. RFC 5530 §3.
func denied(rights string) reply {
	return no("NOPERM", "the right %s is needed for that", rights)
}

// mayNot is denied unless the user has the rights.
func (c *conn) mayNot(b *mailbox, rights string) *reply {
	if c.may(b, rights) {
		return nil
	}
	r := denied(rights)
	if !c.may(b, "l") { // RFC 4314 §6: not even that it exists is told
		r = no("NONEXISTENT", "there is no such mailbox")
	}
	return &r
}

// mayStore says whether the user may change any flag.
func (c *conn) mayStore(b *mailbox) bool {
	b.user.mu.Lock()
	defer b.user.mu.Unlock()
	return c.may(b, "s") || c.may(b, "w") || c.may(b, "t")
}

// permitted takes out the flags that the user may not set. RFC 4314 §4.
func (c *conn) permitted(b *mailbox, f flagSet) flagSet {
	if !c.may(b, "s") {
		f.bits &^= flagSeen
	}
	if !c.may(b, "t") {
		f.bits &^= flagDeleted
	}
	if !c.may(b, "w") {
		f.bits &= flagSeen | flagDeleted
		f.keywords = nil
	}
	return f
}

// storable leaves those flags as they are that the user may not change.
func (c *conn) storable(b *mailbox, have, want flagSet) flagSet {
	kept := have.without(c.permitted(b, have))
	return c.permitted(b, want).with(kept)
}

// told adds the rights of RFC 2086 that stand for others. RFC 4314 §2.1.1.
func told(rights string) string {
	if strings.Contains(rights, "k") {
		rights += "c"
	}
	if strings.ContainsAny(rights, "xte") {
		rights += "d"
	}
	return rights
}

// modernRights makes new rights of old ones.
func modernRights(rights string) string {
	if strings.Contains(rights, "c") {
		rights = addRights(rights, "k")
	}
	if strings.Contains(rights, "d") {
		rights = addRights(rights, "xte")
	}
	return removeRights(rights, "cd")
}

func addRights(have, more string) string {
	for _, r := range more {
		if !strings.ContainsRune(have, r) {
			have += string(r)
		}
	}
	return have
}

func removeRights(have, less string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(less, r) {
			return -1
		}
		return r
	}, have)
}
