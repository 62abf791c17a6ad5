package watch_test

import (
	"context"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

func ExampleWatcher() {
	srv := imaptest.NewServer(nil) // stands in for imap.example.org
	defer srv.Close()
	srv.AddUser("alice", "secret")
	srv.Deliver("alice", "INBOX", imaptest.CRLF("Subject: Hello\n\nHi there.\n"), nil)

	w := &watch.Watcher{
		Account: "alice@imap.example.org",
		From:    watch.All(),
		Dial: func(ctx context.Context) (*imap.Client, error) {
			c, err := imap.Dial(ctx, "imap.example.org:143", &imap.Options{
				Dial: srv.Dial, Security: imap.Plaintext, InsecureLogin: true, // for the example only
			})
			if err != nil {
				return nil, err
			}
			if err := c.Login(ctx, "alice", "secret"); err != nil {
				c.Close()
				return nil, err
			}
			return c, nil
		},
	}
	for batch, err := range w.Watch(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, event := range batch.Events {
			switch e := event.(type) {
			case watch.Online:
				fmt.Println("online:", e.Mode)
			case watch.Offline:
				fmt.Println("offline:", e.Reason, "until", e.Retry)
			case watch.Arrived:
				fmt.Println("arrived:", e.UID, e.Envelope.Subject)
				fmt.Println(e.ID)
			}
		}
		if err := batch.Commit(); err != nil {
			fmt.Println(err)
			return
		}
		if batch.Cursor.UIDNext > 1 {
			break // so that the example ends
		}
	}
	// Output:
	// online: idle
	// arrived: 1 Hello
	// b164ecacc204ebcf12f80ee0c6c1150fdeb9c6be373d0a21036f2fcf28b79eb3
}

func ExampleOpenFileStore() {
	store, err := watch.OpenFileStore("/var/lib/me/cursors")
	if err != nil {
		fmt.Println(err) // in use, or damaged: not to be begun anew without asking
		return
	}
	defer store.Close()
	_ = &watch.Watcher{Account: "alice@imap.example.org", Store: store}
}

// A function that takes a batch is tested with one of the test's making.
func ExampleNewBatch() {
	handle := func(b *watch.Batch) error {
		for _, event := range b.Events {
			if e, ok := event.(watch.Arrived); ok {
				fmt.Println("arrived:", e.UID)
			}
		}
		return b.Commit()
	}

	events := []watch.Event{watch.Arrived{ID: "a", Mailbox: "INBOX", Message: &imap.Message{UID: 7}}}
	batch := watch.NewBatch("INBOX", events, func(_ context.Context, c watch.Cursor) error {
		fmt.Println("committed:", c)
		return nil
	})
	batch.Cursor = watch.Cursor{UIDValidity: 1, UIDNext: 8}
	fmt.Println(handle(batch))
	// Output:
	// arrived: 7
	// committed: 1-1-8-0
	// <nil>
}

// A program that keeps the cursor of its one mailbox itself, with what it made of
// the messages for instance, saves that of the first Online too.
func ExampleAt() {
	srv := imaptest.NewServer(nil) // stands in for imap.example.org
	defer srv.Close()
	srv.AddUser("alice", "secret")
	kept := "" // in a file or a database

	run := func(last watch.Kind) { // the program; it ends after such an event
		var cursor watch.Cursor
		if err := cursor.UnmarshalText([]byte(kept)); err != nil {
			fmt.Println(err)
			return
		}
		w := &watch.Watcher{
			From: watch.At(cursor),
			Dial: watch.Login("imap.example.org:143", "alice", "secret", &imap.Options{
				Dial: srv.Dial, Security: imap.Plaintext, InsecureLogin: true, // for the example only
			}),
		}
		for batch, err := range w.Watch(context.Background()) {
			if err != nil {
				fmt.Println(err)
				return
			}
			for _, event := range batch.Events {
				switch e := event.(type) {
				case watch.Online:
					if kept == "" {
						kept = e.Cursors[0].String()
					}
				case watch.Arrived:
					fmt.Println("arrived:", e.UID)
				}
			}
			if batch.Mailbox != "" {
				kept = batch.Cursor.String()
			}
			if batch.Events[0].Kind() == last {
				return
			}
		}
	}
	run(watch.KindOnline)
	fmt.Println("kept:", kept)
	srv.Deliver("alice", "INBOX", imaptest.CRLF("Subject: nobody watches\n\nHi there.\n"), nil)
	run(watch.KindArrived)
	fmt.Println("kept:", kept)
	// Output:
	// kept: 1-1-1-0
	// arrived: 1
	// kept: 1-1-2-0
}
