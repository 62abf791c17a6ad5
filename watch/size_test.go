//go:build !race

// The race detector takes memory of its own, and more time than this is worth.

package watch_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// What a Watcher takes in whose mailboxes nothing happens, both the heap and the
// stacks of its goroutines, but without the buffers of TLS and of the kernel. The
// limits here are half as much again as it was when they were set.
func TestP8_IdleSize(t *testing.T) {
	tests := []struct {
		listen    watch.Mode
		mailboxes int
		most      int // bytes of heap
	}{
		{watch.ModeIdle, 1, 26_000},
		{watch.ModeNotify, 1, 24_000},
		{watch.ModeNotify, 10, 37_000},
		{watch.ModeNotify, 100, 187_000},
		{watch.ModeRotate, 10, 39_000},
		{watch.ModeRotate, 100, 205_000},
		{watch.ModePoll, 1, 24_000},
		{watch.ModePoll, 10, 40_000},
		{watch.ModePoll, 100, 208_000},
	}
	first := newTiny("IDLE NOTIFY", 3)
	for _, test := range tests {
		t.Run(fmt.Sprint(test.listen, " ", test.mailboxes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var names []string
				for i := range test.mailboxes {
					names = append(names, fmt.Sprint("Box", i))
				}
				ctx, stop := context.WithCancel(t.Context())
				var all sync.WaitGroup
				got := sized(max(20, 200/test.mailboxes), func(i int) {
					w := &watch.Watcher{
						Account: fmt.Sprint(i), Mailboxes: slices.Clone(names), Listen: test.listen,
						Connections: 1, Dial: first.another().dial,
					}
					all.Go(func() {
						for range w.Watch(ctx) {
						}
					})
				})
				t.Logf("%+v", got)
				if got.heap > test.most {
					t.Errorf("%d bytes of heap, want %d", got.heap, test.most)
				}
				if test.mailboxes == 1 && got.stack > 30_000 { // what few of them take says little
					t.Errorf("%d bytes of stacks", got.stack)
				}
				if got.goroutines > 4 { // the loop's, the connection's, the reader's, and one for alerts
					t.Errorf("%v goroutines", got.goroutines)
				}
				stop()
				all.Wait()
			})
		})
	}
}

// What a Watcher takes that remembers as many messages as it may, and whose
// connection has brought large answers.
func TestP8_FullSize(t *testing.T) {
	const messages = 10_000
	for _, test := range []struct {
		changes bool
		most    int // bytes of heap, beside 20 a message
	}{{false, 26_000}, {true, 26_000 + 3*messages/2*8}} {
		synctest.Test(t, func(t *testing.T) {
			first := newTiny("IDLE", messages)
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			begin := func(int) {
				w := &watch.Watcher{Dial: first.another().dial, Changes: test.changes}
				all.Go(func() {
					for range w.Watch(ctx) {
					}
				})
			}
			begin(0) // the server has its answers then
			synctest.Wait()
			got := sized(20, begin)
			t.Logf("%+v", got)
			if got.heap > test.most+20*messages*5/4 {
				t.Errorf("%d bytes of heap, with changes %v", got.heap, test.changes)
			}
			stop()
			all.Wait()
		})
	}
}

// size is what many of something take, each.
type size struct {
	heap, stack int // bytes
	goroutines  float64
}

// sized measures what n of what begin makes take once all is at rest. It is to be
// called in a bubble.
func sized(n int, begin func(i int)) size {
	before := settled()
	goroutines := runtime.NumGoroutine()
	for i := range n {
		begin(i)
	}
	synctest.Wait()
	after := settled()
	return size{
		heap:       int(after.HeapAlloc-before.HeapAlloc) / n,
		stack:      int(after.StackInuse-before.StackInuse) / n,
		goroutines: float64(runtime.NumGoroutine()-goroutines) / float64(n),
	}
}

// settled is what is in use once all garbage is collected.
func settled() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC() // what was in pools
	runtime.ReadMemStats(&m)
	return m
}

// How much more it takes to watch messages that arrive than to fetch them.
func TestCatchUpAllocations(t *testing.T) {
	const messages = 20_000
	synctest.Test(t, func(t *testing.T) {
		first := newTiny("IDLE", messages)
		again := func(ctx context.Context) (*imap.Client, error) {
			return first.another().dial(ctx)
		}
		bare := func() { fetchAll(t, again, messages) }
		watched := func() {
			catchUp(t, &watch.Watcher{Dial: again, From: watch.All(), Store: new(watch.MemoryStore)}, messages)
		}
		bare()
		watched() // the server has its answers now
		more, bytes := allocated(watched)
		less, fewer := allocated(bare)
		each, size := float64(more-less)/messages, float64(bytes-fewer)/messages
		t.Logf("%.2f allocations and %.0f bytes a message", each, size)
		if each > 5 || size > 1800 {
			t.Errorf("%.2f allocations and %.0f bytes a message more than Fetch takes", each, size)
		}
	})
}

// allocated is what a function allocates.
func allocated(f func()) (objects, bytes int64) {
	before := settled()
	f()
	after := settled()
	return int64(after.Mallocs - before.Mallocs), int64(after.TotalAlloc - before.TotalAlloc)
}

// counting is a Store that counts what is saved.
type counting struct {
	watch.MemoryStore
	saves, bytes int
}

func (s *counting) Save(ctx context.Context, key, value string) error {
	s.saves++
	s.bytes += len(key) + len(value)
	return s.MemoryStore.Save(ctx, key, value)
}

// What is stored for what is remembered of messages is bounded too, whether they
// come one by one or all at once.
func TestStoredBytes(t *testing.T) {
	tests := []struct {
		name     string
		memory   int // Watcher.Memory
		messages int
		most     int // bytes a message
		saves    float64
	}{
		{"at once", 0, 30_000, 216, 0.018},
		{"at once, much memory", 1_000_000, 30_000, 280, 0.018},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(counting)
				catchUp(t, &watch.Watcher{
					Dial: newTiny("IDLE", test.messages).dial, From: watch.All(), Store: s, Memory: test.memory,
				}, test.messages)
				bytes, saves := s.bytes/test.messages, float64(s.saves)/float64(test.messages)
				t.Logf("%d bytes, %.4f saves", bytes, saves)
				if bytes > test.most || saves > test.saves {
					t.Errorf("%d bytes in %.4f saves a message", bytes, saves)
				}
			})
		})
	}
	t.Run("one by one", func(t *testing.T) {
		const before, messages = 12_000, 1000
		synctest.Test(t, func(t *testing.T) {
			s, c := new(counting), newTiny("IDLE", before)
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				w := &watch.Watcher{Dial: c.dial, Store: s}
				for batch, err := range w.Watch(ctx) {
					if err == nil && batch.Commit() != nil {
						t.Error("commit")
					}
				}
			})
			synctest.Wait()
			s.saves, s.bytes = 0, 0
			for range messages {
				c.arrive()
				<-time.After(time.Second)
			}
			stop()
			all.Wait()
			t.Logf("%d bytes, %.4f saves", s.bytes/messages, float64(s.saves)/messages)
			if bytes := s.bytes / messages; s.saves > messages*3/2 || bytes > 2900 {
				t.Errorf("%d bytes a message, in %d saves", bytes, s.saves)
			}
		})
	})
}
