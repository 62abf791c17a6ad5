// Command forward appends the subject of every message that arrives in three
// mailboxes to a file, exactly once, however often it is killed: a message may
// come again, and then has the same ID.
//
//	IDLEWILD_PASSWORD=… go run ./examples/forward imap.example.org alice
package main

import (
	"context"
	"iter"
	"log"
	"os"
	"os/signal"

	"github.com/idlewild-mail/idlewild/watch"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: forward HOST USER")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(host, user string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	store, err := watch.OpenFileStore("forward.cursors")
	if err != nil {
		return err
	}
	defer store.Close()
	out, err := openLog("forward.txt")
	if err != nil {
		return err
	}
	defer out.Close()
	w := &watch.Watcher{
		Account:   user + "@" + host,
		Dial:      watch.Login(host, user, os.Getenv("IDLEWILD_PASSWORD"), nil),
		Store:     store,
		Mailboxes: []string{"INBOX", "Archive", "Sent"},
	}
	if err := forward(ctx, w, out); ctx.Err() == nil {
		return err
	}
	return nil // interrupted
}

// watcher is a *watch.Watcher; in the test, a *watchtest.Source.
type watcher interface {
	Watch(ctx context.Context) iter.Seq2[*watch.Batch, error]
}

// forward writes what arrives. A batch is committed when the disk has it.
func forward(ctx context.Context, w watcher, out *subjects) error {
	for batch, err := range w.Watch(ctx) {
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			switch e := e.(type) {
			case watch.Arrived:
				if err := out.add(e); err != nil {
					return err
				}
			case watch.Offline:
				log.Printf("offline: %v; next attempt in %v", e.Err, e.Retry)
			}
		}
		if err := out.file.Sync(); err != nil {
			return err
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
	return nil
}
