package watch

import (
	"time"
)

const (
	clockEvery = 30 * time.Second // how often the clocks are compared
	clockJump  = 30 * time.Second // by how much they may differ
	clockShare = 5 * time.Second  // over which the probes are spread
)

// clock notices that time has passed which the process did not see: the machine
// was suspended, so that the monotonic clock and all timers stood still, or the
// process was stopped. Connections may have died meanwhile, and nobody was told.
// It also notices when the wall clock was set, which does no harm.
type clock struct {
	wall   func() time.Time
	before time.Time // monotonic
	walled time.Time // the wall clock then
}

func newClock(wall func() time.Time) *clock {
	if wall == nil {
		wall = time.Now
	}
	return &clock{wall: wall, before: time.Now(), walled: wall().Round(0)}
}

// jumped says whether time was lost since it was asked last, which was to be so
// long ago.
func (c *clock) jumped(planned time.Duration) bool {
	now, wall := time.Now(), c.wall().Round(0)
	passed, walled := now.Sub(c.before), wall.Sub(c.walled)
	c.before, c.walled = now, wall
	return (walled-passed).Abs() > clockJump || passed > planned+clockJump
}

// mind compares the clocks until stop is called, and calls f when time was lost.
// f runs on a goroutine of a timer, and must be short.
func (c *clock) mind(rand func() float64, f func()) (stop func()) {
	done := make(chan struct{})
	var timer *time.Timer
	ready := make(chan struct{})
	timer = time.AfterFunc(clockEvery, func() {
		<-ready
		select {
		case <-done:
			return
		default:
		}
		if c.jumped(clockEvery) {
			time.AfterFunc(time.Duration(rand()*float64(clockShare))+time.Millisecond, f)
		}
		timer.Reset(clockEvery)
	})
	close(ready)
	return func() { close(done); timer.Stop() }
}
