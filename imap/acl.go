package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ACLEntry says what rights an identifier has to a mailbox (RFC 4314 §2).
type ACLEntry struct {
	// Identifier is a user, a group, or "anyone". One that begins with "-"
	// takes rights away from those behind the "-": "-fred".
	Identifier string
	Rights     Rights
}

// GrantableRights says which rights an identifier can be given to a mailbox.
type GrantableRights struct {
	Identifier string
	// Required are the rights that the identifier always has.
	Required Rights
	// Optional are the rights that may be given, in groups: those of one group
	// are tied together, so that they are given and taken as one.
	Optional []Rights
}

// RightsOp is what SetACL does with rights (RFC 4314 §3.1).
type RightsOp uint8

// The ways to change rights.
const (
	RightsSet    RightsOp = iota // they replace those of the identifier
	RightsAdd                    // they are added
	RightsRemove                 // they are removed
)

// GetACL returns who has what rights to a mailbox, in the server's order
// (RFC 4314 §3.3). It takes the right to administer the mailbox. Without the
// capability ACL it is an *UnsupportedError.
func (c *Client) GetACL(ctx context.Context, mailbox string) ([]ACLEntry, error) {
	var got *aclData
	a := c.ask("GETACL", "ACL", mailbox)
	a.cmd.AString(a.raw)
	answered(a, func(d *aclData) { got = d })
	if err := c.askACL(ctx, a); err != nil {
		return nil, err
	}
	if got == nil {
		return nil, nothingSaid("GETACL")
	}
	return got.entries, nil
}

// SetACL changes the rights of an identifier to a mailbox (RFC 4314 §3.1). A
// server may tie rights together and change more than was asked for; one that
// does not know a right refuses. Before RFC 4314 there were other letters: see
// [Rights.Legacy].
func (c *Client) SetACL(ctx context.Context, mailbox, identifier string, op RightsOp, rights Rights) error {
	a := c.ask("SETACL", "SETACL", mailbox)
	sign, err := op.sign()
	if err == nil {
		err = rights.check()
	}
	a.cmd.AString(a.raw).AString(identifier).AString(sign + string(rights)).Fail(err)
	return c.changeACL(ctx, a)
}

// DeleteACL removes an identifier from a mailbox's list: the rights that it
// was given, or, with a "-" before it, those that were taken (RFC 4314 §3.2).
func (c *Client) DeleteACL(ctx context.Context, mailbox, identifier string) error {
	a := c.ask("DELETEACL", "DELETEACL", mailbox)
	a.cmd.AString(a.raw).AString(identifier)
	return c.changeACL(ctx, a)
}

// MyRights returns what rights the user has to a mailbox (RFC 4314 §3.5).
// Without the capability ACL it is an *UnsupportedError.
func (c *Client) MyRights(ctx context.Context, mailbox string) (Rights, error) {
	var got *myRightsData
	a := c.askMyRights(mailbox, func(d *myRightsData) { got = d })
	if err := c.askACL(ctx, a); err != nil {
		return "", err
	}
	if got == nil {
		return "", nothingSaid("MYRIGHTS")
	}
	return got.rights, nil
}

func (c *Client) askMyRights(mailbox string, take func(*myRightsData)) *ask {
	a := c.ask("MYRIGHTS", "MYRIGHTS", mailbox)
	a.cmd.AString(a.raw)
	answered(a, take)
	return a
}

// ListRights returns which rights an identifier can be given to a mailbox
// (RFC 4314 §3.4). Without the capability ACL it is an *UnsupportedError.
func (c *Client) ListRights(ctx context.Context, mailbox, identifier string) (*GrantableRights, error) {
	var got *listRightsData
	a := c.ask("LISTRIGHTS", "LISTRIGHTS", mailbox)
	a.foot.name += " " + identifier
	a.cmd.AString(a.raw).AString(identifier)
	answered(a, func(d *listRightsData) { got = d })
	if err := c.askACL(ctx, a); err != nil {
		return nil, err
	}
	if got == nil {
		return nil, nothingSaid("LISTRIGHTS")
	}
	return &got.grantable, nil
}

// ExtraRights returns the rights that the server has beyond those of RFC 2086,
// from its capability RIGHTS= (RFC 4314 §2.2): k, x, t and e, and perhaps
// others. Without it the server speaks RFC 2086: see [Rights.Legacy].
func (c *Client) ExtraRights() Rights {
	value, _ := c.capabilityValue("RIGHTS=")
	return Rights(value)
}

func (c *Client) askACL(ctx context.Context, a *ask) error {
	if !c.offers("ACL") {
		return &UnsupportedError{Capability: "ACL", What: a.call.name}
	}
	return c.do(ctx, a.call)
}

// changeACL sends a change, which may also change what STATUS and LIST tell.
func (c *Client) changeACL(ctx context.Context, a *ask) error {
	a.foot = footprint{class: classNames}
	return c.askACL(ctx, a)
}

func (op RightsOp) sign() (string, error) {
	switch op {
	case RightsSet:
		return "", nil
	case RightsAdd:
		return "+", nil
	case RightsRemove:
		return "-", nil
	}
	return "", &wire.ArgumentError{Kind: "RightsOp", Reason: "want RightsSet, RightsAdd or RightsRemove"}
}
