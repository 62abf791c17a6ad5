package imap

import (
	"slices"
	"strings"
)

// ListEntry is a mailbox as LIST or LSUB tells it (RFC 9051 §7.3.1).
type ListEntry struct {
	Attributes []string // such as \HasChildren, \Noselect, \Sent; see Has
	Delimiter  string   // between levels of the hierarchy; "": it is flat
	Mailbox    string   // decoded name; pass it to other methods as it is
	RawName    string   // the name on the wire
	// ChildInfo says by which of the options mailboxes below this one were
	// selected ("SUBSCRIBED"), with SelectRecursiveMatch.
	ChildInfo []string
	// OldName is what the mailbox was called before, where the server tells
	// that it was renamed, or made under a name that is written otherwise.
	OldName string

	Status   *MailboxStatus  // with ReturnStatus; nil: not told
	MyRights Rights          // with ReturnMyRights; "": not told
	Metadata []MetadataEntry // with ReturnMetadata

	// Extended has the extended data items, name and value in turn, unparsed.
	Extended []RawAttribute
}

// Has says whether the mailbox has an attribute, be it that another implies it
// (RFC 9051 §7.3.1): what does not exist cannot be selected, and what can have
// nothing below it has not. Case does not matter.
func (e *ListEntry) Has(attribute string) bool {
	for _, a := range e.Attributes {
		if strings.EqualFold(a, attribute) {
			return true
		}
	}
	switch {
	case strings.EqualFold(attribute, `\Noselect`):
		return e.Has(`\NonExistent`)
	case strings.EqualFold(attribute, `\HasNoChildren`):
		return e.Has(`\Noinferiors`)
	}
	return false
}

// Selectable says whether the mailbox can be selected.
func (e *ListEntry) Selectable() bool { return !e.Has(`\Noselect`) }

// SpecialUses returns what the mailbox is for, by its attributes.
func (e *ListEntry) SpecialUses() []SpecialUse {
	var uses []SpecialUse
	for _, use := range specialUses {
		if e.Has(string(use)) {
			uses = append(uses, use)
		}
	}
	return uses
}

// add adds an attribute.
func (e *ListEntry) add(attribute string) {
	if !e.Has(attribute) {
		e.Attributes = append(slices.Clip(e.Attributes), attribute)
	}
}

// is says whether the mailbox, which was listed by a name, has it. Servers may
// spell it with a delimiter at the end, or in another case.
func (e *ListEntry) is(name string) bool {
	name = canonicalName(name)
	if strings.ContainsAny(name, "*%") {
		return e.Mailbox == name
	}
	if e.Delimiter == "" {
		return strings.EqualFold(e.Mailbox, name)
	}
	return strings.EqualFold(strings.TrimSuffix(e.Mailbox, e.Delimiter), strings.TrimSuffix(name, e.Delimiter))
}
