package imap

import (
	"bytes"
	"errors"
	"math"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9051 §7.3.4, STATUS response. strato.de does not quote "Sent Items":
// then the name goes up to the list that ends the response.
func (p *parser) statusResponse(resp *response) {
	p.r.SkipSP()
	at, depth, first := p.r.Pos(), p.r.Depth(), p.r.Peek()
	resp.mbox = new(MailboxStatus)
	resp.mbox.Mailbox, resp.mbox.RawName = p.mailbox()
	p.statusAttList(resp.mbox)
	cause := p.r.Err()
	rest := p.b[at:]
	end := lastList(rest)
	limit := (*wire.LimitError)(nil)
	if cause == nil || errors.As(cause, &limit) || end < 0 || bytes.IndexByte(rest[:end], '\n') >= 0 ||
		first == '"' || first == '(' || first == '{' {
		return
	}
	raw := string(bytes.Trim(rest[:end], " "))
	resp.mbox = &MailboxStatus{Mailbox: p.mailboxName(raw), RawName: raw}
	p.r.Recover(at+end, depth)
	if p.statusAttList(resp.mbox); p.r.Err() != nil {
		p.r.Recover(at, depth)
		p.r.FailWith(cause)
	}
}

// lastList returns where the list begins that b ends with, or -1.
func lastList(b []byte) int {
	depth := 0
	for i := len(b) - 1; i > 0; i-- {
		switch b[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		case ' ':
		default:
			if depth == 0 {
				return -1
			}
		}
	}
	return -1
}

// RFC 9051 §9, status-att-list, to the end of the response. Coremail leaves it
// out if it would be empty.
func (p *parser) statusAttList(s *MailboxStatus) {
	defer p.r.End()
	if p.r.SkipSP(); p.r.AtEnd() {
		return
	}
	n := 0
	p.r.List(func() {
		if n++; n > p.lim.Items {
			p.r.FailWith(&wire.LimitError{What: "number of status items", Max: uint64(p.lim.Items)})
			return
		}
		name := strings.ToUpper(p.r.AString())
		p.r.SP()
		if p.r.Err() != nil {
			return
		}
		at, depth := p.r.Pos(), p.r.Depth()
		if p.statusAttVal(s, name) && p.r.Err() == nil {
			return
		}
		p.r.Recover(at, depth)
		s.Raw = append(s.Raw, RawAttribute{Name: name, Value: p.rawValue()})
	})
}

// RFC 9051 §9, status-att-val. It returns false for items that it does not
// know.
func (p *parser) statusAttVal(s *MailboxStatus, name string) bool {
	switch name {
	case "MESSAGES":
		p.statusCount(&s.Messages)
	case "RECENT":
		p.statusCount(&s.Recent)
	case "UNSEEN":
		p.statusCount(&s.Unseen)
	case "DELETED":
		p.statusCount(&s.Deleted)
	case "UIDNEXT":
		s.UIDNext = UID(p.quotableNumber(math.MaxUint32))
	case "UIDVALIDITY":
		s.UIDValidity = uint32(p.quotableNumber(math.MaxUint32))
	case "SIZE":
		p.statusSize(&s.Size)
	case "HIGHESTMODSEQ": // RFC 7162 §3.1.7
		s.HighestModSeq = p.quotableNumber(math.MaxInt64)
	case "APPENDLIMIT": // RFC 7889 §5; NIL: there is none
		if !p.r.IsNil() {
			p.statusSize(&s.AppendLimit)
		}
	case "MAILBOXID": // RFC 8474 §4.3
		s.MailboxID = p.mailboxID()
	case "DELETED-STORAGE": // RFC 9208 §4.1.4
		p.statusSize(&s.DeletedStorage)
	default:
		return false
	}
	return true
}

// RFC 8474 §7, objectid in parentheses, which some leave out.
func (p *parser) mailboxID() string {
	parens := p.r.Take('(')
	id := p.r.AString()
	if p.r.SkipSP(); parens {
		p.r.Expect(')')
	}
	return id
}

func (p *parser) statusCount(to **uint32) {
	if n := uint32(p.quotableNumber(math.MaxUint32)); p.r.Err() == nil {
		*to = &n
	}
}

func (p *parser) statusSize(to **int64) {
	if n := int64(p.quotableNumber(math.MaxInt64)); p.r.Err() == nil {
		*to = &n
	}
}
