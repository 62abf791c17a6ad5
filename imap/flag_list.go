package imap

import (
	"bytes"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9051 §7.3.5, FLAGS response. It may have more flags than a message: all
// that the mailbox ever saw.
func (p *parser) flagsResponse(resp *response) {
	p.r.SkipSP()
	resp.flags = p.flagList(10 * p.lim.Flags)
}

// RFC 9051 §9, flag-list. NIL, as a list or in it, is forgiven.
func (p *parser) flagList(most int) []Flag {
	p.r.SkipSP()
	if p.r.IsNil() {
		return []Flag{}
	}
	p.flags = p.flags[:0]
	p.r.Open()
	for p.r.Err() == nil && !p.r.Close() {
		p.r.SkipSP()
		if p.r.IsNil() {
			continue
		}
		if len(p.flags) == most {
			p.r.FailWith(&wire.LimitError{What: "number of flags", Max: uint64(most)})
			return nil
		}
		p.flags = append(p.flags, p.flag())
	}
	if p.r.Err() != nil {
		return nil
	}
	return append(make([]Flag, 0, len(p.flags)), p.flags...)
}

// RFC 9051 §9, flag and flag-perm. Servers send keywords with brackets and
// more in them ("OIB-Seen-[Google"), and flags in quotes.
func (p *parser) flag() Flag {
	b := p.flagBytes()
	if f, ok := knownFlag(b); ok {
		return f
	}
	if f, ok := p.keywords[string(b)]; ok {
		return f
	}
	f := systemFlag(string(b))
	p.remember(f, b)
	return f
}

// remember keeps a flag: a mailbox has few keywords, and many messages with
// each of them.
func (p *parser) remember(f Flag, b []byte) {
	if len(b) > 64 || p.r.Err() != nil {
		return
	}
	if p.keywords == nil || len(p.keywords) >= 100 {
		p.keywords = make(map[string]Flag)
	}
	p.keywords[string(b)] = f
}

// flagBytes reads the bytes of a flag or a mailbox attribute.
func (p *parser) flagBytes() []byte {
	if p.r.Peek() == '"' {
		return p.quotedFlag()
	}
	start := p.r.Pos()
	end := start
	for end < len(p.b) && flagChar(p.b[end]) {
		end++
	}
	if end == start {
		p.r.Fail("a flag")
	}
	if p.r.Err() != nil {
		return nil
	}
	p.seek(end)
	return p.b[start:end]
}

// flagChar takes all but what ends a flag or begins something else.
func flagChar(c byte) bool {
	return c > ' ' && c != 0x7f && c != '(' && c != ')' && c != '"' && c != '{'
}

// quotedFlag reads "\\Seen", and "\Seen" where the backslash was not escaped.
func (p *parser) quotedFlag() []byte {
	inner := p.b[p.r.Pos()+1:]
	s := p.r.StringBytes()
	if len(inner) > 1 && inner[0] == '\\' && inner[1] != '\\' && !bytes.HasPrefix(s, []byte(`\`)) {
		return append([]byte(`\`), s...)
	}
	return s
}

// knownFlag finds a flag in its usual spelling without an allocation.
func knownFlag(b []byte) (Flag, bool) {
	switch string(b) {
	case `\Seen`:
		return FlagSeen, true
	case `\Answered`:
		return FlagAnswered, true
	case `\Flagged`:
		return FlagFlagged, true
	case `\Deleted`:
		return FlagDeleted, true
	case `\Draft`:
		return FlagDraft, true
	case `\Recent`:
		return FlagRecent, true
	case `\*`:
		return FlagAny, true
	case "$Forwarded":
		return FlagForwarded, true
	case "$MDNSent":
		return FlagMDNSent, true
	case "$Junk":
		return FlagJunk, true
	case "$NotJunk":
		return FlagNotJunk, true
	case "$Phishing":
		return FlagPhishing, true
	case "$Important":
		return FlagImportant, true
	case "NonJunk":
		return "NonJunk", true
	}
	return "", false
}

// systemFlag returns s in the spelling of the constants if it is one of them.
func systemFlag(s string) Flag {
	known := []Flag{FlagSeen, FlagAnswered, FlagFlagged, FlagDeleted, FlagDraft, FlagRecent}
	if i := slices.IndexFunc(known, func(f Flag) bool { return strings.EqualFold(string(f), s) }); i >= 0 {
		return known[i]
	}
	return Flag(s)
}
