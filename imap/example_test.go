package imap_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// example returns a connection to a server in memory that has two messages.
func example(ctx context.Context) (c *imap.Client, stop func()) {
	s := imaptest.NewServer(&imaptest.Options{AllowPlainLogin: true})
	s.AddUser("alice", "secret")
	for _, subject := range []string{"lunch", "invoice"} {
		if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF("Subject: "+subject+"\n\nhello\n"), nil); err != nil {
			log.Fatal(err)
		}
	}
	c, err := imap.NewClient(ctx, s.Pipe(), &imap.Options{Security: imap.Plaintext})
	if err != nil {
		log.Fatal(err)
	}
	return c, func() { c.Close(); s.Close() }
}

func Example() {
	ctx := context.Background()
	c, stop := example(ctx) // imap.Dial(ctx, "imap.example.org", nil)
	defer stop()
	if err := c.Login(ctx, "alice", "secret"); err != nil {
		log.Fatal(err)
	}
	inbox, err := c.Select(ctx, "INBOX", nil)
	if err != nil {
		log.Fatal(err)
	}
	unread, err := inbox.Search(ctx, search.And(search.Unseen, search.Since(time.Now().AddDate(0, 0, -7))))
	if err != nil {
		log.Fatal(err)
	}
	for m, err := range inbox.Fetch(ctx, unread, &imap.FetchOptions{Envelope: true}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.UID, m.Envelope.Subject)
	}
	// Output:
	// 1 lunch
	// 2 invoice
}

func ExampleMailbox_Idle() {
	ctx := context.Background()
	c, stop := example(ctx)
	defer stop()
	if err := c.Login(ctx, "alice", "secret"); err != nil {
		log.Fatal(err)
	}
	inbox, err := c.Select(ctx, "INBOX", nil)
	if err != nil {
		log.Fatal(err)
	}
	message := "Subject: news\r\n\r\n"
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if _, err := c.Append(ctx, "INBOX", strings.NewReader(message), int64(len(message)), nil); err != nil {
			log.Fatal(err)
		}
	}()
	for u, err := range inbox.Idle(ctx, &imap.IdleOptions{Duration: 29 * time.Minute}) {
		if err != nil {
			log.Fatal(err)
		}
		if e, ok := u.(imap.Exists); ok {
			fmt.Println(e.Count, "messages")
			break
		}
	}
	<-sent // its answer may come behind the news
	// Output: 3 messages
}

// Mailboxes with what is in them, in one round trip where the server can.
func ExampleClient_List() {
	ctx := context.Background()
	c, stop := example(ctx)
	defer stop()
	if err := c.Login(ctx, "alice", "secret"); err != nil {
		log.Fatal(err)
	}
	for box, err := range c.List(ctx, "*", &imap.ListOptions{
		ReturnStatus:     []imap.StatusItem{imap.StatusMessages, imap.StatusUnseen},
		ReturnSubscribed: true,
	}) {
		if err != nil {
			log.Fatal(err)
		}
		if box.Status != nil {
			fmt.Println(box.Mailbox, *box.Status.Unseen, "of", *box.Status.Messages, "subscribed:", box.Has(`\Subscribed`))
		}
	}
	// Output: INBOX 2 of 2 subscribed: false
}

// Where sent mail goes, whatever the server and the user call it.
func ExampleClient_SpecialMailboxes() {
	ctx := context.Background()
	c, stop := example(ctx)
	defer stop()
	if err := c.Login(ctx, "alice", "secret"); err != nil {
		log.Fatal(err)
	}
	if err := c.Create(ctx, "Gesendet"); err != nil {
		log.Fatal(err)
	}
	boxes, err := c.SpecialMailboxes(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if sent, ok := boxes[imap.SpecialSent]; ok {
		fmt.Println(sent.Mailbox, "is known by its", sent.By)
	}
	// Output: Gesendet is known by its name
}
