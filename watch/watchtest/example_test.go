package watchtest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
	"github.com/idlewild-mail/idlewild/watch/watchtest"
)

// watcher is what serve needs: a *watch.Watcher, or a *watchtest.Source.
type watcher interface {
	Watch(ctx context.Context) iter.Seq2[*watch.Batch, error]
}

// serve is the program to be tested: it prints subjects.
func serve(ctx context.Context, w watcher, deliver func(watch.Arrived) error) error {
	for batch, err := range w.Watch(ctx) {
		if err != nil {
			return err
		}
		for _, event := range batch.Events {
			if e, ok := event.(watch.Arrived); ok {
				if err := deliver(e); err != nil {
					return fmt.Errorf("message %d: %w", e.UID, err)
				}
			}
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func printSubject(e watch.Arrived) error {
	fmt.Println(e.UID, e.Envelope.Subject)
	return nil
}

// mail is a message of which only the subject matters.
func mail(subject string) []byte {
	return watchtest.Message(imap.Envelope{Subject: subject}, "Hi there.\n")
}

func Example() {
	src := new(watchtest.Source)
	src.Arrive("INBOX", mail("one"), mail("two"))
	src.Disconnect(errors.New("the cable was pulled"))
	src.Arrive("INBOX", mail("three"))

	err := serve(context.Background(), src, printSubject)
	fmt.Println(err)
	fmt.Println(len(src.Committed()), "committed,", len(src.Uncommitted()), "not")
	// Output:
	// 1 one
	// 2 two
	// 3 three
	// watch: the test has nothing more to tell
	// 3 committed, 0 not
}

// A handler that fails on the third message must not lose it, nor the one after
// it: when the program is started again, they come again, with the same IDs.
func ExampleSource_Watch_failure() {
	src := new(watchtest.Source)
	for _, subject := range []string{"one", "two", "three", "four"} {
		src.Arrive("INBOX", mail(subject))
	}
	ids := map[string]bool{}
	full := true
	deliver := func(e watch.Arrived) error {
		again := ids[e.ID]
		ids[e.ID] = true
		if e.UID == 3 && full {
			return errors.New("the disk is full")
		}
		fmt.Println(e.UID, e.Envelope.Subject, "again:", again)
		return nil
	}

	fmt.Println(serve(context.Background(), src, deliver))
	fmt.Println(len(src.Committed()), "committed,", len(src.Uncommitted()), "not")

	full = false
	fmt.Println(serve(context.Background(), src, deliver)) // the program is started again
	fmt.Println(len(src.Committed()), "committed,", len(src.Uncommitted()), "not")
	// Output:
	// 1 one again: false
	// 2 two again: false
	// message 3: the disk is full
	// 2 committed, 2 not
	// 3 three again: true
	// 4 four again: false
	// watch: the test has nothing more to tell
	// 4 committed, 0 not
}

// What a handler does with Batch.Open works too.
func ExampleSource_open() {
	src := new(watchtest.Source)
	src.Arrive("INBOX", mail("one"))
	for batch, err := range src.Watch(context.Background()) {
		if err != nil {
			fmt.Println(err)
			break
		}
		for _, event := range batch.Events {
			e, ok := event.(watch.Arrived)
			if !ok {
				continue
			}
			opts := &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.Text}}}
			for m, err := range batch.Open.Fetch(context.Background(), imap.UIDSetOf(e.UID), opts) {
				if err != nil {
					fmt.Println(err)
					return
				}
				text, err := m.Body(opts.Sections[0]).Bytes()
				fmt.Printf("%q %v\n", text, err)
			}
		}
	}
	// Output:
	// "Hi there.\r\n" <nil>
	// watch: the test has nothing more to tell
}
