package watchtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// Message returns a message with this header and text, for Source.Arrive. Of the
// header's fields, Date, From and MessageID are made up where e has none; values
// are taken as they stand, RFC 2047 words not encoded. Line ends may be LF.
func Message(e imap.Envelope, text string) []byte {
	var b bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
		}
	}
	list := func(name string, addresses []imap.Address) {
		var all []string
		for _, a := range addresses {
			all = append(all, address(a))
		}
		field(name, strings.Join(all, ", "))
	}
	if e.Date == "" {
		e.Date = "Thu, 01 Jan 2026 12:00:00 +0000"
	}
	if e.From == nil {
		e.From = []imap.Address{{Name: "Bob", Mailbox: "bob", Host: "example.org"}}
	}
	field("Date", e.Date)
	list("From", e.From)
	list("Sender", e.Sender)
	list("Reply-To", e.ReplyTo)
	list("To", e.To)
	list("Cc", e.Cc)
	list("Bcc", e.Bcc)
	field("Subject", e.Subject)
	field("In-Reply-To", e.InReplyTo)
	if e.MessageID == "" { // the same for the same message
		sum := sha256.Sum256(append(b.Bytes(), text...))
		e.MessageID = fmt.Sprintf("<%x@example.org>", sum[:8])
	}
	field("Message-ID", e.MessageID)
	b.WriteString("\n" + text)
	return imaptest.CRLF(b.String())
}

func address(a imap.Address) string {
	if a.Name == "" {
		return a.Mailbox + "@" + a.Host
	}
	name := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name)
	return fmt.Sprintf(`"%s" <%s@%s>`, name, a.Mailbox, a.Host)
}
