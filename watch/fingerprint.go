package watch

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"

	"github.com/idlewild-mail/idlewild/imap"
)

// markOf is never zero.
func markOf(b []byte) (m mark) {
	sum := sha256.Sum256(b)
	copy(m[:], sum[:])
	if !m.known() {
		m[0] = 1
	}
	return m
}

// recognizable adds to a question what a message is recognized by. An envelope is
// asked for whole, even if only the Message-ID is wanted: servers have it at
// hand, and one header field by itself would stand among the user's Sections.
func recognizable(opts imap.FetchOptions, c *imap.Client) imap.FetchOptions {
	opts.Envelope, opts.InternalDate, opts.Size = true, true, true
	return identifiable(opts, c)
}

// identifiable adds the lasting identity of a message, where the server has one.
func identifiable(opts imap.FetchOptions, c *imap.Client) imap.FetchOptions {
	if c.Has("OBJECTID") {
		opts.EmailID = true
	} else if c.Has("X-GM-EXT-1") {
		opts.GmailMessageID = true
	}
	return opts
}

// hasIDs says whether the server has lasting identities of messages.
func hasIDs(c *imap.Client) bool { return c.Has("OBJECTID") || c.Has("X-GM-EXT-1") }

// rememberedOf is what is remembered of a message.
func rememberedOf(m *imap.Message) remembered {
	return remembered{uid: m.UID, print: printOf(m), id: idOf(m)}
}

func idOf(m *imap.Message) mark {
	switch {
	case m.EmailID != "":
		return markOf([]byte("e" + m.EmailID))
	case m.GmailMessageID != 0:
		return markOf(binary.BigEndian.AppendUint64([]byte("g"), m.GmailMessageID))
	}
	return mark{}
}

// printOf is zero if the server did not tell all of it.
func printOf(m *imap.Message) mark {
	if m.Envelope == nil || m.InternalDate.IsZero() || !m.Has(imap.HasSize) {
		return mark{}
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 128), uint64(m.InternalDate.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Size))
	return markOf(append(b, messageID(m.Envelope.MessageID)...))
}

// messageID is a Message-ID in one spelling: servers differ in what they do to
// space and comments around it.
func messageID(s string) string {
	if _, after, ok := strings.Cut(s, "<"); ok {
		if id, _, ok := strings.Cut(after, ">"); ok {
			s = id
		}
	}
	if strings.IndexFunc(s, unicode.IsSpace) < 0 {
		return s
	}
	return strings.Join(strings.Fields(s), "")
}

// serverMark stands for what the server says of itself. It is another one after
// an update too.
func serverMark(c *imap.Client) mark {
	var b strings.Builder
	for _, f := range c.ServerID() {
		b.WriteString(f.Name + "\x00" + f.Value + "\x00")
	}
	words := c.Capabilities()
	slices.Sort(words)
	b.WriteString("\x00" + strings.Join(words, " "))
	return markOf([]byte(b.String()))
}
