package watch

import (
	"testing"
	"time"
)

// A slow server has more time until it has not needed it for an hour, and never
// more than the longest.
func TestPatience(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var p patience
	is := func(want time.Duration) {
		t.Helper()
		if got := p.length(now); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	is(15 * time.Second)
	p.waited(now, 14*time.Second, false)
	is(15 * time.Second)
	p.waited(now, 15*time.Second, true)
	p.waited(now, 30*time.Second, true)
	is(time.Minute)
	for range 5 {
		now = now.Add(50 * time.Minute)
		p.waited(now, 20*time.Second, false)
		is(time.Minute)
	}
	now = now.Add(time.Hour)
	is(15 * time.Second)
	for range 100 {
		p.waited(now, time.Hour, true)
	}
	is(10 * time.Minute)
}
