package wire

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Literals says which literals need not wait for the server.
type Literals uint8

const (
	// Synchronizing: the server is asked before each literal (RFC 9051 §4.3).
	Synchronizing Literals = iota
	// LiteralMinus: literals up to 4096 bytes go at once (RFC 7888 §5).
	LiteralMinus
	// LiteralPlus: all literals go at once (RFC 7888 §4).
	LiteralPlus
)

// Segment is a piece of a rendered command that can be written at one go.
type Segment struct {
	Data []byte
	// Source and Size are a literal's bytes that the caller has to read and
	// write behind Data; Source is nil if there are none.
	Source io.Reader
	Size   int64
	// Sync says that behind this segment the server's continuation request
	// must be awaited; a tagged reply in its place ends the command.
	Sync bool
	// NonSync says that the segment ends inside a non-synchronizing literal,
	// which has to be finished whatever the server says meanwhile.
	NonSync bool
}

// Render returns the command as segments, behind tag and a space, with its
// line end. A command with an error, or a tag that is none, is not rendered.
// Streamed literals are told by their Source, so that a command with one is
// rendered once.
func (c *Command) Render(tag string, mode Literals) ([]Segment, error) {
	return c.render(tag, mode, false)
}

// RenderUTF8 is Render for a server that takes UTF-8 in quoted strings:
// IMAP4rev2 or UTF8=ACCEPT is enabled (RFC 9051 §4.3, RFC 9755 §3). A Charset is
// left out.
func (c *Command) RenderUTF8(tag string, mode Literals) ([]Segment, error) {
	return c.render(tag, mode, true)
}

func (c *Command) render(tag string, mode Literals, utf8 bool) ([]Segment, error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	if !isAtom(tag) || strings.Contains(tag, "+") {
		return nil, &ArgumentError{Kind: "tag", Value: clip(tag), Reason: "want an atom without '+'"}
	}
	segs := []Segment{{Data: append([]byte(tag), ' ')}}
	for i := range c.parts {
		p := &c.parts[i]
		s := &segs[len(segs)-1]
		switch {
		case p.charset && utf8:
			continue
		case p.utf8 && utf8:
			s.Data = append(s.Data, quote(string(p.bytes()))...)
			continue
		case !p.literal:
			s.Data = append(s.Data, p.bytes()...)
			continue
		}
		sync := mode == Synchronizing || mode == LiteralMinus && p.size > 4096
		s.Data = append(s.Data, p.announce(sync)...)
		if !sync && p.stream == nil {
			s.Data = append(s.Data, p.bytes()...)
			continue
		}
		if sync {
			s.Sync = true
			segs = append(segs, Segment{Data: slices.Clip(p.bytes())})
			s = &segs[len(segs)-1]
		}
		if p.stream != nil {
			s.Source, s.Size, s.NonSync = p.stream, p.size, !sync
			segs = append(segs, Segment{})
		}
	}
	last := &segs[len(segs)-1]
	last.Data = append(last.Data, '\r', '\n')
	return segs, nil
}

func (p *part) announce(sync bool) []byte {
	b := []byte("{")
	if p.binary {
		b = []byte("~{")
	}
	b = strconv.AppendInt(b, p.size, 10)
	if !sync {
		b = append(b, '+')
	}
	return append(b, '}', '\r', '\n')
}

// Redacted returns the command as a trace may show it: secrets are "***",
// other literals are told by their size alone, and everything else, the strings
// that are quoted included, stands as it is sent.
func (c *Command) Redacted() string {
	var b strings.Builder
	for i := range c.parts {
		switch p := &c.parts[i]; {
		case p.secret != nil:
			b.WriteString("***")
		case p.literal:
			b.WriteString("{" + strconv.FormatInt(p.size, 10) + " bytes}")
		default:
			b.Write(p.data)
		}
	}
	return b.String()
}

// Format prints the command as Redacted does, whatever the verb, so that no
// secret gets into a log by way of %+v.
func (c *Command) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.Redacted()) }
