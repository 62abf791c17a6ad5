package sim

import (
	"context"

	"github.com/idlewild-mail/idlewild/watch"
)

// watcher makes the Watcher of a life.
func (l *life) watcher() *watch.Watcher {
	w := l.world.plan.World
	v := &watch.Watcher{
		Dial:        l.dial,
		Account:     account,
		Mailboxes:   w.watched(),
		Store:       l.store,
		Patient:     true,
		Changes:     w.Changes,
		OnReset:     watch.Policy(w.OnReset),
		Listen:      watch.Mode(w.Listen),
		Connections: w.Connections,
		Memory:      w.Memory,
		Scan:        w.Scan.d(),
		MaxWait:     w.MaxWait.d(),
		Rand:        l.rand,
		Logger:      l.logger(),
	}
	if w.From == "all" {
		v.From = watch.All()
	}
	return v
}

// watched are the mailboxes that a Watcher of this world follows.
func (w World) watched() []string { return boxNames[:w.Mailboxes:w.Mailboxes] }

// Load is watch.Store's.
func (s *store) Load(_ context.Context, key string) (string, error) { return s.load(key) }

// Save is watch.Store's.
func (s *store) Save(ctx context.Context, key, value string) error { return s.save(ctx, key, value) }
