package imaptest

import "strings"

// specialUse returns an attribute of special use as it is spelled, or "". RFC
// 6154 §2, RFC 8457.
func specialUse(attribute string) string {
	for _, known := range []string{`\All`, `\Archive`, `\Drafts`, `\Flagged`, `\Important`, `\Junk`, `\Sent`, `\Trash`} {
		if strings.EqualFold(known, attribute) {
			return known
		}
	}
	return ""
}

// uses reads what a mailbox is to be made for. RFC 6154 §6 create-param.
func (cmd *command) uses() (uses []string) {
	cmd.list(1, func() {
		if !cmd.keyword("USE") {
			cmd.fail("expected USE %s", cmd.where())
		}
		cmd.sp()
		cmd.list(0, func() {
			cmd.expect('\\')
			uses = append(uses, `\`+cmd.atom())
		})
	})
	return uses
}

// unusable says why a mailbox cannot be made for these uses: views of other
// mailboxes are not for users to make, and there is one mailbox for each use.
func (u *User) unusable(uses []string) *reply {
	for _, use := range uses {
		known := specialUse(use)
		r := no("USEATTR", "no mailbox can be made for %s", use)
		if known == "" || known == `\All` || known == `\Flagged` || known == `\Important` {
			return &r
		}
		for _, b := range u.boxes {
			for _, a := range b.attributes {
				if strings.EqualFold(a, use) {
					return &r
				}
			}
		}
	}
	return nil
}
