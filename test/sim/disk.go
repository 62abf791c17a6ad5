package sim

import (
	"context"
	"errors"
	"maps"
	"sync"
)

// disk is what outlives the program: a watch.Store's values.
type disk struct {
	mu     sync.Mutex
	values map[string]string
	broken bool // every call fails
	fails  int  // so many calls fail
}

var (
	errDisk    = errors.New("sim: the disk is broken")
	errCrashed = errors.New("sim: the program is dead")
)

// isOurs says whether an error is the disk's.
func isOurs(err error) bool { return errors.Is(err, errDisk) || errors.Is(err, errCrashed) }

// copy is what is on the disk.
func (d *disk) copy() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.values)
}

// failing says whether this call fails.
func (d *disk) failing() bool {
	if d.fails > 0 {
		d.fails--
		return true
	}
	return d.broken
}

// store is the disk as one life of the program has it.
type store struct {
	*disk
	life *life
}

func (s *store) load(key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing() {
		return "", errDisk
	}
	return s.values[key], nil
}

// save keeps a value, unless the program has died. It may die with it.
func (s *store) save(ctx context.Context, key, value string) error {
	s.mu.Lock()
	switch {
	case s.life.dead.Load():
		s.mu.Unlock()
		return errCrashed
	case s.failing():
		s.mu.Unlock()
		return errDisk
	}
	s.life.world.saving(key, s.values[key], value)
	s.values[key] = value
	s.mu.Unlock()
	if s.life.dies("saved") {
		return errCrashed
	}
	return ctx.Err()
}
