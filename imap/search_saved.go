package imap

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ErrNotSaved says that a [SavedResult] is not one of this mailbox, or one that
// the server no longer keeps. Nothing was sent.
var ErrNotSaved = errors.New("imap: no such search result is saved in this mailbox; search again")

// SavedResult is a search result that the server keeps (RFC 5182, RFC 9051
// §6.4.4.1). Fetch, Store, Copy, Move and ExpungeUIDs take it as [UIDs]: then
// "$" goes over the wire, however many messages it stands for. A query may have
// it in it, as it is or within search.And and others.
//
// The server keeps one result for each connection: that of the last search
// with Save, until another mailbox is selected. When it keeps another one, the
// methods send the UIDs themselves, and a query with it is refused with
// ErrNotSaved; package search's UIDs takes it as a set. The zero SavedResult is
// none.
type SavedResult struct{ ref *savedRef }

// savedRef is one result that was saved.
type savedRef struct {
	box *Mailbox
	set wire.NumSet // what it was when it was saved
}

func (s SavedResult) uidSet() UIDSet { return s.UIDs() }

// UIDs returns which messages were saved. Those that were removed since are
// among them; the server no longer has these in its result.
func (s SavedResult) UIDs() UIDSet {
	if s.ref == nil {
		return UIDSet{}
	}
	return UIDSet{s.ref.set}
}

// NumSet returns the same as package wire keeps it. The caller must not change it.
func (s SavedResult) NumSet() wire.NumSet { return s.UIDs().set }

// Current says whether the server keeps this result now.
func (s SavedResult) Current() bool {
	if s.ref == nil {
		return false
	}
	m := s.ref.box
	return m.check(func() error {
		if err := m.usable(); err != nil || m.saved != s.ref {
			return ErrNotSaved
		}
		return nil
	}) == nil
}

// AppendTo makes the result a [Query]: the messages that are in it.
func (s SavedResult) AppendTo(cmd *wire.Command) {
	if s.ref == nil {
		cmd.Fail(ErrNotSaved)
		return
	}
	cmd.Atom("UID").Saved(s.ref)
}

// Needs returns the capability that a query with the result needs.
func (s SavedResult) Needs() []string { return []string{"SEARCHRES"} }

// SearchSaved searches, and makes the server keep the result: ESearch with Save.
func (m *Mailbox) SearchSaved(ctx context.Context, q Query) (SavedResult, error) {
	r, err := m.ESearch(ctx, q, &SearchOptions{Save: true})
	if err != nil {
		return SavedResult{}, err
	}
	return r.Saved, nil
}

// stillSaved returns an error if a command has "$" in it that stands for
// another result by now.
func (m *Mailbox) stillSaved(cmd *wire.Command) error {
	for _, of := range cmd.SavedRefs() {
		if ref, ok := of.(*savedRef); !ok || ref == nil || ref != m.saved {
			return ErrNotSaved
		}
	}
	return nil
}

// savedIn returns the saved result that uids are, nil if they are something
// else. One of another mailbox is an error.
func (m *Mailbox) savedIn(uids UIDs) (*savedRef, error) {
	s, ok := uids.(SavedResult)
	if !ok {
		return nil, nil
	}
	if s.ref == nil || s.ref.box != m {
		return nil, ErrNotSaved
	}
	return s.ref, nil
}

// isSaved says whether a set goes as "$" now.
func (m *Mailbox) isSaved(set wire.NumSet, ref *savedRef) bool {
	if ref == nil || set.Len() != ref.set.Len() {
		return false
	}
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	return ref == m.saved
}

// addUIDs writes a set of UIDs, as "$" if it is all of what the server has
// saved. It runs when the command's turn has come.
func (m *Mailbox) addUIDs(cmd *wire.Command, set wire.NumSet, ref *savedRef) *wire.Command {
	if ref != nil && ref == m.saved && set.Len() == ref.set.Len() {
		return cmd.Saved(ref)
	}
	return cmd.Set(set)
}
