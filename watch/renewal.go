package watch

import "time"

const (
	silenceLeast = 30 * time.Second // a connection that died sooner did not die of it
	renewFloor   = 2 * time.Minute
	renewLeast   = 30 * time.Second
	renewMemory  = time.Hour // in which a second loss is no accident
	renewPeace   = 24 * time.Hour
)

// renewal is how long a line may be silent. There are middleboxes and servers
// that forget a connection on which nothing was said for some minutes. When
// connections were lost in silence twice within an hour, there is less of it from
// then on; after a day without a loss, a little more again.
type renewal struct {
	most  time.Duration // how long the silence is at most: Watcher.Scan
	every time.Duration // 0: most
	lost  time.Time     // in silence; zero: never
	eased time.Time     // every was changed
}

// interval is how long the line may be silent now.
func (r *renewal) interval(now time.Time) time.Duration {
	if r.every == 0 {
		return r.most
	}
	if now.Sub(r.eased) >= renewPeace {
		r.every, r.eased = r.every*5/4, now
	}
	if r.every >= r.most {
		r.every = 0
		return r.most
	}
	return r.every
}

// loss notes that a connection was found dead after so much silence.
func (r *renewal) loss(now time.Time, silence time.Duration) (less bool) {
	if silence < silenceLeast {
		return false
	}
	again := !r.lost.IsZero() && now.Sub(r.lost) < renewMemory
	r.lost = now
	if !again {
		return false
	}
	floor := renewFloor
	if min(silence, r.interval(now)) <= renewFloor {
		floor = renewLeast
	}
	r.every = max(min(r.interval(now)/2, silence*4/5), floor)
	r.eased = now
	return true
}
