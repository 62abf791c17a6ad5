package imap

import (
	"context"
	"fmt"
	"io"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ReplaceOptions are the settings of Replace.
type ReplaceOptions struct {
	AppendOptions
	// Fallback lets a server that lacks REPLACE do it in steps: the new
	// message is appended, then the old one marked as deleted and expunged,
	// that one alone. If this breaks off both are there.
	Fallback bool
}

// Replace puts a new message of size bytes, read from message, into a mailbox,
// mostly the selected one, and removes the old message from the selected one, in
// one step: nobody sees both or neither, and no quota need hold both (RFC 8508).
// It is how a draft is saved again. For the message the rules of Append hold.
//
// It needs REPLACE. Without it the error is an *UnsupportedError, or, if opts
// say Fallback, the steps are taken; these need UIDPLUS. If a later step fails,
// the result is returned together with the error: the new message is there, and
// the old one too.
func (m *Mailbox) Replace(ctx context.Context, old UID, mailbox string, message io.Reader, size int64, opts *ReplaceOptions) (AppendResult, error) {
	if old == 0 || old == MaxUID {
		return AppendResult{}, &wire.ArgumentError{Kind: "UID", Reason: "one message is replaced, and by its number"}
	}
	if err := m.check(m.writable); err != nil {
		return AppendResult{}, err
	}
	if opts == nil {
		opts = &ReplaceOptions{}
	}
	mayReplace := m.client.offers("REPLACE")
	switch {
	case mayReplace:
	case !opts.Fallback:
		return AppendResult{}, &UnsupportedError{Capability: "REPLACE", What: "Replace"}
	case !m.client.offers("UIDPLUS", "IMAP4REV2"):
		return AppendResult{}, &UnsupportedError{Capability: "REPLACE or UIDPLUS", What: "Replace"}
	}
	next := newAppendMessage(message, size, &opts.AppendOptions)
	if mayReplace {
		return m.replace(ctx, old, mailbox, next)
	}
	return m.appendAndDelete(ctx, old, mailbox, next)
}

func (m *Mailbox) replace(ctx context.Context, old UID, mailbox string, next AppendMessage) (AppendResult, error) {
	a, err := m.client.newAppending("replace", []AppendMessage{next})
	if err != nil {
		return AppendResult{}, err
	}
	// Where the answer APPENDUID comes without a tag, two could not be told apart.
	foot := footprint{class: classMove, uids: concerned(UIDSetOf(old).set), appends: true}
	k := m.call("UID REPLACE", foot, func(cmd *wire.Command) {
		cmd.Number(uint64(old)).AString(m.client.names.wire(mailbox))
		a.addTo(cmd)
	})
	if err := a.run(ctx, k); err != nil {
		return AppendResult{}, err
	}
	return a.results[0], nil
}

// appendAndDelete is Replace without REPLACE. The old message is touched only
// when the new one is there.
func (m *Mailbox) appendAndDelete(ctx context.Context, old UID, mailbox string, next AppendMessage) (AppendResult, error) {
	r, err := m.client.appendOne(ctx, mailbox, next)
	if err != nil {
		return AppendResult{}, err
	}
	err = m.AddFlags(ctx, old, FlagDeleted)
	if err == nil {
		err = m.ExpungeUIDs(ctx, old)
	}
	if err != nil {
		err = fmt.Errorf("imap: the new message was added, and the old one not removed: %w", err)
	}
	return r, err
}
