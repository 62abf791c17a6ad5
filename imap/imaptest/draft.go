package imaptest

import (
	"bytes"
	"time"
)

// draft is a message that APPEND or REPLACE brings.
type draft struct {
	flags  flagSet
	date   time.Time
	pieces []piece
	eight  bool   // it came as a literal8
	data   []byte // the pieces put together, by finish
}

// piece is a part of CATENATE, or all of a message.
type piece struct {
	text []byte
	url  string // in place of text
}

// draft reads one message. RFC 4466 §6 append-message, RFC 4469 §5, RFC 6855 §4.
func (c *conn) draft(cmd *command) *draft {
	d := &draft{date: c.srv.now()}
	if cmd.peek() == '(' {
		d.flags = cmd.flagList()
		cmd.sp()
	}
	if cmd.peek() == '"' {
		d.date = cmd.dateTime()
		cmd.sp()
	}
	switch {
	case c.can("CATENATE") && cmd.keyword("CATENATE"):
		cmd.sp()
		cmd.list(1, func() { d.pieces = append(d.pieces, cmd.piece()) })
	case c.enabled["UTF8=ACCEPT"] && cmd.keyword("UTF8"): // RFC 6855 §4
		cmd.sp()
		cmd.expect('(')
		d.eight = cmd.peek() == '~'
		d.pieces = []piece{{text: cmd.literal8()}}
		cmd.expect(')')
	case c.can("BINARY"):
		d.eight = cmd.peek() == '~'
		d.pieces = []piece{{text: cmd.literal8()}}
	default:
		d.pieces = []piece{{text: cmd.literal()}}
	}
	return d
}

// piece reads a cat-part. RFC 4469 §5.
func (cmd *command) piece() piece {
	text := cmd.keyword("TEXT")
	if !text && !cmd.keyword("URL") {
		cmd.fail("expected TEXT or URL %s", cmd.where())
	}
	cmd.sp()
	if text {
		return piece{text: cmd.literal()}
	}
	return piece{url: cmd.astring()}
}

// finish puts a message together of what it is to have, or says why it cannot.
func (c *conn) finish(u *User, d *draft) *reply {
	limit := c.srv.opts.maxLiteral()
	if n := c.srv.opts.AppendLimit; n > 0 {
		limit = min(limit, n)
	}
	for _, p := range d.pieces {
		text := p.text
		if p.url != "" {
			found, ok := c.urlText(u, p.url)
			if !ok {
				r := no("BADURL "+printableURL(p.url), "there is no such message or part")
				return &r
			}
			text = found
		}
		if int64(len(d.data)+len(text)) > limit {
			r := no("TOOBIG", "the message is larger than %d bytes", limit)
			return &r
		}
		if len(d.pieces) == 1 {
			d.data = text
		} else {
			d.data = append(d.data, text...)
		}
	}
	if d.eight {
		d.data = withoutBinary(d.data)
	}
	if bytes.IndexByte(d.data, 0) >= 0 {
		r := no("UNKNOWN-CTE", "there is NUL outside a part with the encoding binary")
		return &r
	}
	return nil
}

// urlText returns what a URL of CATENATE stands for: a message of the user, or a
// part of one.
func (c *conn) urlText(u *User, url string) ([]byte, bool) {
	at, err := parseURL(url)
	if err != nil || at.absolute && (at.user != u.name || at.access != "") || at.partial && !c.can("URL-PARTIAL") {
		return nil, false
	}
	m := at.find(u)
	if m == nil {
		return nil, false
	}
	data, found := m.body.section(at.section)
	return at.item().cut(data), found
}
