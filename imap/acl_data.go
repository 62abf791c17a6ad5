package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// aclData is an ACL response, myRightsData MYRIGHTS, listRightsData LISTRIGHTS.
type (
	aclData struct {
		boxed
		entries []ACLEntry
	}
	myRightsData struct {
		boxed
		rights Rights
	}
	listRightsData struct {
		boxed
		grantable GrantableRights
	}
)

// RFC 4314 §3.6, ACL response
func (p *parser) aclResponse(resp *response) {
	d := &aclData{entries: []ACLEntry{}}
	p.named(&d.boxed)
	for p.another(len(d.entries), "number of ACL entries") {
		e := ACLEntry{Identifier: p.r.AString()}
		p.r.SP()
		e.Rights = p.rights()
		d.entries = append(d.entries, e)
	}
	resp.data = d
}

// RFC 4314 §3.8, MYRIGHTS response
func (p *parser) myRightsResponse(resp *response) {
	d := new(myRightsData)
	p.named(&d.boxed)
	p.r.SP()
	d.rights = p.rights()
	resp.data = d
}

// RFC 4314 §3.7, LISTRIGHTS response
func (p *parser) listRightsResponse(resp *response) {
	d := new(listRightsData)
	p.named(&d.boxed)
	p.r.SP()
	d.grantable.Identifier = p.r.AString()
	if p.r.SkipSP(); !p.r.AtEnd() {
		d.grantable.Required = p.rights()
	}
	for p.another(len(d.grantable.Optional), "number of rights") {
		d.grantable.Optional = append(d.grantable.Optional, p.rights())
	}
	resp.data = d
}

// RFC 4314 §4, rights; NIL and an empty string are none.
func (p *parser) rights() Rights {
	if p.r.IsNil() {
		return ""
	}
	return Rights(p.r.AString())
}

// another says whether there is another element before the end of the response.
// The n-th may be one too many.
func (p *parser) another(n int, what string) bool {
	if p.r.SkipSP(); p.r.AtEnd() {
		return false
	}
	if n >= p.lim.Items {
		p.r.FailWith(&wire.LimitError{What: what, Max: uint64(p.lim.Items)})
		return false
	}
	return true
}
