package imaptest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// RebuildOptions say what a mailbox is like after its UIDVALIDITY has changed.
// The zero value: the same messages in the same order with UIDs from 1 on, the
// same dates and object identifiers, and BYE to those who have it selected.
type RebuildOptions struct {
	Sessions    Eviction // what becomes of sessions that have it selected
	UIDValidity uint32   // the new one, also one lower than before; 0: one never used
	KeepUIDs    bool     // the messages keep their UIDs
	Shuffle     uint64   // seed of another order of the messages; 0: the same order
	Lost        []uint32 // messages that are lost, by the UIDs they had
	NewIDs      bool     // MAILBOXID, EMAILID and X-GM-MSGID change, as on servers that keep them in an index
	NewDates    bool     // INTERNALDATE becomes the time of the rebuilding
}

// ResetUIDValidity is Rebuild without options: a new UIDVALIDITY, and UIDs from 1
// on. Connections that have the mailbox selected get a BYE.
func (s *Server) ResetUIDValidity(user, name string) error { return s.Rebuild(user, name, nil) }

// Rebuild gives a mailbox a new UIDVALIDITY, as a server does that was restored
// or has lost its index. Nil options are the zero RebuildOptions.
func (s *Server) Rebuild(user, name string, opts *RebuildOptions) error {
	if opts == nil {
		opts = new(RebuildOptions)
	}
	if opts.KeepUIDs && opts.Shuffle != 0 {
		return errors.New("imaptest: Rebuild cannot both shuffle the messages and keep their UIDs")
	}
	return s.with(user, name, func(b *mailbox) error {
		if opts.UIDValidity == b.uidValidity {
			return fmt.Errorf("imaptest: the UIDVALIDITY of %s is %d already", name, b.uidValidity)
		}
		heir := b.rebuilt(opts)
		b.user.boxes[b.name] = heir
		b.evict(fate{how: opts.Sessions, text: "mailbox was rebuilt, its UIDVALIDITY has changed", heir: heir}, nil)
		b.user.wakeWatchers()
		return nil
	})
}

// rebuilt returns a mailbox with the same messages under another UIDVALIDITY.
func (b *mailbox) rebuilt(opts *RebuildOptions) *mailbox {
	again := newMailbox(b.user, b.name)
	again.attributes, again.keywords = b.attributes, b.keywords
	again.acl, again.imposed, again.metadata = b.acl, b.imposed, b.metadata
	again.modseq = b.modseq + 1
	if opts.UIDValidity != 0 {
		again.uidValidity = opts.UIDValidity
	}
	if !opts.NewIDs {
		again.objectID = b.objectID
	}
	for _, old := range b.survivors(opts) {
		m := *old
		m.uid, m.modseq = again.uidNext, again.modseq
		if opts.KeepUIDs {
			m.uid = old.uid
		}
		if opts.NewDates {
			m.date = b.user.srv.now()
		}
		if opts.NewIDs {
			m.body = &body{data: old.body.data, labels: old.body.labels, salt: again.objectID}
			m.body.poison.Store(old.body.poison.Load())
		}
		again.messages = append(again.messages, &m)
		again.uidNext = m.uid + 1
	}
	if opts.KeepUIDs {
		again.uidNext = b.uidNext
	}
	again.fresh = again.uidNext
	return again
}

// survivors returns the messages that are not lost, in their new order.
func (b *mailbox) survivors(opts *RebuildOptions) []*message {
	messages := slices.DeleteFunc(slices.Clone(b.messages), func(m *message) bool { return slices.Contains(opts.Lost, m.uid) })
	if opts.Shuffle != 0 {
		random := rand.New(rand.NewPCG(opts.Shuffle, 0))
		random.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	}
	return messages
}
