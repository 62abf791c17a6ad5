package imap

import (
	"math"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// quotaRootData is a QUOTAROOT response.
type quotaRootData struct {
	boxed
	roots []string
}

// RFC 9208 §4.2.1, QUOTA response
func (p *parser) quotaResponse(resp *response) {
	q := &Quota{}
	p.r.SP()
	q.Root = p.quotaRootName()
	resp.data = q
	if p.r.SkipSP(); p.r.AtEnd() || p.r.IsNil() {
		return
	}
	p.r.List(func() { p.quotaResource(q) })
}

// RFC 9208 §7, quota-resource. One whose numbers make no sense is kept as it
// is: its unit may be one that nobody knows.
func (p *parser) quotaResource(q *Quota) {
	if len(q.Resources)+len(q.Raw) >= p.lim.Items {
		p.r.FailWith(&wire.LimitError{What: "number of quota resources", Max: uint64(p.lim.Items)})
		return
	}
	name := strings.ToUpper(p.r.AString())
	p.r.SP()
	if p.r.Err() != nil {
		return
	}
	at, depth := p.r.Pos(), p.r.Depth()
	u := QuotaUsage{Resource: QuotaResource(name), Usage: p.quotaNumber()}
	p.r.SP()
	u.Limit = p.quotaNumber()
	if p.r.Err() == nil && p.ended() {
		q.Resources = append(q.Resources, u)
		return
	}
	p.r.Recover(at, depth)
	value := append(p.rawValue(), ' ')
	p.r.SP()
	q.Raw = append(q.Raw, RawAttribute{Name: name, Value: append(value, p.rawValue()...)})
}

func (p *parser) quotaNumber() int64 { return int64(p.quotableNumber(math.MaxInt64)) }

// ended says whether a word is at its end here.
func (p *parser) ended() bool { c := p.r.Peek(); return c == ' ' || c == ')' }

// RFC 9208 §4.2.2, QUOTAROOT response
func (p *parser) quotaRootResponse(resp *response) {
	d := &quotaRootData{roots: []string{}}
	p.named(&d.boxed)
	for p.another(len(d.roots), "number of quota roots") {
		d.roots = append(d.roots, p.quotaRootName())
	}
	resp.data = d
}

// RFC 9208 §7, quota-root-name
func (p *parser) quotaRootName() string { return p.r.AString() }
