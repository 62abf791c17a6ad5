package imap

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// AppendMessage is a message to be added to a mailbox: Size bytes read from
// Message, or what Parts make up.
type AppendMessage struct {
	Message io.Reader
	Size    int64
	// Parts is what the server puts the message together of, in place of
	// Message; see Catenate. It needs CATENATE.
	Parts []CatenatePart
	AppendOptions
}

// check says what speaks against sending the message.
func (m *AppendMessage) check(c *Client, what string) error {
	if err := m.valid(); err != nil {
		return err
	}
	if m.Binary && !c.offers("BINARY") {
		return &UnsupportedError{Capability: "BINARY", What: what + " of a message with NUL"}
	}
	if len(m.Parts) > 0 && !c.offers("CATENATE") {
		return &UnsupportedError{Capability: "CATENATE", What: what + " of parts"}
	}
	if len(m.Annotations) > 0 && !c.offers("ANNOTATE-EXPERIMENT-1") {
		return &UnsupportedError{Capability: "ANNOTATE-EXPERIMENT-1", What: what + " of a message with annotations"}
	}
	if m.UTF8 && !c.Enabled("UTF8=ACCEPT") && c.Protocol() != IMAP4rev2 {
		return &UnsupportedError{Capability: "UTF8=ACCEPT, enabled", What: what + " of a message with UTF-8 in its header"}
	}
	return c.withinAppendLimit(what, m.bytes())
}

func (m *AppendMessage) valid() error {
	if len(m.Parts) == 0 {
		return validLiteral(m.Message, m.Size)
	}
	if m.Message != nil || m.Size != 0 {
		return &wire.ArgumentError{Kind: "message", Reason: "it has Parts, and a Message as well"}
	}
	if m.Binary || m.UTF8 {
		return &wire.ArgumentError{Kind: "message", Reason: "what is put together of Parts cannot be Binary or UTF8"}
	}
	for i := range m.Parts {
		if err := m.Parts[i].valid(); err != nil {
			return err
		}
	}
	return nil
}

func validLiteral(src io.Reader, size int64) error {
	const most = 1 << 48 // so that no sum overflows
	switch {
	case size < 0:
		return &wire.ArgumentError{Kind: "message size", Reason: "it must be known"}
	case size > most:
		return &wire.ArgumentError{Kind: "message size", Reason: "there are no such messages"}
	case src == nil:
		return &wire.ArgumentError{Kind: "message", Reason: "its Reader is nil"}
	}
	return nil
}

// bytes is how many the client sends of the message.
func (m *AppendMessage) bytes() int64 {
	n := m.Size
	for _, p := range m.Parts {
		n += p.Size
	}
	return n
}

// RFC 4466 §6, append-message; RFC 6855 §4, append-data
func (m *AppendMessage) addTo(cmd *wire.Command, f *feed, utf8 bool) {
	if len(m.Flags) > 0 {
		cmd.List(func() {
			for _, flag := range m.Flags {
				cmd.Flag(string(flag))
			}
		})
	}
	if !m.Date.IsZero() {
		cmd.String(FormatInternalDate(m.Date))
	}
	if len(m.Annotations) > 0 {
		addAnnotations(cmd, m.Annotations)
	}
	switch {
	case len(m.Parts) > 0:
		addCatenate(cmd, m.Parts, f)
	case m.UTF8 && utf8:
		cmd.Atom("UTF8").List(func() { cmd.Literal8(f, m.Size) })
	case m.Binary:
		cmd.Literal8(f, m.Size)
	default:
		cmd.Literal(f, m.Size)
	}
}

// AppendLimit returns how large a message the server takes in any mailbox, in
// bytes (RFC 7889 §3, the capability APPENDLIMIT=n); ok is false if it has not
// said so. A mailbox may have a lower limit of its own: StatusAppendLimit.
func (c *Client) AppendLimit() (limit int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps.appendLimit()
}

func (s *capabilities) appendLimit() (limit int64, ok bool) {
	for _, name := range s.list {
		const prefix = "APPENDLIMIT="
		if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		if n, err := strconv.ParseInt(name[len(prefix):], 10, 64); err == nil && n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// withinAppendLimit says whether the server takes a message of n bytes.
func (c *Client) withinAppendLimit(what string, n int64) error {
	limit, ok := c.AppendLimit()
	if !ok || n <= limit {
		return nil
	}
	cause := &LimitError{What: "message", Size: uint64(n), Max: uint64(limit)}
	return fmt.Errorf("imap: %s: the server takes no message so large (APPENDLIMIT): %w", what, cause)
}
