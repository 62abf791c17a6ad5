package imaptest

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// flags are the system flags, one bit each.
type flags uint8

const (
	flagSeen flags = 1 << iota
	flagAnswered
	flagFlagged
	flagDeleted
	flagDraft
	flagRecent // never stored: computed for each session
)

// systemFlags returns the names of the bits, in order.
func systemFlags() [6]string {
	return [...]string{`\Seen`, `\Answered`, `\Flagged`, `\Deleted`, `\Draft`, `\Recent`}
}

// flagSet is what a message is marked with: bits and keywords.
type flagSet struct {
	bits     flags
	keywords []string // never changed in place
}

// message is one message of one mailbox, guarded by the user's mutex except for
// uid, date, saved and body, which never change.
type message struct {
	uid    uint32
	gone   bool   // expunged, though a session may still count it
	lastBy uint32 // the connection that set the flags last; 0 for the server
	flagSet
	modseq uint64
	date   time.Time
	saved  time.Time // when it came into this mailbox
	body   *body
}

// body is the text of a message, shared by its copies. What FETCH says about it
// is worked out when first asked for.
type body struct {
	data      []byte
	salt      uint32   // makes the object identifiers other ones; 0: they are of the text alone
	labels    []string // of Gmail's, as they are spelled on the wire; guarded by the user's mutex
	poison    atomic.Pointer[Poison]
	envelope  atomic.Pointer[string]
	basic     atomic.Pointer[string] // BODY
	structure atomic.Pointer[string] // BODYSTRUCTURE
}

func (f flagSet) has(bits flags) bool { return f.bits&bits == bits }

func (f flagSet) hasKeyword(k string) bool {
	return slices.ContainsFunc(f.keywords, func(have string) bool {
		return strings.EqualFold(have, k)
	})
}

// list returns the flags by name.
func (f flagSet) list() []string {
	var names []string
	for i, name := range systemFlags() {
		if f.bits&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return append(names, f.keywords...)
}

// append writes the flags as a parenthesised list.
func (f flagSet) append(dst []byte) []byte {
	dst = append(dst, '(')
	first := true
	word := func(s string) {
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(dst, s...)
	}
	for i, name := range systemFlags() {
		if f.bits&(1<<i) != 0 {
			word(name)
		}
	}
	for _, k := range f.keywords {
		word(k)
	}
	return append(dst, ')')
}

// with and without return f changed by g.
func (f flagSet) with(g flagSet) flagSet {
	f.bits |= g.bits
	for _, k := range g.keywords {
		if !f.hasKeyword(k) {
			f.keywords = append(slices.Clip(f.keywords), k)
		}
	}
	return f
}

func (f flagSet) without(g flagSet) flagSet {
	f.bits &^= g.bits
	var left []string
	for _, k := range f.keywords {
		if !g.hasKeyword(k) {
			left = append(left, k)
		}
	}
	f.keywords = left
	return f
}

func (f flagSet) equal(g flagSet) bool {
	return f.bits == g.bits && slices.Equal(f.keywords, g.keywords)
}

// systemFlag returns the bit of a flag that starts with a backslash, or 0.
func systemFlag(name string) flags {
	for i, known := range systemFlags() {
		if strings.EqualFold(known, name) {
			return 1 << i
		}
	}
	return 0
}

// flagsOf turns names into a set; names it does not know as system flags are
// keywords.
func flagsOf(names []string) flagSet {
	var f flagSet
	for _, name := range names {
		if bit := systemFlag(name); bit != 0 {
			f.bits |= bit &^ flagRecent
		} else {
			f = f.with(flagSet{keywords: []string{name}})
		}
	}
	return f
}
