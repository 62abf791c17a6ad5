package watch_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// BenchmarkCatchUp compares a Watcher that reports a large mailbox with what it
// costs to fetch the same.
func BenchmarkCatchUp(b *testing.B) {
	const messages = 100_000
	first := newTiny("IDLE", messages)
	again := func(ctx context.Context) (*imap.Client, error) { return first.another().dial(ctx) }
	run := func(name string, f func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			f(b) // the server has its answers now
			b.ReportAllocs()
			for b.Loop() {
				f(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/messages, "ns/message")
		})
	}
	watched := func(name string, w func(b *testing.B) *watch.Watcher) {
		run(name, func(b *testing.B) {
			w := w(b)
			w.Dial, w.From = again, watch.All()
			catchUp(b, w, messages)
		})
	}
	run("bare Fetch", func(b *testing.B) { fetchAll(b, again, messages) })
	watched("Watch", func(*testing.B) *watch.Watcher { return &watch.Watcher{} })
	watched("Watch, MemoryStore", func(*testing.B) *watch.Watcher { return &watch.Watcher{Store: new(watch.MemoryStore)} })
	watched("Watch, Changes", func(*testing.B) *watch.Watcher { return &watch.Watcher{Changes: true} })
	watched("Watch, FileStore", func(b *testing.B) *watch.Watcher {
		s, err := watch.OpenFileStore(filepath.Join(b.TempDir(), "cursors"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return &watch.Watcher{Store: s}
	})
}

// fetchAll fetches what catchUp does, without a Watcher.
func fetchAll(tb testing.TB, dial func(context.Context) (*imap.Client, error), want int) {
	c, err := dial(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	inbox, err := c.Examine(tb.Context(), "INBOX")
	if err != nil {
		tb.Fatal(err)
	}
	got := 0
	opts := &imap.FetchOptions{Flags: true, Envelope: true, InternalDate: true, Size: true}
	for _, err := range inbox.Fetch(tb.Context(), imap.UIDRange(1, imap.UID(want)), opts) {
		if err != nil {
			tb.Fatal(err)
		}
		got++
	}
	if got != want {
		tb.Fatalf("%d messages", got)
	}
}

// catchUp watches until so many messages have arrived.
func catchUp(tb testing.TB, w *watch.Watcher, want int) {
	got := 0
	for batch, err := range w.Watch(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range batch.Events {
			if _, ok := e.(watch.Arrived); ok {
				got++
			}
		}
		if err := batch.Commit(); err != nil {
			tb.Fatal(err)
		}
		if got == want {
			return
		}
	}
}
