package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// searchData is a SEARCH, SORT or ESEARCH response.
type searchData struct {
	tag         string // ESEARCH's correlators, "" and 0 if there are none
	mailbox     string
	raw         string // the mailbox's name as it was sent
	uidValidity uint32

	uid       bool
	nums      wire.NumSet // SEARCH's list, ALL
	order     wire.NumSet // the same, or SORT's list, in the order that it was sent in
	part      wire.NumSet // PARTIAL, in the order that it was sent in
	min, max  uint32
	count     uint32
	has       struct{ all, min, max, count, part bool }
	modSeq    uint64
	relevancy []uint8
	changes   []ResultChange
}

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
	d.nums, d.order = nums.normal(), nums.set
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

func (n *numbers) add(num uint32) { n.addRange(num, num) }

func (n *numbers) addRange(first, last uint32) {
	if k := len(n.set); k > 0 {
		end := &n.set[k-1]
		if end.Last+1 == first && first != 0 {
			end.Last = last
			return
		}
		n.unsorted = n.unsorted || first <= end.Last
	}
	n.set = append(n.set, wire.Range{First: first, Last: last})
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

// RFC 9051 §9, search-correlator; RFC 7377 §4, one-correlator
func (p *parser) searchCorrelator(d *searchData) {
	p.r.List(func() {
		name := string(p.r.Name())
		p.r.SP()
		switch name {
		case "TAG":
			d.tag = p.r.AString()
		case "MAILBOX":
			d.mailbox, d.raw = p.mailbox()
		case "UIDVALIDITY":
			d.uidValidity = p.r.NZNumber()
		default:
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
			all := p.orderedSet()
			d.nums, d.order = all.normal(), all.set
			return
		}
	case "PARTIAL":
		p.partialData(d)
	case "ADDTO", "REMOVEFROM":
		p.resultChanges(d, name == "REMOVEFROM")
	case "RELEVANCY":
		p.relevancy(d)
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

// orderedSet reads a set of numbers without "*". The order may mean something,
// but within a range it is always ascending (RFC 5267 §3.2).
func (p *parser) orderedSet() (n numbers) {
	for p.r.Err() == nil {
		first := p.r.NZNumber()
		last := first
		if p.r.Take(':') {
			last = p.r.NZNumber()
		}
		n.addRange(min(first, last), max(first, last))
		if !p.r.Take(',') {
			break
		}
	}
	if p.wordEnd(); p.r.Err() != nil {
		return numbers{}
	}
	return n
}

// RFC 5267 §5, ret-data-partial; RFC 9394 §4. The range is the one that was
// asked for, in either order.
func (p *parser) partialData(d *searchData) {
	p.r.Open()
	for range 2 {
		p.r.Take('-')
		p.r.Number()
		p.r.Take(':')
	}
	p.r.SP()
	if d.has.part = true; !p.r.IsNil() {
		part := p.orderedSet()
		d.part = part.set
	}
	p.r.Expect(')')
}

// RFC 6203 §5, the scores of what was found. What they cannot be is left out,
// and then they are of no use.
func (p *parser) relevancy(d *searchData) {
	good := true
	p.r.List(func() {
		n := p.r.Number()
		good = good && n <= 100
		d.relevancy = append(d.relevancy, uint8(n))
	})
	if !good {
		d.relevancy = nil
	}
}
