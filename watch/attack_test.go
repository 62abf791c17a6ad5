package watch_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// meter counts commands, and makes the server slow once there are far too many,
// so that a Watcher that does not pause cannot hold the time still.
type meter struct {
	mu    sync.Mutex
	names map[string]int
	n     int
	do    func(imaptest.Call) *imaptest.Action
}

const farTooMany = 20_000

func (m *meter) hook(c imaptest.Call) *imaptest.Action {
	m.mu.Lock()
	if m.names == nil {
		m.names = map[string]int{}
	}
	m.names[c.Name]++
	m.n++
	slow := m.n > farTooMany
	m.mu.Unlock()
	var a *imaptest.Action
	if m.do != nil {
		a = m.do(c)
	}
	if slow {
		b := imaptest.Action{}
		if a != nil {
			b = *a
		}
		b.Delay += 10 * time.Second
		a = &b
	}
	return a
}

// take returns how many commands there were since it was called last.
func (m *meter) take() (int, string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, names := m.n, fmt.Sprint(m.names)
	m.n, m.names = 0, nil
	return n, names
}

// sparing checks that there were not more commands than so many since it was
// called last.
func (m *meter) sparing(t *testing.T, most int) {
	t.Helper()
	if n, names := m.take(); n > most {
		t.Errorf("%d commands, at most %d are reasonable: %s", n, most, names)
	}
}

// A server that ends every command with the same ALERT, as one does where a quota
// is exceeded, is not asked the faster for it, and the user is not told each time.
func TestAttackAlertAtEveryCommand(t *testing.T) {
	in(t, func(w *world) {
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			return &imaptest.Action{Untagged: []string{"OK [ALERT] over quota"}}
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(time.Hour)
		m.sparing(t, 200)
		if n := len(all[watch.Alert](w)); n < 1 || n > 3 {
			t.Errorf("%d alerts", n)
		}
		w.deliver(1)
		w.after(3 * time.Second)
		w.exact(1)
	})
}

// Nor if the text is another one each time.
func TestAttackManyAlerts(t *testing.T) {
	in(t, func(w *world) {
		var n atomic.Int64
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			return &imaptest.Action{Untagged: []string{fmt.Sprintf("OK [ALERT] look at %d", n.Add(1))}}
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(time.Hour)
		m.sparing(t, 1500)
		if n := len(all[watch.Alert](w)); n < 1 {
			t.Errorf("%d alerts", n)
		}
	})
}

// A server that says at every look that the mailbox was rebuilt, or closed, is not
// asked without a pause.
func TestAttackNeverSettled(t *testing.T) {
	for name, line := range map[string]string{
		"rebuilt": "OK [UIDVALIDITY %d] rebuilt",
		"closed":  "OK [CLOSED] gone",
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				var n atomic.Int64
				m := &meter{do: func(c imaptest.Call) *imaptest.Action {
					if c.Name != "UID FETCH" && c.Name != "UID SEARCH" {
						return nil
					}
					say := line
					if strings.Contains(line, "%d") {
						say = fmt.Sprintf(line, 7000+n.Add(1))
					}
					return &imaptest.Action{Untagged: []string{say}}
				}}
				w.faults(imaptest.Faults{Hook: m.hook})
				w.deliver(3)
				w.start()
				w.after(time.Hour)
				m.sparing(t, 6000)
				w.faults(imaptest.Faults{})
				w.after(10 * time.Minute)
				w.exact(3)
			})
		})
	}
}

// IDLE that is over as soon as it began is not begun again and again.
func TestAttackIdleEndsAtOnce(t *testing.T) {
	in(t, func(w *world) {
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				return &imaptest.Action{Reply: "OK that was it"}
			}
			return nil
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(time.Hour)
		m.sparing(t, 1000)
		w.deliver(1)
		w.after(6 * time.Minute)
		w.exact(1)
	})
}

// Names that are told of again and again, with NOTIFY, do not keep the Watcher
// busy.
func TestAttackNamesAllTheTime(t *testing.T) {
	inWith(t, notifyServer(), func(w *world) {
		w.boxes(2)
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UNSELECT" || c.Name == "NOTIFY" {
				return &imaptest.Action{Untagged: []string{`LIST () "/" INBOX`}}
			}
			return nil
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(time.Hour)
		if w.w.Mode() != watch.ModeNotify {
			t.Fatalf("mode %q", w.w.Mode())
		}
		m.sparing(t, 15000)
		w.deliver(1)
		w.after(time.Minute)
		w.exactIn(1, "INBOX")
	})
}

// A STATUS that never comes true does not keep the Watcher busy for ever.
func TestAttackStatusThatIsNotTrue(t *testing.T) {
	inWith(t, notifyServer(), func(w *world) {
		w.boxes(2)
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "STATUS" {
				return &imaptest.Action{Untagged: []string{"STATUS INBOX (MESSAGES 0 UIDNEXT 4294967295 UIDVALIDITY 1)"}, Reply: "OK done"}
			}
			return nil
		}}
		w.faults(imaptest.Faults{Hook: m.hook})
		w.start()
		w.after(time.Hour)
		m.sparing(t, 15000)
		w.deliver(1)
		w.after(time.Minute)
		w.exactIn(1, "INBOX")
	})
}

func notifyServer() *imaptest.Options {
	for _, m := range many {
		if slices.Equal(m.modes, []watch.Mode{watch.ModeNotify}) {
			o := m.opts
			return &o
		}
	}
	return nil
}

// A server that says that all UIDs there can be are in use does not make the
// Watcher hold four thousand million of anything.
func TestAttackFourThousandMillion(t *testing.T) {
	for _, from := range []string{"now", "all", "last:5"} {
		t.Run(from, func(t *testing.T) {
			in(t, func(w *world) {
				start, err := watch.ParseStart(from)
				if err != nil {
					t.Fatal(err)
				}
				w.w.From = start
				m := &meter{do: func(c imaptest.Call) *imaptest.Action {
					switch c.Name {
					case "SELECT", "EXAMINE":
						return &imaptest.Action{Untagged: []string{"OK [UIDNEXT 4294967295] many"}}
					case "UID SEARCH":
						return &imaptest.Action{
							Untagged: []string{fmt.Sprintf(`ESEARCH (TAG "%s") UID ALL 1:4294967294`, c.Tag)},
							Reply:    "OK done", Delay: 10 * time.Second,
						}
					}
					return nil
				}}
				w.faults(imaptest.Faults{Hook: m.hook, NoUIDNext: true})
				w.deliver(3)
				batches := 0
				w.body = func(*watch.Batch) bool { batches++; return batches < 100 }
				w.start()
				var before, now runtime.MemStats
				runtime.ReadMemStats(&before)
				w.after(10 * time.Minute)
				runtime.ReadMemStats(&now)
				if grown := now.TotalAlloc - before.TotalAlloc; grown > 200<<20 {
					t.Errorf("%d MiB allocated", grown>>20)
				}
			})
		})
	}
}

// A UIDNEXT that was a slip does not make the Watcher deaf to what comes then.
func TestAttackUIDNextSlips(t *testing.T) {
	in(t, func(w *world) {
		var n atomic.Int64
		m := &meter{do: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "EXAMINE" && n.Add(1) == 2 {
				return &imaptest.Action{Untagged: []string{"OK [CLOSED] before", "OK [UIDNEXT 4294967295] slip"}}
			}
			return nil
		}}
		w.deliver(3)
		w.faults(imaptest.Faults{Hook: m.hook, NoUIDNext: true})
		w.start()
		w.after(6 * time.Minute)
		w.faults(imaptest.Faults{})
		w.after(10 * time.Minute)
		w.deliver(1)
		w.after(10 * time.Minute)
		w.deliver(1)
		w.after(10 * time.Minute)
		w.exact(5)
	})
}

// Fields at extreme values mean what they say as far as that goes, and never a
// loop without a pause.
func TestAttackExtremeFields(t *testing.T) {
	rows := map[string]struct {
		set    func(*watch.Watcher)
		most   int           // commands in ten minutes
		within time.Duration // mail arrives
	}{
		"never scan": {func(w *watch.Watcher) { w.Scan = math.MaxInt64 }, 200, time.Minute},
		"never poll": {func(w *watch.Watcher) { w.Poll = math.MaxInt64; w.Listen = watch.ModePoll }, 200, 6 * time.Minute},
		"all never": {func(w *watch.Watcher) {
			w.Scan, w.Poll, w.Burst, w.MaxWait = math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64
		}, 200, time.Minute},
		"poll over scan": {func(w *watch.Watcher) { w.Poll = time.Hour; w.Listen = watch.ModePoll }, 200, 6 * time.Minute},
		"memory 1":       {func(w *watch.Watcher) { w.Memory = 1 }, 200, time.Minute},
		"connections":    {func(w *watch.Watcher) { w.Connections = 1000 }, 200, time.Minute},
		"most memory":    {func(w *watch.Watcher) { w.Memory = math.MaxInt }, 200, time.Minute},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				m := &meter{}
				row.set(w.w)
				w.faults(imaptest.Faults{Hook: m.hook})
				w.start()
				w.after(time.Minute)
				w.deliver(1)
				w.after(row.within)
				w.exact(1)
				w.after(10*time.Minute - row.within)
				m.sparing(t, row.most)
				if n := len(all[watch.Stale](w)); n > 0 {
					t.Errorf("%d times stale", n)
				}
			})
		})
	}
}

// Pauses of a nanosecond, and a Rand that always returns 0, do not make attempts
// to connect without any pause.
func TestAttackNoPauses(t *testing.T) {
	rows := map[string]func(*watch.Watcher){
		"MaxWait": func(w *watch.Watcher) { w.MaxWait = 1 },
		"Rand":    func(w *watch.Watcher) { w.Rand = func() float64 { return 0 } },
		"Poll":    func(w *watch.Watcher) { w.Poll = 1; w.Listen = watch.ModePoll },
		"Scan":    func(w *watch.Watcher) { w.Scan = 1 },
	}
	for name, set := range rows {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				m := &meter{}
				w.w.Patient = true
				set(w.w)
				w.faults(imaptest.Faults{Hook: m.hook, RefuseConnect: true})
				dial, many := w.w.Dial, atomic.Int64{}
				w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
					if many.Add(1) > farTooMany {
						<-time.After(time.Minute)
					}
					return dial(ctx)
				}
				w.start()
				w.after(10 * time.Second)
				w.faults(imaptest.Faults{Hook: m.hook})
				w.after(10 * time.Second)
				if n := w.dials.Load(); n > 1500 {
					t.Errorf("%d attempts to connect in 20 s", n)
				}
				m.sparing(t, 10000)
			})
		})
	}
}

// A long Burst does not take anything away from Bound.
func TestAttackLongBurst(t *testing.T) {
	in(t, func(w *world) {
		w.w.Burst = 3 * time.Hour
		w.start()
		w.after(time.Second)
		w.faults(imaptest.Faults{Storm: time.Second}) // news that comes to nothing
		w.after(2 * time.Hour)
		w.deliver(1)
		w.after(w.w.Bound())
		w.exact(1)
		if n := len(all[watch.Stale](w)); n > 0 {
			t.Errorf("%d times stale", n)
		}
	})
}

// A Dial that ends its goroutine, as a test's FailNow does, ends the Watch.
func TestAttackGoexitInDial(t *testing.T) {
	in(t, func(w *world) {
		w.w.Dial = func(context.Context) (*imap.Client, error) { runtime.Goexit(); return nil, nil }
		w.start()
		w.after(time.Minute)
		select {
		case <-w.stopped:
		default:
			t.Error("the Watch goes on without its connection")
		}
	})
}

// A Dial that returns one and the same Client to all connections is a mistake,
// which does not become a loop without a pause.
func TestAttackOneClientForAll(t *testing.T) {
	in(t, func(w *world) {
		w.boxes(2)
		m := &meter{}
		w.faults(imaptest.Faults{Hook: m.hook})
		var once sync.Once
		var c *imap.Client
		var err error
		dial := w.w.Dial
		w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
			once.Do(func() { c, err = dial(ctx) })
			return c, err
		}
		w.start()
		w.after(time.Minute)
		m.sparing(t, 2000)
	})
}

// A server that keeps talking but never answers cannot hold the Watcher for ever.
func TestAttackTalksButDoesNotAnswer(t *testing.T) {
	inWith(t, &imaptest.Options{PushAlways: true}, func(w *world) {
		w.start()
		w.after(time.Second)
		w.faults(imaptest.Faults{Storm: 5 * time.Second, Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" && c.Conn == 1 {
				return &imaptest.Action{Delay: -1}
			}
			return nil
		}})
		w.deliver(1)
		w.after(time.Hour)
		w.exact(1)
		if len(all[watch.Stale](w))+len(all[watch.Offline](w)) == 0 {
			t.Error("nothing was told")
		}
	})
}

// Names that no mailbox can have are an error at once, and mix up no keys.
func TestAttackNames(t *testing.T) {
	for _, name := range []string{"a\x00b", "a\rb", "a\nA1 LOGOUT", "INBOX\x00memory1", "\xff\xfe", "*", "a\x7fb"} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Patient = true
				w.w.Mailboxes = []string{"INBOX", name}
				m := &meter{}
				w.faults(imaptest.Faults{Hook: m.hook})
				w.start()
				w.after(10 * time.Minute)
				m.sparing(t, 500)
				if nul := strings.Contains(name, "\x00"); (w.err != nil) != nul {
					t.Errorf("error %v", w.err)
				}
				if n := len(all[watch.Offline](w)); n > 0 {
					t.Errorf("%d times offline", n)
				}
			})
		})
	}
}
