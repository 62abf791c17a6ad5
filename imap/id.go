package imap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ID is what a client or a server says of itself (RFC 2971): fields in the
// order in which they were said. Known names are "name", "version", "os",
// "os-version", "vendor", "support-url", "address", "date", "command",
// "arguments" and "environment". What a server says of itself proves nothing.
type ID []IDField

// IDField is a field of an ID.
type IDField struct {
	Name  string
	Value string
	Nil   bool // the value is NIL; Value is ""
}

// Get returns the value of a field, "" if there is none or it is NIL. Case does
// not matter.
func (id ID) Get(name string) string {
	i := slices.IndexFunc(id, func(f IDField) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return ""
	}
	return id[i].Value
}

// The limits of RFC 2971 §3.3.
const (
	maxIDFields = 30
	maxIDName   = 30
	maxIDValue  = 1024
)

// ID tells the server what this client is, and returns what the server says of
// itself (RFC 2971 §3.1), which may be nothing: then the result is empty. A nil
// ID tells nothing. It may be called before and after login; some servers want
// it before they let anybody select a mailbox.
//
// The RFC allows 30 fields with different names of at most 30 bytes and values
// of at most 1024; anything beyond is a *wire.ArgumentError. It needs the
// capability ID.
func (c *Client) ID(ctx context.Context, id ID) (ID, error) {
	if !c.offers("ID") {
		return nil, &UnsupportedError{Capability: "ID", What: "ID"}
	}
	var answer ID
	said := false
	k := &call{name: "ID", cmd: id.command(), foot: footprint{class: classAsk}}
	k.written = func() { c.introduced = c.phase == authenticated }
	gather(k, func(d ID) bool {
		answer, said = d, true
		return true
	}, "ID")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if !said {
		return nil, nothingSaid("ID")
	}
	return answer, nil
}

// ServerID returns what the server has last said of itself, in answer to ID;
// nil if it has said nothing.
func (c *Client) ServerID() ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.serverID)
}

// command is ID with the fields. Strings are quoted, also where an atom would
// do (RFC 2971 §4).
func (id ID) command() *wire.Command {
	cmd := wire.NewCommand("ID")
	if err := id.check(); err != nil {
		return cmd.Fail(err)
	}
	if len(id) == 0 {
		return cmd.Nil()
	}
	return cmd.List(func() {
		for _, f := range id {
			if cmd.String(f.Name); f.Nil {
				cmd.Nil()
			} else {
				cmd.String(f.Value)
			}
		}
	})
}

func (id ID) check() error {
	bad := func(value, format string, args ...any) error {
		return &wire.ArgumentError{Kind: "ID", Value: clip(value), Reason: fmt.Sprintf(format, args...)}
	}
	if len(id) > maxIDFields {
		return bad("", "it may have %d fields, not %d", maxIDFields, len(id))
	}
	for i, f := range id {
		switch {
		case f.Name == "":
			return bad("", "a field has no name")
		case len(f.Name) > maxIDName:
			return bad(f.Name, "a field's name may have %d bytes, not %d", maxIDName, len(f.Name))
		case len(f.Value) > maxIDValue:
			return bad(f.Name, "a field's value may have %d bytes, not %d", maxIDValue, len(f.Value))
		case f.Nil && f.Value != "":
			return bad(f.Name, "a field is NIL and has a value")
		case slices.ContainsFunc(id[:i], func(g IDField) bool { return strings.EqualFold(f.Name, g.Name) }):
			return bad(f.Name, "a field's name comes twice")
		}
	}
	return nil
}

// RFC 2971 §4, id-response. Values without quotes, a last name without a value
// and missing parentheses are forgiven.
func (p *parser) idResponse(resp *response) {
	id := ID{}
	resp.data = id
	p.r.SkipSP()
	if p.r.AtEnd() || p.r.IsNil() {
		return
	}
	bare := p.r.Peek() != '('
	if !bare {
		p.r.Open()
	}
	for p.idSpace(); p.r.Err() == nil && !p.r.AtEnd() && !p.r.Close(); p.idSpace() {
		if len(id) == p.lim.Items {
			p.r.FailWith(&wire.LimitError{What: "number of fields", Max: uint64(p.lim.Items)})
			return
		}
		id = append(id, p.idField())
	}
	resp.data = id
}

// idSpace reads what is between fields; some have commas there.
func (p *parser) idSpace() {
	for p.r.SkipSP() || p.r.Take(',') {
	}
}

// idField reads a field and its value.
func (p *parser) idField() (f IDField) {
	f.Name = p.r.AString()
	p.idSpace()
	if f.Nil = p.r.AtEnd() || p.r.Peek() == ')' || p.r.IsNil(); !f.Nil {
		f.Value = p.r.AString()
	}
	return f
}
