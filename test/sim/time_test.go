package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// A message that is told a nanosecond too late is noticed, and none before.
func TestLate(t *testing.T) {
	const bound, maxWait = 2*time.Minute + 30*time.Second, 40 * time.Second
	cases := map[string]struct {
		trouble func(*world)
		excuse  time.Duration
	}{
		"good weather":          {func(*world) {}, 0},
		"a lost connection":     {func(w *world) { w.do(Step{Do: "cut"}) }, time.Minute + maxWait},
		"a bad network":         {func(w *world) { w.do(Step{Do: "refuse", For: Span(time.Hour)}) }, time.Hour + time.Minute + maxWait},
		"one that is mended":    {func(w *world) { w.do(Step{Do: "refuse", For: Span(time.Hour)}); w.do(Step{Do: "calm"}) }, time.Minute + maxWait},
		"a rule that waits":     {func(w *world) { w.do(Step{Do: "login", Text: "denied", For: Span(time.Hour)}) }, 0},
		"a mailbox that is new": {func(w *world) { w.do(Step{Do: "create", Box: "Work"}) }, time.Minute + 2*time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(&Plan{World: World{
					Server: "full", Mailboxes: 1, Scan: Span(2 * time.Minute), MaxWait: Span(maxWait),
				}}, false)
				born := time.Now()
				<-time.After(time.Minute)
				c.trouble(w)
				for _, late := range []time.Duration{0, 1} {
					w.mustBeInTime(pending{
						event: watch.Arrived{Message: &imap.Message{}}, first: true, at: born.Add(bound + c.excuse + late), calm: w.calm(),
					}, &message{born: born})
					if n := len(w.wrong); n != int(late) {
						t.Errorf("told %s too late: %v", late, w.wrong)
					}
				}
				w.srv.Close()
			})
		})
	}
}
