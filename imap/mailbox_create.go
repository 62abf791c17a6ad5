package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// CreateOptions refine a CreateMailbox.
type CreateOptions struct {
	// Uses is what the mailbox is to be for. It needs CREATE-SPECIAL-USE (RFC
	// 6154 §3); a server that does not like one refuses with CodeUseAttr.
	Uses []SpecialUse
}

// CreateResult says what was made.
type CreateResult struct {
	// Mailbox is the name, which the server may have written otherwise than it
	// was asked to (RFC 9051 §6.3.4).
	Mailbox string
	// MailboxID stays with the mailbox when it is renamed (OBJECTID, RFC 8474
	// §4.1); "": the server did not say.
	MailboxID string
}

// CreateMailbox makes a mailbox, as Create does, with options, and returns what
// the server said of it. With nil options it is CREATE as any server knows it
// (RFC 9051 §6.3.4). A mailbox that is there already is a *ResponseError, from
// newer servers with CodeAlreadyExists.
func (c *Client) CreateMailbox(ctx context.Context, mailbox string, opts *CreateOptions) (CreateResult, error) {
	special := opts != nil && len(opts.Uses) > 0
	if special && !c.offers("CREATE-SPECIAL-USE") {
		return CreateResult{}, &UnsupportedError{Capability: "CREATE-SPECIAL-USE", What: "CREATE"}
	}
	if c.hasQuirk(QuirkTrailingDelimiter) {
		mailbox = strings.TrimRight(mailbox, "/")
	}
	res := CreateResult{Mailbox: mailbox}
	k := &call{name: "CREATE", foot: footprint{class: classNames}}
	k.prepare = func() (*wire.Command, error) {
		cmd := wire.NewCommand("CREATE").AString(c.names.wire(mailbox))
		if special {
			addUses(cmd, opts.Uses)
		}
		return cmd, nil
	}
	k.claim = func(r *response) bool {
		if r.kind != kindList || r.list.OldName != canonicalName(mailbox) {
			return false
		}
		c.names.learn(r.list.Mailbox, r.list.RawName)
		res.Mailbox = r.list.Mailbox
		return true
	}
	k.finish = func(r *response) {
		if r.code != nil && r.code.Code == CodeMailboxID {
			res.MailboxID = r.code.MailboxID
		}
	}
	if err := c.do(ctx, k); err != nil {
		return CreateResult{}, err
	}
	return res, nil
}

// RFC 6154 §6, create-param
func addUses(cmd *wire.Command, uses []SpecialUse) {
	cmd.List(func() {
		cmd.Atom("USE").List(func() {
			for _, use := range uses {
				if !strings.HasPrefix(string(use), `\`) {
					cmd.Fail(&wire.ArgumentError{Kind: "special use", Value: clip(string(use)), Reason: `it begins with \`})
				}
				cmd.Flag(string(use))
			}
		})
	})
}
