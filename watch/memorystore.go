package watch

import (
	"context"
	"sync"
)

// MemoryStore is a Store that forgets all when the program ends: for tests, and
// for programs that begin anew each time. It is good across connections, across
// calls of Watch, and for any number of Watchers. The zero MemoryStore is empty
// and ready; it may be used by any goroutine at any time, and must not be copied
// once it is used.
type MemoryStore struct {
	mu     sync.Mutex
	values map[string]string
}

// Load implements Store. It never fails.
func (s *MemoryStore) Load(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key], nil
}

// Save implements Store. It never fails.
func (s *MemoryStore) Save(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == "" {
		delete(s.values, key)
		return nil
	}
	if s.values == nil {
		s.values = make(map[string]string)
	}
	s.values[key] = value
	return nil
}
