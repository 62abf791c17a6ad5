package watch_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// boxes makes n more mailboxes and watches them all, from their beginning.
func (w *world) boxes(n int) (names []string) {
	w.t.Helper()
	names = []string{"INBOX"}
	for i := range n {
		name := fmt.Sprintf("Box%d", i)
		if err := w.srv.AddUser("alice", "secret").CreateMailbox(name); err != nil {
			w.t.Fatal(err)
		}
		names = append(names, name)
	}
	w.w.Mailboxes = names
	return names
}

func (w *world) deliverTo(name string, n int) {
	w.t.Helper()
	for range n {
		if _, err := w.srv.Deliver("alice", name, mail, nil); err != nil {
			w.t.Fatal(err)
		}
	}
}

// in are the UIDs that arrived in a mailbox.
func (w *world) in(name string) (uids []imap.UID) {
	for _, a := range all[watch.Arrived](w) {
		if a.Mailbox == name {
			uids = append(uids, a.UID)
		}
	}
	return uids
}

// exactIn checks that the messages 1 to n were told in each mailbox, once and in
// order.
func (w *world) exactIn(n int, names ...string) {
	w.t.Helper()
	var want []imap.UID
	for i := range n {
		want = append(want, imap.UID(i+1))
	}
	for _, name := range names {
		if got := w.in(name); !slices.Equal(got, want) {
			w.t.Errorf("arrived in %s: %s, want 1 to %d", name, short(got), n)
		}
	}
}

// many is how several mailboxes can be watched.
var many = []struct {
	name        string
	opts        imaptest.Options
	mailboxes   int // besides INBOX
	connections int // Watcher.Connections
	listen      watch.Mode
	modes       []watch.Mode // of the connections, sorted
	delay       time.Duration
}{
	{"notify", imaptest.Options{}, 4, 0, "", []watch.Mode{"notify"}, 3 * time.Second},
	{"notify, one asked for", imaptest.Options{}, 0, 0, watch.ModeNotify, []watch.Mode{"notify"}, 3 * time.Second},
	{"each its own", imaptest.Options{Without: []string{"NOTIFY"}}, 2, 0, "", []watch.Mode{"idle", "idle", "idle"}, 3 * time.Second},
	{"each its own, asked for", imaptest.Options{}, 2, 0, watch.ModeIdle, []watch.Mode{"idle", "idle", "idle"}, 3 * time.Second},
	{"some share", imaptest.Options{Without: []string{"NOTIFY"}}, 5, 0, "", []watch.Mode{"idle", "idle", "rotate"}, 70 * time.Second},
	{"all share", imaptest.Options{Without: []string{"NOTIFY"}}, 5, 1, "", []watch.Mode{"rotate"}, 70 * time.Second},
	{"rotate asked for", imaptest.Options{}, 3, 0, watch.ModeRotate, []watch.Mode{"rotate"}, 70 * time.Second},
	{"no idle", imaptest.Options{Without: []string{"NOTIFY", "IDLE"}}, 3, 0, "", []watch.Mode{"poll"}, 70 * time.Second},
	{"poll asked for", imaptest.Options{}, 3, 0, watch.ModePoll, []watch.Mode{"poll"}, 70 * time.Second},
}

func eachMode(t *testing.T, f func(w *world, names []string, delay time.Duration)) {
	for i := range many {
		t.Run(many[i].name, func(t *testing.T) { inMode(t, i, f) })
	}
}

// inMode runs f in one of the modes.
func inMode(t *testing.T, i int, f func(w *world, names []string, delay time.Duration)) {
	tt := many[i%len(many)]
	inWith(t, &tt.opts, func(w *world) {
		w.w.Connections, w.w.Listen = tt.connections, tt.listen
		f(w, w.boxes(tt.mailboxes), tt.delay)
		var modes []watch.Mode
		for _, on := range all[watch.Online](w)[:len(tt.modes)] {
			modes = append(modes, on.Mode)
		}
		slices.Sort(modes)
		if !slices.Equal(modes, tt.modes) {
			t.Errorf("modes %v", modes)
		}
	})
}

// In every mode, mail in any mailbox is told soon, with the mailbox open in the
// loop's body.
func TestModes(t *testing.T) {
	eachMode(t, func(w *world, names []string, delay time.Duration) {
		w.body = func(b *watch.Batch) bool {
			for _, e := range b.Events {
				a, ok := e.(watch.Arrived)
				if !ok {
					continue
				}
				if b.Mailbox != a.Mailbox || b.Open == nil || b.Open.Name() != a.Mailbox {
					w.t.Errorf("batch of %q with an arrival in %q", b.Mailbox, a.Mailbox)
					continue
				}
				for m, err := range b.Open.Fetch(w.t.Context(), a.UID, &imap.FetchOptions{Size: true}) {
					if err != nil || m.UID != a.UID {
						w.t.Errorf("fetch: %v, %v", m, err)
					}
				}
			}
			return true
		}
		n := 0
		for _, name := range names {
			w.deliverTo(name, 2)
		}
		n += 2
		w.start()
		w.after(5 * time.Second)
		w.exactIn(n, names...)
		for range 3 {
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			n++
			w.after(delay)
			w.exactIn(n, names...)
		}
		w.after(time.Hour)
		w.exactIn(n, names...)
		if off := all[watch.Offline](w); len(off) > 0 {
			w.t.Errorf("offline: %+v", off)
		}
		for _, s := range w.w.Status().Mailboxes {
			if !s.Online || s.Stale || time.Since(s.Looked) > 6*time.Minute || s.Cursor.UIDNext != imap.UID(n+1) {
				w.t.Errorf("status: %+v", s)
			}
		}
	})
}

// The connections are lost, in every way, and nothing is.
func TestModesReconnect(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.start()
		w.after(time.Minute)
		n := 0
		for _, lose := range []func(){
			func() { w.srv.Disconnect("alice", "") },
			func() { w.srv.Disconnect("alice", "going down") },
			func() { w.srv.Blackhole() },
		} {
			lose()
			for _, name := range names {
				w.deliverTo(name, 3)
			}
			n += 3
			w.after(6 * time.Minute)
			w.exactIn(n, names...)
		}
	})
}

// A loop that is left, or whose Context ends, leaves no connection behind.
func TestModesStop(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		w.start()
		w.after(time.Minute)
		w.stop()
		w.after(3 * time.Second)
		if n := w.srv.Connections(); n != 0 {
			w.t.Errorf("%d connections are left", n)
		}
	})
}

// What arrives while any command is under way is told soon, in every mode.
func TestModesArriveDuringCommands(t *testing.T) {
	for _, command := range []string{"LOGIN", "EXAMINE", "UID FETCH", "IDLE", "NOOP", "NOTIFY", "UNSELECT", "STATUS"} {
		t.Run(command, func(t *testing.T) {
			eachMode(t, func(w *world, names []string, _ time.Duration) {
				var mu sync.Mutex
				sent := map[string]int{}
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					mu.Lock()
					defer mu.Unlock()
					if c.Name != command {
						return nil
					}
					for _, name := range names {
						if sent[name] < 4 {
							sent[name]++
							w.deliverTo(name, 1)
						}
					}
					return nil
				}})
				w.start()
				w.after(6 * time.Minute)
				w.faults(imaptest.Faults{})
				w.after(70 * time.Second)
				mu.Lock()
				defer mu.Unlock()
				for _, name := range names {
					w.exactIn(sent[name], name)
				}
			})
		})
	}
}

// A server that refuses NOTIFY, or gives it up, is asked in other ways.
func TestNotifyRefused(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(2)
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "NOTIFY" {
				return &imaptest.Action{Reply: "NO [NOTIFICATIONOVERFLOW] too much"}
			}
			return nil
		}})
		w.start()
		w.after(time.Minute)
		for _, name := range names {
			w.deliverTo(name, 1)
		}
		w.after(70 * time.Second)
		w.exactIn(1, names...)
		if m := w.w.Mode(); m != watch.ModeRotate {
			t.Errorf("mode %q", m)
		}
	})
}

// What arrives after a mailbox was looked at and before the server is asked to
// tell of it is not left to the next scan.
func TestNotifyTellsOfTheGap(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(3)
		var once atomic.Bool
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "NOTIFY" && once.CompareAndSwap(false, true) {
				for _, name := range names {
					w.deliverTo(name, 1)
				}
			}
			return nil
		}})
		w.start()
		w.after(5 * time.Second)
		w.exactIn(1, names...)
		if m := w.w.Mode(); m != watch.ModeNotify {
			t.Errorf("mode %q", m)
		}
	})
}

func TestNotifyEnds(t *testing.T) {
	in(t, func(w *world) {
		names := w.boxes(2)
		w.start()
		for i := range 6 {
			w.after(time.Minute)
			if err := w.srv.EndNotify("alice", "too much"); err != nil {
				t.Fatal(err)
			}
			w.after(time.Second)
			for _, name := range names {
				w.deliverTo(name, 1)
			}
			w.after(70 * time.Second)
			w.exactIn(i+1, names...)
		}
		if m := w.w.Mode(); m != watch.ModeRotate {
			t.Errorf("mode %q", m)
		}
	})
}

// A mode that the server does not offer is an error that says so.
func TestListenNotOffered(t *testing.T) {
	for mode, without := range map[watch.Mode]string{watch.ModeNotify: "NOTIFY", watch.ModeIdle: "IDLE"} {
		inWith(t, &imaptest.Options{Without: []string{without}}, func(w *world) {
			w.w.Listen = mode
			w.start()
			<-w.stopped
			if w.err == nil || !contains(w.err.Error(), without) || !contains(w.err.Error(), string(mode)) {
				t.Errorf("ended with %v", w.err)
			}
		})
	}
}

// The server allows fewer connections than are wanted: the mailboxes share what
// there is.
func TestB52_FewerConnections(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"NOTIFY"}, MaxConnections: 2}, func(w *world) {
		names := w.boxes(2)
		w.start()
		w.after(10 * time.Minute)
		for _, name := range names {
			w.deliverTo(name, 1)
		}
		w.after(70 * time.Second)
		w.exactIn(1, names...)
		w.dials.Store(0)
		w.after(24 * time.Hour)
		if n := w.dials.Load(); n > 0 {
			t.Errorf("%d more attempts in a day", n)
		}
	})
}

// A connection that the server does not allow any more leaves its mailboxes to
// one that there is, also if it was the first one, and they are told as online.
func TestB52_FirstIsCrowdedOut(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"NOTIFY"}}, func(w *world) {
		names := w.boxes(4)
		w.start()
		w.after(10 * time.Minute)
		first := all[watch.Online](w)[0]
		w.forget()
		var lost atomic.Bool
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			switch {
			case c.Name == "LOGIN":
				return &imaptest.Action{Reply: "NO [LIMIT] Maximum number of connections from user+IP exceeded"}
			case c.Conn == 1 && lost.CompareAndSwap(false, true):
				return &imaptest.Action{Cut: true}
			}
			return nil
		}})
		w.after(10 * time.Minute)
		w.dials.Store(0)
		for _, name := range names {
			w.deliverTo(name, 1)
		}
		w.after(70 * time.Second)
		w.exactIn(1, names...)
		on := all[watch.Online](w)
		if len(on) != 1 || !slices.Equal(on[0].Mailboxes, first.Mailboxes) || on[0].Mode != watch.ModeRotate {
			t.Errorf("online: %+v, first %v", on, first.Mailboxes)
		}
		w.after(24 * time.Hour)
		if n := w.dials.Load(); n > 0 {
			t.Errorf("%d more attempts in a day", n)
		}
	})
}
