package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// MailboxAnnotation is what the drafts before METADATA had: an entry with
// attributes (draft-daboo-imap-annotatemore-05). Old Cyrus and Kolab servers
// have it.
type MailboxAnnotation struct {
	Mailbox    string // "": the server
	Entry      string // such as "/comment"
	Attributes []AnnotationAttribute
}

// GetAnnotation returns annotations of a mailbox, or of the server if mailbox
// is "". mailbox, entry and attribute may have the wildcards of List in them.
// An answer without annotations is none. Without the capability ANNOTATEMORE it
// is an *UnsupportedError; see [Client.GetMetadata] for what came after it.
func (c *Client) GetAnnotation(ctx context.Context, mailbox string, entries, attributes []string) ([]MailboxAnnotation, error) {
	if len(entries) == 0 || len(attributes) == 0 {
		return nil, nil
	}
	if !c.offers("ANNOTATEMORE") {
		return nil, &UnsupportedError{Capability: "ANNOTATEMORE", What: "GETANNOTATION"}
	}
	q := &annotationQuery{client: c}
	k := &call{name: "GETANNOTATION", cmd: wire.NewCommand("GETANNOTATION"), foot: footprint{class: classAsk, name: "ANNOTATION"}}
	k.large = true
	k.cmd.String(c.wireName(mailbox))
	addStrings(k.cmd, entries)
	addStrings(k.cmd, attributes)
	gather(k, q.add, "ANNOTATION")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	return q.got, q.err
}

// SetAnnotation sets attributes of an annotation of a mailbox, or of the
// server if mailbox is ""; a nil Value removes one. Without the capability
// ANNOTATEMORE it is an *UnsupportedError.
func (c *Client) SetAnnotation(ctx context.Context, mailbox, entry string, attributes ...AnnotationAttribute) error {
	if len(attributes) == 0 {
		return nil
	}
	if !c.offers("ANNOTATEMORE") {
		return &UnsupportedError{Capability: "ANNOTATEMORE", What: "SETANNOTATION"}
	}
	k := &call{name: "SETANNOTATION", cmd: wire.NewCommand("SETANNOTATION"), foot: footprint{class: classAsk, name: "ANNOTATION"}}
	k.cmd.String(c.wireName(mailbox)).String(entry).List(func() {
		for _, a := range attributes {
			k.cmd.String(a.Name)
			if a.Value == nil {
				k.cmd.Nil()
			} else {
				k.cmd.String(string(a.Value)) // there was no literal8 yet
			}
		}
	})
	return c.do(ctx, k)
}

// addStrings adds a string, or a list of them.
func addStrings(cmd *wire.Command, all []string) {
	if len(all) == 1 {
		cmd.String(all[0])
		return
	}
	cmd.List(func() {
		for _, s := range all {
			cmd.String(s)
		}
	})
}

// annotationQuery is one GETANNOTATION under way.
type annotationQuery struct {
	client *Client
	got    []MailboxAnnotation
	size   int64
	err    error
}

func (q *annotationQuery) add(d *annotationData) bool {
	q.client.names.learn(d.name, d.raw)
	for _, a := range d.annotations {
		q.size += int64(128 + len(a.Mailbox) + len(a.Entry))
		for _, x := range a.Attributes {
			q.size += int64(64 + len(x.Name) + len(x.Value))
		}
		if most := q.client.opts.Limits.Held; q.size > most && q.err == nil {
			q.err = &wire.LimitError{What: "annotations", Max: uint64(most)}
		}
		if q.err == nil {
			q.got = append(q.got, a)
		}
	}
	return true
}

// annotationData is an ANNOTATION response.
type annotationData struct {
	boxed
	annotations []MailboxAnnotation
}

// annotationResponse reads draft-daboo-imap-annotatemore-05 §5.2, ANNOTATION:
// entries with their attributes in parentheses, one after the other.
func (p *parser) annotationResponse(resp *response) {
	d := new(annotationData)
	p.named(&d.boxed)
	for p.another(len(d.annotations), "number of annotations") {
		a := MailboxAnnotation{Mailbox: d.name, Entry: p.r.AString()}
		p.r.SkipSP()
		if p.r.Peek() == '(' {
			p.r.List(func() { p.annotationAttribute(&a) })
		}
		d.annotations = append(d.annotations, a)
	}
	resp.data = d
}

func (p *parser) annotationAttribute(a *MailboxAnnotation) {
	if len(a.Attributes) == p.lim.Items {
		p.r.FailWith(&wire.LimitError{What: "number of attributes", Max: uint64(p.lim.Items)})
		return
	}
	x := AnnotationAttribute{Name: strings.ToLower(p.r.AString())}
	p.r.SP()
	x.Value = p.metadataValue()
	a.Attributes = append(a.Attributes, x)
}
