package peers

import (
	"context"
	"fmt"
	"testing"
	"time"

	theirs "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const benchMessages = 1000

// benchServer has a mailbox of ordinary messages. What it costs is in both
// numbers of a comparison.
func benchServer(b *testing.B) *imaptest.Server {
	b.Helper()
	s := newOurServer(b, imaptest.Options{AllowPlainLogin: true})
	for i := range benchMessages {
		m := text(
			fmt.Sprintf("Date: Fri, %02d Jan 2026 03:04:05 +0100", i%28+1),
			fmt.Sprintf("From: Sender Number %d <sender%d@example.org>", i, i%50),
			"To: Somebody <somebody@example.org>, other@example.com",
			"Cc: list@lists.example.org",
			fmt.Sprintf("Subject: Message number %d about something or other", i),
			fmt.Sprintf("In-Reply-To: <%d@example.org>", i-1),
			fmt.Sprintf("Message-ID: <%d@example.org>", i),
			"", "body",
		)
		if _, err := s.Deliver(user, "INBOX", m, &imaptest.DeliverOptions{
			Flags: []string{`\Seen`}, Date: time.Unix(1767225600+int64(i), 0).UTC(),
		}); err != nil {
			b.Fatal(err)
		}
	}
	return s.Server
}

// BenchmarkFetchEnvelope is what a list of messages is made of; per message.
func BenchmarkFetchEnvelope(b *testing.B) {
	b.Run("us", func(b *testing.B) {
		ctx := context.Background()
		c, err := imap.NewClient(ctx, benchServer(b).Pipe(), &imap.Options{Security: imap.Plaintext, InsecureLogin: true})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		if err := c.Login(ctx, user, password); err != nil {
			b.Fatal(err)
		}
		box, err := c.Select(ctx, "INBOX", nil)
		if err != nil {
			b.Fatal(err)
		}
		o := &imap.FetchOptions{Flags: true, InternalDate: true, Size: true, Envelope: true}
		perMessage(b, func() (n int) {
			for m, err := range box.Fetch(ctx, imap.UIDRange(1, imap.MaxUID), o) {
				if err != nil {
					b.Fatal(err)
				}
				if m.Envelope.Subject != "" {
					n++
				}
			}
			return n
		})
	})
	b.Run("goimap", func(b *testing.B) {
		c := imapclient.New(benchServer(b).Pipe(), nil)
		defer c.Close()
		if err := c.Login(user, password).Wait(); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Select("INBOX", nil).Wait(); err != nil {
			b.Fatal(err)
		}
		o := &theirs.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true, Envelope: true}
		perMessage(b, func() (n int) {
			cmd := c.Fetch(theirs.UIDSet{{Start: 1, Stop: 0}}, o)
			for m := cmd.Next(); m != nil; m = cmd.Next() {
				for item := m.Next(); item != nil; item = m.Next() {
					if e, ok := item.(imapclient.FetchItemDataEnvelope); ok && e.Envelope.Subject != "" {
						n++
					}
				}
			}
			if err := cmd.Close(); err != nil {
				b.Fatal(err)
			}
			return n
		})
	})
}

// perMessage runs fetch, which gets benchMessages messages.
func perMessage(b *testing.B, fetch func() int) {
	b.ReportAllocs()
	for b.Loop() {
		if n := fetch(); n != benchMessages {
			b.Fatalf("%d messages", n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchMessages, "ns/message")
}
