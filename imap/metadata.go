package imap

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// MetadataEntry is a note on a mailbox or on the server (RFC 5464 §3).
type MetadataEntry struct {
	// Name is a path: "/private/comment" is the user's own, "/shared/comment"
	// everybody's.
	Name string
	// Value is what it says, any bytes; nil: there is none, which is not the
	// same as an empty one.
	Value []byte
}

// Metadata is the answer to GetMetadata.
type Metadata struct {
	Entries []MetadataEntry
	// LongEntries is the size of the largest value that MaxSize left out; 0:
	// none was.
	LongEntries int64
}

// Value returns the value of an entry; ok is false if it has none. Case does
// not matter in names (RFC 5464 §3.2).
func (m *Metadata) Value(name string) (value []byte, ok bool) {
	for _, e := range m.Entries {
		if strings.EqualFold(e.Name, name) && e.Value != nil {
			return e.Value, true
		}
	}
	return nil, false
}

// MetadataOptions refine a GetMetadata.
type MetadataOptions struct {
	// MaxSize leaves out values of more bytes; 0: none.
	MaxSize int64
	// Depth says whether the entries below those that are named come too.
	Depth MetadataDepth
}

// MetadataDepth is how many levels below an entry come too (RFC 5464 §4.2.2).
type MetadataDepth string

// The depths.
const (
	MetadataExact MetadataDepth = ""         // the entry alone
	MetadataBelow MetadataDepth = "1"        // and those right below it
	MetadataAll   MetadataDepth = "infinity" // and all below it
)

// MetadataChanged says that notes on a mailbox have changed, or on the server,
// whose Mailbox is "" (RFC 5464 §4.4.2). It does not say to what.
type MetadataChanged struct {
	Mailbox string
	Entries []string // their names
}

func (MetadataChanged) update() {}

// maxMetadata is how many entries one answer may have.
const maxMetadata = 100_000

// GetMetadata returns notes on a mailbox, or on the server if mailbox is ""
// (RFC 5464 §4.2). Entries without a value may be left out by the server, or
// have a nil Value. All of them are held in memory: one answer of more than
// Limits.Held is a *LimitError, see MetadataOptions.MaxSize.
//
// It needs the capability METADATA, or METADATA-SERVER for the server's.
func (c *Client) GetMetadata(ctx context.Context, mailbox string, opts *MetadataOptions, entries ...string) (*Metadata, error) {
	if len(entries) == 0 {
		return &Metadata{}, nil
	}
	if err := c.offersMetadata(mailbox, "GETMETADATA"); err != nil {
		return nil, err
	}
	q := c.askMetadata(mailbox, opts, entries)
	if err := c.do(ctx, q.call); err != nil {
		return nil, err
	}
	return &q.got, q.err
}

// SetMetadata sets notes on a mailbox, or on the server if mailbox is "", all
// or none (RFC 5464 §4.3). A nil Value removes one. A value that holds NUL goes
// as a literal8. Refusals have codes of their own: [CodeMetadataTooMany] and
// others.
//
// It needs the capability METADATA, or METADATA-SERVER for the server's.
func (c *Client) SetMetadata(ctx context.Context, mailbox string, entries ...MetadataEntry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := c.offersMetadata(mailbox, "SETMETADATA"); err != nil {
		return err
	}
	a := c.ask("SETMETADATA", "METADATA", mailbox)
	a.answers = nil
	a.cmd.AString(a.raw).List(func() {
		for _, e := range entries {
			addEntryName(a.cmd, e.Name)
			addMetadataValue(a.cmd, e.Value)
		}
	})
	return c.do(ctx, a.call)
}

// MetadataMaxSize returns how many bytes a value may have, if err is a refusal
// that says so: CodeMetadataMaxSize.
func MetadataMaxSize(err error) (size int64, ok bool) {
	refused, ok := errors.AsType[*ResponseError](err)
	if !ok || !refused.Is(CodeMetadataMaxSize) {
		return 0, false
	}
	return metadataNumber(refused.Data, "MAXSIZE")
}

func (c *Client) offersMetadata(mailbox, what string) error {
	switch {
	case mailbox == "" && !c.offers("METADATA", "METADATA-SERVER"):
		return &UnsupportedError{Capability: "METADATA-SERVER", What: what}
	case mailbox != "" && !c.offers("METADATA"):
		return &UnsupportedError{Capability: "METADATA", What: what}
	}
	return nil
}

// metadataQuery is one GETMETADATA under way.
type metadataQuery struct {
	*ask
	got  Metadata
	size int64
	most int64 // bytes
	err  error
}

func (c *Client) askMetadata(mailbox string, opts *MetadataOptions, entries []string) *metadataQuery {
	q := &metadataQuery{ask: c.ask("GETMETADATA", "METADATA", mailbox), most: c.opts.Limits.Held}
	q.large = true
	addMetadataOptions(q.cmd, opts)
	q.cmd.AString(q.raw)
	addEntryNames(q.cmd, entries)
	answered(q.ask, func(d *metadataData) { q.add(d) })
	q.finish = func(r *response) {
		if r.code != nil && r.code.Code == CodeMetadata {
			q.got.LongEntries, _ = metadataNumber(r.code.Data, "LONGENTRIES")
		}
	}
	return q
}

// add takes entries; servers say one a line, or all in one.
func (q *metadataQuery) add(d *metadataData) {
	for _, e := range d.entries {
		q.size += int64(64 + len(e.Name) + len(e.Value))
		switch {
		case q.err != nil:
		case len(q.got.Entries) == maxMetadata:
			q.err = &wire.LimitError{What: "number of metadata entries", Max: maxMetadata}
		case q.size > q.most:
			q.err = &wire.LimitError{What: "metadata", Max: uint64(q.most)}
		default:
			q.got.Entries = append(q.got.Entries, e)
		}
	}
}

// RFC 5464 §5, getmetadata-options. They stand before the mailbox, whatever the
// RFC's examples say (erratum 2785).
func addMetadataOptions(cmd *wire.Command, opts *MetadataOptions) {
	if opts == nil || *opts == (MetadataOptions{}) {
		return
	}
	cmd.List(func() {
		if opts.MaxSize < 0 {
			cmd.Fail(&wire.ArgumentError{Kind: "MaxSize", Reason: "it is below 0"})
		}
		if opts.MaxSize > 0 {
			cmd.Atom("MAXSIZE").Number(uint64(opts.MaxSize))
		}
		if opts.Depth != MetadataExact {
			cmd.Atom("DEPTH").Atom(string(opts.Depth))
		}
	})
}

// RFC 5464 §5, entries
func addEntryNames(cmd *wire.Command, names []string) {
	if len(names) == 1 {
		addEntryName(cmd, names[0])
		return
	}
	cmd.List(func() {
		for _, name := range names {
			addEntryName(cmd, name)
		}
	})
}

// addEntryName refuses what no entry may be called (RFC 5464 §3.2).
func addEntryName(cmd *wire.Command, name string) {
	bad := func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '*' || c == '%' }
	if !strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//") || strings.ContainsFunc(name, bad) {
		cmd.Fail(&wire.ArgumentError{Kind: "metadata entry", Value: clip(name), Reason: `want a path such as "/private/comment", in ASCII, without spaces and * and %`})
	}
	cmd.AString(name)
}

// RFC 5464 §5, value
func addMetadataValue(cmd *wire.Command, value []byte) {
	if value == nil {
		cmd.Nil()
		return
	}
	cmd.Bytes(value)
}

// metadataNumber reads the number of a code METADATA.
func metadataNumber(data, word string) (n int64, ok bool) {
	name, rest, _ := strings.Cut(data, " ")
	if !strings.EqualFold(name, word) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
	return n, err == nil
}

// metadataData is a METADATA response with values.
type metadataData struct {
	boxed
	entries []MetadataEntry
}

// RFC 5464 §4.4, METADATA response: values that were asked for, or names of
// what has changed.
func (p *parser) metadataResponse(resp *response) {
	var b boxed
	p.named(&b)
	if p.r.SkipSP(); p.r.Peek() != '(' {
		resp.data = p.metadataChanged(b)
		return
	}
	d := &metadataData{boxed: b}
	p.r.List(func() {
		if len(d.entries) == p.lim.Items {
			p.r.FailWith(&wire.LimitError{What: "number of metadata entries", Max: uint64(p.lim.Items)})
			return
		}
		e := MetadataEntry{Name: p.r.AString()}
		p.r.SP()
		e.Value = p.metadataValue()
		d.entries = append(d.entries, e)
	})
	resp.data = d
}

// RFC 5464 §5, entry-list
func (p *parser) metadataChanged(b boxed) MetadataChanged {
	d := MetadataChanged{Mailbox: b.name}
	for p.another(len(d.Entries), "number of metadata entries") {
		d.Entries = append(d.Entries, p.r.AString())
	}
	return d
}

// RFC 5464 §5, value
func (p *parser) metadataValue() []byte {
	switch {
	case p.r.IsNil():
		return nil
	case p.at(0) == '"', p.at(0) == '{', p.at(0) == '~' && p.at(1) == '{':
		if b := p.r.StringBytes(); b != nil {
			return b
		}
		return []byte{}
	}
	return bytes.Clone([]byte(p.r.AString()))
}
