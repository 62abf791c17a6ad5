package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// RFC 3501 §7.2.5, SEARCH response; RFC 7162 §3.1.5. Servers also send NIL for
// an empty one, put the numbers in parentheses, and the mod-sequence anywhere.
func (p *parser) searchResponse(resp *response) {
	d := new(searchData)
	d.has.all = true
	var nums numbers
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		switch {
		case p.r.Peek() == '(':
			p.searchList(d, &nums)
		case !p.r.IsNil():
			nums.add(p.r.NZNumber())
		}
	}
	d.nums = nums.normal()
	resp.search = d
}

// searchList reads "(MODSEQ n)", or numbers in parentheses.
func (p *parser) searchList(d *searchData, nums *numbers) {
	p.r.Open()
	p.r.SkipSP()
	if c := p.r.Peek(); !isDigit(c) && c != ')' {
		p.searchReturnData(d)
	}
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		nums.add(p.r.NZNumber())
	}
}

// numbers collects message numbers, cheaply also if they come in descending
// order.
type numbers struct {
	set      wire.NumSet
	unsorted bool
}

func (n *numbers) add(num uint32) {
	if k := len(n.set); k > 0 {
		last := &n.set[k-1]
		if last.Last+1 == num && num != 0 {
			last.Last = num
			return
		}
		n.unsorted = n.unsorted || num <= last.Last
	}
	n.set = append(n.set, wire.Range{First: num, Last: num})
}

func (n *numbers) normal() wire.NumSet {
	if n.unsorted {
		return n.set.Union(nil)
	}
	return n.set
}

// RFC 9051 §7.3.4, ESEARCH response
func (p *parser) esearchResponse(resp *response) {
	d := new(searchData)
	p.r.SkipSP()
	if p.r.Peek() == '(' && p.r.Err() == nil {
		p.searchCorrelator(d)
	}
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		if p.r.Peek() == '(' { // an example of RFC 5267 does that
			p.r.List(func() { p.searchReturnData(d) })
			continue
		}
		p.searchReturnData(d)
	}
	resp.search = d
}

// RFC 9051 §9, search-correlator. RFC 7377 has more in it than the tag.
func (p *parser) searchCorrelator(d *searchData) {
	p.r.List(func() {
		name := string(p.r.Name())
		p.r.SP()
		if name == "TAG" {
			d.tag = p.r.AString()
		} else {
			p.r.Skip()
		}
	})
}

// RFC 9051 §9, search-return-data, and UID before it. What is not known is
// skipped.
func (p *parser) searchReturnData(d *searchData) {
	name := string(p.r.Name())
	if name == "UID" {
		d.uid = true
		return
	}
	p.r.SP()
	switch name {
	case "MIN":
		d.min, d.has.min = p.r.NZNumber(), true
	case "MAX":
		d.max, d.has.max = p.r.NZNumber(), true
	case "COUNT":
		d.count, d.has.count = p.r.Number(), true
	case "ALL":
		d.has.all = true
		if !p.r.IsNil() {
			d.nums = p.numSet()
			return
		}
	case "MODSEQ": // RFC 7162 §3.1.10
		d.modSeq = p.searchModSeq()
		return
	default:
		p.r.Skip()
	}
	p.wordEnd()
}

// searchModSeq reads a mod-sequence. One that is wrong, or in parentheses, does
// not spoil the numbers.
func (p *parser) searchModSeq() uint64 {
	at, depth := p.r.Pos(), p.r.Depth()
	parens := p.r.Take('(')
	n := p.r.Number64()
	if parens {
		p.r.Expect(')')
	}
	if p.wordEnd(); p.r.Err() == nil {
		return n
	}
	p.r.Recover(at, depth)
	p.r.Skip()
	return 0
}
