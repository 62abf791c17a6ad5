// Command watch prints the subject of every message that arrives, for ever, and
// goes on where it ended when it is started again.
//
//	IDLEWILD_PASSWORD=… go run ./examples/watch imap.example.org alice
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/idlewild-mail/idlewild/watch"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: watch HOST USER")
	}
	host, user := os.Args[1], os.Args[2]
	store, err := watch.OpenFileStore("watch.cursors")
	if err != nil {
		log.Fatal(err)
	}
	w := &watch.Watcher{
		Account: user + "@" + host,
		Dial:    watch.Login(host, user, os.Getenv("IDLEWILD_PASSWORD"), nil),
		Store:   store,
	}
	for batch, err := range w.Watch(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range batch.Events {
			switch e := e.(type) {
			case watch.Arrived:
				if e.Envelope != nil {
					fmt.Println(e.UID, e.Envelope.Subject)
				}
			case watch.Offline:
				log.Printf("offline: %v; next attempt in %v", e.Err, e.Retry)
			}
		}
		if err := batch.Commit(); err != nil {
			log.Fatal(err)
		}
	}
}
