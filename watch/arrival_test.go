package watch_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// What it costs that a message arrives: the commands, each of which is a round
// trip, from when it is heard of until it is told, and all that are sent more than
// in a minute without it. A large mailbox costs no more than a small one.
func TestArrivalCommands(t *testing.T) {
	tests := []struct {
		mode       watch.Mode
		mailboxes  int
		until, all int
	}{
		{watch.ModeIdle, 1, 1, 2},   // FETCH, IDLE
		{watch.ModeNotify, 1, 2, 4}, // EXAMINE, FETCH, UNSELECT, STATUS
		{watch.ModeNotify, 3, 2, 4},
		{watch.ModePoll, 1, 2, 0}, // NOOP, FETCH
		{watch.ModePoll, 3, 2, 0},
		{watch.ModeRotate, 3, 1, 2},
	}
	for _, test := range tests {
		for _, changes := range []bool{false, true} {
			for _, messages := range []int{3, 700} {
				t.Run(fmt.Sprint(test.mode, test.mailboxes, changes, messages), func(t *testing.T) {
					in(t, func(w *world) {
						w.boxes(test.mailboxes - 1)
						w.w.Listen, w.w.From, w.w.Changes = test.mode, watch.Now(), changes
						w.w.Rand = func() float64 { return 0.5 } // polls are a minute apart
						var told atomic.Int64
						w.body = func(b *watch.Batch) bool {
							told.Store(int64(w.commands()))
							return true
						}
						w.deliver(messages)
						w.start()
						w.after(30 * time.Second)
						w.deliver(1)
						w.after(time.Minute)
						begin := w.commands()
						w.after(time.Minute)
						quiet := w.commands() - begin
						begin = w.commands()
						w.deliver(1)
						w.after(time.Minute)
						until, all := int(told.Load())-begin, w.commands()-begin-quiet
						most := test.until
						if changes && test.mode == watch.ModePoll {
							most++ // what has changed is asked first
						}
						if until > most || all > test.all {
							t.Errorf("%d commands until it was told, want %d; in all %d, want %d; without it %d a minute",
								until, most, all, test.all, quiet)
						}
					})
				})
			}
		}
	}
}
