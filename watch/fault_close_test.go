package watch_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// closings are the ways in which servers end a connection.
var closings = map[string]imaptest.Action{
	"FIN":              {Cut: true},
	"after the work":   {CutReply: true},
	"BYE":              {Bye: "see you"},
	"BYE unavailable":  {Bye: "[UNAVAILABLE] back soon"},
	"BYE autologout":   {Bye: "Autologout; idle for too long"},
	"BYE shutdown":     {Bye: "Server shutting down."},
	"BYE, then news":   {Untagged: []string{"BYE closing", "1000 EXISTS", "1 FETCH (FLAGS (\\Seen))"}, Cut: true},
	"news, then FIN":   {Untagged: []string{"1000 EXISTS"}, Cut: true},
	"BYE, then stands": {Untagged: []string{"BYE closing"}, Delay: -1},
}

// Each way, at each command: it is lost, made again,
// and nothing else is.
func TestB02_Closed(t *testing.T) {
	commands := []string{
		"CAPABILITY", "LOGIN", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE", "NOOP", "STATUS", "NOTIFY", "UNSELECT", "LOGOUT",
	}
	mode := 0
	for _, how := range slices.Sorted(maps.Keys(closings)) {
		action := closings[how]
		for _, command := range commands {
			mode++ // each way meets each mode, and each command most of them
			t.Run(fmt.Sprint(how, " at ", command, ", ", many[mode%len(many)].name), func(t *testing.T) {
				inMode(t, mode, func(w *world, names []string, _ time.Duration) {
					w.w.Patient = true
					var n atomic.Int64
					w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
						if c.Name != command || n.Add(1)%3 != 1 || n.Load() > 20 {
							return nil
						}
						a := action
						return &a
					}})
					w.start()
					for range 4 {
						for _, name := range names {
							w.deliverTo(name, 2)
						}
						w.after(7 * time.Minute)
					}
					w.faults(imaptest.Faults{})
					w.after(time.Hour)
					w.exactIn(8, names...)
				})
			})
		}
	}
}

// In IDLE, and in the greeting.
func TestB02_ByeInIdleAndGreeting(t *testing.T) {
	for text, reason := range map[string]watch.Reason{
		"": watch.ReasonEOF, "Autologout": watch.ReasonBye, "[UNAVAILABLE] later": watch.ReasonBye,
	} {
		t.Run(text, func(t *testing.T) {
			eachMode(t, func(w *world, names []string, _ time.Duration) {
				w.start()
				w.after(6 * time.Minute)
				w.srv.Disconnect("alice", text)
				w.faults(imaptest.Faults{ByeOnConnect: "[UNAVAILABLE] starting"})
				w.after(time.Second)
				off := all[watch.Offline](w)
				if len(off) == 0 || off[0].Reason != reason || off[0].Class != watch.ClassOutage {
					w.t.Fatalf("offline: %+v", off)
				}
				for _, name := range names {
					w.deliverTo(name, 1)
				}
				w.after(3 * time.Minute)
				w.faults(imaptest.Faults{})
				w.after(6 * time.Minute)
				w.exactIn(1, names...)
			})
		})
	}
}

// The first connection may not be there: with Patient that is as any other loss.
func TestB02_NeverThere(t *testing.T) {
	in(t, func(w *world) {
		w.w.Patient = true
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.start()
		w.deliver(3)
		w.after(time.Hour)
		w.faults(imaptest.Faults{})
		w.after(6 * time.Minute)
		w.exact(3)
	})
}

// A stall anywhere: before a command's answer, in the middle of a line or of a
// literal, or one byte a minute. It is given up within the time that is promised
// for it, and nothing is told of what came only in part.
func TestB04_Stalls(t *testing.T) {
	for _, drip := range []time.Duration{0, time.Minute} {
		for n := int64(1); n < 4000; n += 97 {
			t.Run(fmt.Sprint(n, drip), func(t *testing.T) {
				in(t, func(w *world) {
					w.w.Patient = true
					w.deliver(5)
					w.faults(imaptest.Faults{StallAfter: n, Drip: drip})
					w.start()
					w.after(4 * time.Minute)
					for _, a := range all[watch.Arrived](w) {
						if a.Envelope != nil && a.Envelope.Subject != "Hello" {
							t.Errorf("a message in part: %+v", a)
						}
					}
					w.after(10 * time.Minute)
					w.faults(imaptest.Faults{})
					w.after(w.w.Bound() + 15*time.Minute)
					w.exact(5)
				})
			})
		}
	}
}

// A command that is never answered, each of them: the session is given up.
func TestB04_NoAnswer(t *testing.T) {
	for _, command := range []string{"LOGIN", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE", "NOOP", "STATUS", "NOTIFY", "UNSELECT"} {
		t.Run(command, func(t *testing.T) {
			eachMode(t, func(w *world, names []string, _ time.Duration) {
				w.w.Patient = true
				var n atomic.Int64
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == command && n.Add(1) == 3 {
						return &imaptest.Action{Delay: -1}
					}
					return nil
				}})
				w.start()
				for range 6 {
					for _, name := range names {
						w.deliverTo(name, 1)
					}
					w.after(7 * time.Minute)
				}
				w.after(10 * time.Minute)
				w.exactIn(6, names...)
			})
		})
	}
}

// IDLE that is refused, by NO or BAD, or that the server ends by itself: the
// mailbox is polled, and IDLE tried again later.
func TestB23_IdleRefused(t *testing.T) {
	for _, reply := range []string{"NO not now", "BAD what", "OK done already", "NO [LIMIT] too many idlers"} {
		t.Run(reply, func(t *testing.T) {
			in(t, func(w *world) {
				var refuse atomic.Bool
				refuse.Store(true)
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == "IDLE" && refuse.Load() {
						return &imaptest.Action{Reply: reply}
					}
					return nil
				}})
				w.start()
				for i := range 5 {
					w.after(time.Minute)
					w.deliver(1)
					w.after(70 * time.Second)
					w.exact(i + 1)
				}
				if n := w.srv.Stats().Commands["IDLE"]; n > 30 {
					t.Errorf("IDLE was tried %d times in ten minutes", n)
				}
				refuse.Store(false)
				w.after(time.Hour)
				w.deliver(1)
				w.after(5 * time.Second)
				w.exact(6)
				if off := all[watch.Offline](w); len(off) > 0 {
					t.Errorf("offline: %+v", off)
				}
			})
		})
	}
}

// The "+" never comes: the session is given up after the 30 s of its limit.
func TestB23_NoContinuation(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		var n atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" && n.Add(1) == 1 {
				return &imaptest.Action{Delay: -1}
			}
			return nil
		}})
		w.after(5 * time.Minute)
		w.deliver(1)
		w.after(w.w.Bound())
		w.exact(1)
		off := all[watch.Offline](w)
		if len(off) != 1 || !errors.Is(off[0].Err, imap.ErrTimeout) {
			t.Errorf("offline: %+v", off)
		}
	})
}

// The loop is left while the "+" of IDLE is awaited.
func TestB24_LeftBeforeContinuation(t *testing.T) {
	for delay := time.Duration(0); delay < 40*time.Second; delay += 3 * time.Second {
		in(t, func(w *world) {
			w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
				if c.Name == "IDLE" {
					return &imaptest.Action{Delay: 20 * time.Second}
				}
				return nil
			}})
			w.start()
			w.after(time.Second + delay)
			began := time.Now()
			w.stop()
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("leaving took %v after %v", d, delay)
			}
			w.after(time.Minute)
			if n := w.srv.Connections(); n != 0 {
				t.Errorf("%d connections left", n)
			}
		})
	}
}

// Updates before the "+" are updates.
func TestB21_BeforeContinuation(t *testing.T) {
	in(t, func(w *world) {
		var n atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" && n.Add(1) < 20 {
				w.deliver(1)
				return &imaptest.Action{Untagged: []string{`FLAGS (\Seen)`, fmt.Sprint(n.Load(), " EXISTS"), "0 RECENT"}}
			}
			return nil
		}})
		w.start()
		w.after(10 * time.Minute)
		w.exact(int(min(n.Load(), 19)))
		if n.Load() < 19 {
			t.Errorf("only %d IDLE", n.Load())
		}
	})
}

// Without IDLE the mailboxes are polled, with jitter.
func TestB28_WithoutIdle(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"IDLE", "NOTIFY"}}, func(w *world) {
		names := w.boxes(3)
		w.start()
		for i := range 20 {
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			w.after(70 * time.Second)
			w.exactIn(i+1, names...)
		}
	})
}

// A server that takes IDLE and says nothing in it is found out, and asked every
// minute; once it speaks again, it is trusted again.
func TestB29_MuteIdle(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.faults(imaptest.Faults{MuteIdle: true, HoldExists: true})
		w.start()
		w.after(time.Second)
		n := 0
		for range 3 {
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			n++
			w.after(w.w.Bound())
			w.exactIn(n, names...)
		}
		if off := all[watch.Offline](w); len(off) > 0 {
			w.t.Errorf("offline: %+v", off)
		}
	})
}

// EXISTS that announces nothing, ten times a second, for an hour: one scan every
// Burst, and what is real among it is told soon.
func TestB30_Storm(t *testing.T) {
	for _, by := range []int{0, 7} {
		inWith(t, &imaptest.Options{PushAlways: true}, func(w *world) {
			w.start()
			w.after(time.Minute)
			w.faults(imaptest.Faults{Storm: 100 * time.Millisecond, StormBy: by})
			w.deliver(1)
			w.after(3 * time.Second)
			w.exact(1)
			before := w.srv.Stats().Commands["UID FETCH"]
			w.after(10 * time.Minute)
			if n := w.srv.Stats().Commands["UID FETCH"] - before; n > 330 {
				t.Errorf("%d scans in ten minutes", n)
			}
			for i := range 10 {
				w.deliver(1)
				w.after(3 * time.Second)
				w.exact(i + 2)
			}
		})
	}
}
