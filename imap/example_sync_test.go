package imap_test

import (
	"context"
	"fmt"
	"log"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// A client that was away learns what has changed in a mailbox that it knows.
func ExampleMailbox_Resync() {
	ctx := context.Background()
	s := imaptest.NewServer(nil)
	defer s.Close()
	s.AddUser("alice", "secret")
	for range 4 {
		if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF("Subject: hello\n\n"), nil); err != nil {
			log.Fatal(err)
		}
	}
	visit := func(opts *imap.SelectOptions) *imap.Mailbox {
		c, err := imap.NewClient(ctx, s.Pipe(), &imap.Options{Security: imap.Plaintext})
		if err != nil {
			log.Fatal(err)
		}
		if err := c.Login(ctx, "alice", "secret"); err != nil {
			log.Fatal(err)
		}
		if _, err := c.Enable(ctx, "QRESYNC"); err != nil {
			log.Fatal(err)
		}
		inbox, err := c.Select(ctx, "INBOX", opts)
		if err != nil {
			log.Fatal(err)
		}
		return inbox
	}

	inbox := visit(nil)
	kept := inbox.State() // and with it the UIDs and flags of 1:4
	inbox.Client().Close()

	// Meanwhile, elsewhere:
	if err := s.Remove("alice", "INBOX", 2); err != nil {
		log.Fatal(err)
	}
	if err := s.SetFlags("alice", "INBOX", 3, `\Seen`); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF("Subject: news\n\n"), nil); err != nil {
		log.Fatal(err)
	}

	inbox = visit(&imap.SelectOptions{Resync: &imap.Resync{
		UIDValidity: kept.UIDValidity,
		ModSeq:      kept.HighestModSeq,
		Known:       imap.UIDRange(1, 4),
	}})
	defer inbox.Client().Close()
	r := inbox.Resync()
	if r.Reset || r.Err != nil {
		log.Fatal("read all of it again: ", r.Err)
	}
	fmt.Println("gone:", r.Vanished)
	for _, m := range r.Changed {
		fmt.Println("changed:", m.UID, m.Flags)
	}
	for m, err := range inbox.Fetch(ctx, imap.UIDRange(5, imap.MaxUID), &imap.FetchOptions{Envelope: true}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("new:", m.UID, m.Envelope.Subject)
	}
	// Output:
	// gone: 2
	// changed: 3 [\Seen]
	// new: 5 news
}
