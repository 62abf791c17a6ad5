package test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
	"github.com/idlewild-mail/idlewild/watch"
)

// TestLiveWatch follows a mailbox of a real server that is stopped and started
// again, with mail before, between and after, and a program that is restarted.
func TestLiveWatch(t *testing.T) {
	d := live.StartDovecot(t, nil)
	ctx := within(t)
	path := filepath.Join(t.TempDir(), "cursors.json")
	var next imap.UID = 1
	follow := func(ctx context.Context, want imap.UID, online func()) {
		t.Helper()
		store, err := watch.OpenFileStore(path)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		w := &watch.Watcher{Account: "dave@localhost", Store: store,
			Dial: watch.Login(d.TLSAddr(), "dave", "pass", &imap.Options{TLSConfig: d.TLSConfig()})}
		for batch, err := range w.Watch(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range batch.Events {
				switch e := e.(type) {
				case watch.Online:
					if online != nil {
						online()
						online = nil
					}
				case watch.Arrived:
					if e.UID != next || e.Envelope.MessageID == "" {
						t.Fatalf("message %d, want %d", e.UID, next)
					}
					next++
				}
			}
			if err := batch.Commit(); err != nil {
				t.Fatal(err)
			}
			if next > want {
				return
			}
		}
	}
	follow(ctx, 3, func() {
		d.Append("dave", "INBOX", message(1, 10))
		go func() {
			d.Append("dave", "INBOX", message(2, 10))
			d.Stop()
			d.Start()
			d.Append("dave", "INBOX", message(3, 10))
		}()
	})
	d.Append("dave", "INBOX", message(4, 10)) // while nobody watches
	follow(ctx, 4, nil)
}
