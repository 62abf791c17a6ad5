package watch_test

import (
	"context"
	"sync"
	"testing"

	"github.com/idlewild-mail/idlewild/watch"
)

func TestMemoryStore(t *testing.T) {
	s := new(watch.MemoryStore)
	var wg sync.WaitGroup
	for _, key := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for _, value := range []string{"", "1", "", "2"} {
				if err := s.Save(t.Context(), key, value); err != nil {
					t.Error(err)
				}
				if v, err := s.Load(t.Context(), key); v != value || err != nil {
					t.Errorf("%s: %q %v", key, v, err)
				}
			}
		})
	}
	wg.Wait()
}

// memory is a Store for tests.
type memory struct {
	mu     sync.Mutex
	values map[string]string
	fail   error
}

func (m *memory) Load(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], m.fail
}

func (m *memory) Save(_ context.Context, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[key] = value
	return nil
}
