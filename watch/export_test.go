package watch

import "time"

// SetWall gives a Watcher another wall clock: synctest's cannot be parted from
// the monotonic one.
func (w *Watcher) SetWall(now func() time.Time) { w.wall = now }
