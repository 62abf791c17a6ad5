package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Namespaces says where mailboxes are (RFC 2342, RFC 9051 §6.3.10).
type Namespaces struct {
	Personal []Namespace // the user's own
	Other    []Namespace // other users'
	Shared   []Namespace // for many
}

// Namespace is the names that begin with a prefix.
type Namespace struct {
	Prefix string // decoded; often "" or "INBOX."; it ends with the delimiter, or is above nothing
	// Delimiter stands between levels; "": there is one level.
	Delimiter  string
	Extensions []NamespaceExtension
}

// NamespaceExtension is something that an extension says of a namespace, such
// as TRANSLATION, the prefix in the user's language (RFC 5255 §3.4).
type NamespaceExtension struct {
	Name   string
	Values []string
}

// Namespace asks where mailboxes are (RFC 2342, RFC 9051 §6.3.10). It needs the
// capability NAMESPACE, or IMAP4rev2.
func (c *Client) Namespace(ctx context.Context) (*Namespaces, error) {
	if !c.offers("NAMESPACE", "IMAP4REV2") {
		return nil, &UnsupportedError{Capability: "NAMESPACE", What: "Namespace"}
	}
	var answer *Namespaces
	k := &call{name: "NAMESPACE", cmd: wire.NewCommand("NAMESPACE"), foot: footprint{class: classAsk}}
	gather(k, func(d *Namespaces) bool {
		answer = d
		return true
	}, "NAMESPACE")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, nothingSaid("NAMESPACE")
	}
	return answer, nil
}

// RFC 9051 §9, namespace-response. What is missing at the end is taken for
// NIL.
func (p *parser) namespaceResponse(resp *response) {
	n := new(Namespaces)
	resp.data = n
	for _, list := range []*[]Namespace{&n.Personal, &n.Other, &n.Shared} {
		p.r.SkipSP()
		if p.r.AtEnd() {
			return
		}
		*list = p.namespace()
	}
}

// RFC 9051 §9, namespace
func (p *parser) namespace() (list []Namespace) {
	if p.r.IsNil() {
		return nil
	}
	p.r.List(func() {
		if len(list) == p.lim.Items {
			p.r.FailWith(&wire.LimitError{What: "number of namespaces", Max: uint64(p.lim.Items)})
			return
		}
		list = append(list, p.namespaceDescr())
	})
	return list
}

// RFC 9051 §9, namespace-descr
func (p *parser) namespaceDescr() (n Namespace) {
	p.r.Open()
	p.r.SkipSP()
	if !p.r.IsNil() {
		n.Prefix = p.mailboxName(p.r.AString())
	}
	if p.r.SkipSP(); p.r.Peek() != ')' {
		n.Delimiter = p.namespaceDelimiter()
	}
	for p.r.SkipSP(); p.r.Err() == nil && !p.r.Close(); p.r.SkipSP() {
		n.Extensions = append(n.Extensions, p.namespaceExtension())
	}
	return n
}

// namespaceDelimiter is delimiter where a parenthesis may follow.
func (p *parser) namespaceDelimiter() string {
	if p.at(0) == '"' && p.at(1) == '\\' && p.at(2) == '"' && p.at(3) == ')' {
		p.seek(p.r.Pos() + 3)
		return `\`
	}
	return p.delimiter()
}

// RFC 9051 §9, namespace-response-extension
func (p *parser) namespaceExtension() (e NamespaceExtension) {
	e.Name = p.r.AString()
	p.r.SkipSP()
	if p.r.Peek() != '(' {
		e.Values = []string{p.r.AString()}
		return e
	}
	p.r.List(func() { e.Values = append(e.Values, p.r.AString()) })
	return e
}
