package watch_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// slowStore is a Store that takes as long to save as it is told to.
type slowStore struct {
	watch.MemoryStore
	gate atomic.Pointer[chan struct{}] // nil: at once
}

func (s *slowStore) Save(ctx context.Context, key, value string) error {
	if gate := s.gate.Load(); gate != nil {
		<-*gate
	}
	return s.MemoryStore.Save(ctx, key, value)
}

// While a Store hangs over a Commit, on another goroutine, mail in other mailboxes
// is told, and Status answers.
func TestCommitHangs(t *testing.T) {
	eachMode(t, func(w *world, names []string, delay time.Duration) {
		store, gate := &slowStore{}, make(chan struct{})
		w.w.Store = store
		w.lazy.Store(true)
		committed := make(chan error, 1)
		w.body = func(b *watch.Batch) bool {
			if b.Mailbox == names[0] && store.gate.Load() != nil {
				go func() { committed <- b.Commit() }()
			}
			return true
		}
		w.start()
		w.after(time.Minute)
		store.gate.Store(&gate)
		w.deliver(1)
		w.after(delay)
		for _, name := range names[1:] {
			w.deliverTo(name, 1)
		}
		w.after(delay)
		w.exactIn(1, names...)
		if n := len(w.w.Status().Mailboxes); n != len(names) {
			t.Errorf("status of %d mailboxes", n)
		}
		close(gate)
		if err := <-committed; err != nil {
			t.Error(err)
		}
	})
}
