package imap_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// The newest messages first, as a mail program shows them, with some of their
// text where the server can tell it.
func ExampleMailbox_Sort() {
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
	order, err := inbox.Sort(ctx, search.Unseen, imap.SortArrival.Reverse(), imap.SortSubject)
	if err != nil {
		log.Fatal(err)
	}
	// Fetch takes a set and yields in the server's order, mostly by UID.
	messages := map[imap.UID]*imap.Message{}
	opts := &imap.FetchOptions{Envelope: true, Preview: c.Has("PREVIEW")}
	for m, err := range inbox.Fetch(ctx, imap.UIDSetOf(order...), opts) {
		if err != nil {
			log.Fatal(err)
		}
		messages[m.UID] = m
	}
	for _, uid := range order {
		if m := messages[uid]; m != nil { // else it was removed meanwhile
			fmt.Println(m.Envelope.Subject, "|", m.Preview)
		}
	}
	// Unordered output:
	// lunch | hello
	// invoice | hello
}

// Conversations, and what to do where the server cannot make them.
func ExampleMailbox_Thread() {
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
	threads, err := inbox.Thread(ctx, nil, imap.ThreadReferences)
	if errors.Is(err, imap.ErrUnsupported) {
		log.Fatal("show a flat list: ", err)
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range threads {
		for depth, m := range t.All() {
			fmt.Printf("%s%d\n", strings.Repeat("  ", depth), m.UID)
		}
	}
	// Output:
	// 1
	// 2
}
