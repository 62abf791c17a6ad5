package imap_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// A connection that goes back to IDLE after a large answer takes no more memory
// than before it.
func TestIdleAfterLargeAnswer(t *testing.T) {
	const connections, messages = 20, 3000
	synctest.Test(t, func(t *testing.T) {
		srv := imaptest.NewServer(&imaptest.Options{Preauth: "alice"})
		defer srv.Close()
		srv.AddUser("alice", "secret")
		for range messages {
			if _, err := srv.Deliver("alice", "INBOX", imaptest.CRLF("Subject: Hello\n\nHi.\n"), nil); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		var idlers sync.WaitGroup
		var boxes []*imap.Mailbox
		for range connections {
			c, err := imap.NewClient(ctx, srv.Pipe(), &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			inbox, err := c.Examine(ctx, "INBOX")
			if err != nil {
				t.Fatal(err)
			}
			boxes = append(boxes, inbox)
			idlers.Go(func() {
				for range inbox.Idle(ctx, nil) {
				}
			})
		}
		synctest.Wait()
		before := heapInUse()
		for _, inbox := range boxes {
			n := 0
			opts := &imap.FetchOptions{Flags: true, Size: true, Slice: messages}
			for _, err := range inbox.Fetch(ctx, imap.UIDRange(1, messages), opts) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != messages {
				t.Errorf("%d messages", n)
			}
		}
		synctest.Wait()
		if more := (heapInUse() - before) / connections; more > 20_000 {
			t.Errorf("%d bytes more each", more)
		}
		stop()
		idlers.Wait()
	})
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what was in pools
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
