package imap

import (
	"context"
	"io"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// CatenatePart is a piece of a message that the server puts together: Size
// bytes read from Text, or what URL names on the server. See CatenateText and
// CatenateURL.
type CatenatePart struct {
	Text io.Reader
	Size int64
	// URL is an IMAP URL, mostly relative to the server: MessageURL makes one.
	URL string
}

// CatenateText is the part with a text, line ends CRLF.
func CatenateText(text string) CatenatePart {
	return CatenatePart{Text: strings.NewReader(text), Size: int64(len(text))}
}

// CatenateURL is the part that is on the server already.
func CatenateURL(url string) CatenatePart { return CatenatePart{URL: url} }

// Catenate adds a message to a mailbox that the server puts together of parts:
// text of the caller's, and messages or parts of messages that are on the
// server already, which need not be fetched and sent again (RFC 4469). The
// parts have to make up a message: headers, empty lines and boundaries included.
//
// It needs CATENATE. A URL that the server cannot follow is a *ResponseError
// with CodeBadURL and the URL in Data, a message that gets too large one with
// CodeTooBig. Texts are read as Append reads its message.
func (c *Client) Catenate(ctx context.Context, mailbox string, parts []CatenatePart, opts *AppendOptions) (AppendResult, error) {
	if len(parts) == 0 {
		return AppendResult{}, &wire.ArgumentError{Kind: "message", Reason: "it has no parts"}
	}
	m := AppendMessage{Parts: parts}
	if opts != nil {
		m.AppendOptions = *opts
	}
	return c.appendOne(ctx, mailbox, m)
}

func (p *CatenatePart) valid() error {
	if p.URL == "" {
		return validLiteral(p.Text, p.Size)
	}
	if p.Text != nil || p.Size != 0 {
		return &wire.ArgumentError{Kind: "part of a message", Reason: "it has a URL, and a Text as well"}
	}
	return validURL(p.URL)
}

// RFC 4469 §5, append-data and cat-part
func addCatenate(cmd *wire.Command, parts []CatenatePart, f *feed) {
	cmd.Atom("CATENATE").List(func() {
		for _, p := range parts {
			if p.URL != "" {
				cmd.Atom("URL").String(p.URL) // an atom would do; every example is quoted
			} else {
				cmd.Atom("TEXT").Literal(f, p.Size)
			}
		}
	})
}
