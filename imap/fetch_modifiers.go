package imap

import (
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// checkFetch returns why a Fetch cannot be asked for, if so.
func (m *Mailbox) checkFetch(opts *FetchOptions) error {
	if opts.ModSeq || opts.ChangedSince != 0 {
		if err := m.keepsModSeqs("Fetch with mod-sequences"); err != nil {
			return err
		}
	}
	if opts.Vanished != nil {
		if opts.ChangedSince == 0 {
			return &wire.ArgumentError{Kind: "FetchOptions", Reason: "Vanished needs ChangedSince"}
		}
		if err := m.client.needsEnabled("QRESYNC", "Fetch with Vanished"); err != nil {
			return err
		}
	}
	if !opts.Partial.IsZero() && !m.client.offers("PARTIAL") {
		return &UnsupportedError{Capability: "PARTIAL", What: "Fetch with Partial"}
	}
	return nil
}

// needsEnabled returns why an extension is not in force, if so.
func (c *Client) needsEnabled(capability, what string) error {
	switch {
	case c.Enabled(capability):
		return nil
	case !c.offers(capability):
		return &UnsupportedError{Capability: capability, What: what}
	}
	return fmt.Errorf("imap: %s: %s is %w", what, capability, ErrNotEnabled)
}

// modifiersRoom is how many octets of a FETCH with modifiers are beside the set,
// about.
const modifiersRoom = 300

// atOnce says that the set must be asked for in one command: what the server
// chooses from it depends on all of it.
func (o *FetchOptions) atOnce() bool { return o.ChangedSince != 0 || !o.Partial.IsZero() }

// RFC 4466 §2.4, fetch-modifiers
func (o *FetchOptions) modifiers(cmd *wire.Command) {
	if !o.atOnce() {
		return
	}
	cmd.List(func() {
		if o.ChangedSince != 0 {
			cmd.Atom("CHANGEDSINCE")
			appendModSeq(cmd, o.ChangedSince)
		}
		if o.Vanished != nil {
			cmd.Atom("VANISHED")
		}
		if !o.Partial.IsZero() {
			o.Partial.appendTo(cmd)
		}
	})
}

// claimVanished takes VANISHED (EARLIER), which comes before the messages.
func (op *fetchOp) claimVanished(k *call, r *response) bool {
	if !r.early || op.opts.Vanished == nil {
		return false
	}
	ours := r.set.set.And(k.foot.uids)
	if len(ours) == 0 {
		return false
	}
	if len(op.gone)+len(ours) > maxFound {
		op.failed = &wire.LimitError{What: "number of messages vanished", Max: maxFound}
	} else if !op.stopped && !k.abandoned {
		op.gone = append(op.gone, ours...)
	}
	return true
}

// tellVanished gives the loop's user what vanished, at the end.
func (op *fetchOp) tellVanished() {
	op.c.mu.Lock()
	gone := op.gone
	op.gone = nil
	op.c.mu.Unlock()
	if len(gone) > 0 {
		op.opts.Vanished.set = gone.Union(nil)
	}
}

// goOn sees to what a slice's command left undone because of the server's limit
// (RFC 9738). It returns whether the slice's error is thereby settled.
func (op *fetchOp) goOn(k *call) (settled bool, err error) {
	most, refused := k.refusedAbove(k.err)
	switch {
	case !op.opts.Partial.IsZero(): // a range of the rest would be another one
		if k.err == nil && k.limited != nil {
			return false, fmt.Errorf("imap: UID FETCH: the server told only of a part: %w", CodeMessageLimit)
		}
		return false, nil
	case refused:
		found, err := op.box.searchSet(op.ctx, UIDSet{k.foot.uids})
		if err != nil || found.Len() <= most {
			return false, err
		}
		op.most, op.few, op.rest = most, false, op.rest.Union(found.set)
		return true, nil
	case k.err != nil:
		return false, nil
	}
	rest := k.undone(k.foot.messages())
	if len(rest) > 0 && rest.Len() == k.foot.uids.Len() {
		return false, k.stuck()
	}
	op.rest = op.rest.Union(rest)
	return true, nil
}
