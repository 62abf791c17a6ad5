package watch_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

func TestArrivesAtOnce(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(2)
		w.start()
		w.after(time.Second)
		w.exact(2)
		w.deliver(1)
		w.after(3 * time.Second)
		w.exact(3)
		on := all[watch.Online](w)
		if len(on) != 1 || on[0].Mode != watch.ModeIdle || on[0].Attempt != 1 {
			t.Errorf("online: %+v", on)
		}
		a := all[watch.Arrived](w)[2]
		if a.Envelope == nil || a.Envelope.Subject != "Hello" || a.Size != int64(len(mail)) ||
			a.InternalDate.IsZero() || a.Mailbox != "INBOX" || a.UIDValidity != 1 {
			t.Errorf("arrived: %+v", a)
		}
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		w.after(time.Second) // the server takes note
		if n := w.srv.Connections(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

func TestFromNow(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(3)
		w.w.From = watch.Now()
		w.start()
		w.after(time.Second)
		if got := w.uids(); len(got) != 0 {
			t.Errorf("old messages: %v", got)
		}
		w.deliver(1)
		w.after(time.Second)
		if got := w.uids(); len(got) != 1 || got[0] != 4 {
			t.Errorf("arrived: %v", got)
		}
	})
}

func TestFromCursor(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(5)
		w.w.From = watch.At(watch.Cursor{UIDValidity: 1, UIDNext: 4})
		w.start()
		w.after(time.Second)
		if got := w.uids(); len(got) != 2 || got[0] != 4 || got[1] != 5 {
			t.Errorf("arrived: %v", got)
		}
	})
}

// The server's UIDNEXT may be missing, zero, or too low (mail.163.com).
func TestOddUIDNext(t *testing.T) {
	for _, code := range []string{"0", "1", "2", ""} {
		t.Run("UIDNEXT "+code, func(t *testing.T) {
			in(t, func(w *world) {
				w.deliver(3)
				w.w.From = watch.At(watch.Cursor{UIDValidity: 1, UIDNext: 3})
				w.w.Dial = func(ctx context.Context) (*imap.Client, error) {
					w.dials.Add(1)
					return rewritten(ctx, w.srv, code)
				}
				w.start()
				w.after(time.Second)
				w.deliver(1)
				w.after(time.Second)
				if got := w.uids(); len(got) != 2 || got[0] != 3 || got[1] != 4 {
					t.Errorf("arrived: %v", got)
				}
			})
		})
	}
}

func TestFromNowWithoutUIDNext(t *testing.T) {
	for _, old := range []int{0, 1, 7} {
		t.Run(fmt.Sprint(old), func(t *testing.T) {
			in(t, func(w *world) {
				w.deliver(old)
				w.w.From = watch.Now()
				w.w.Dial = func(ctx context.Context) (*imap.Client, error) { return rewritten(ctx, w.srv, "") }
				w.start()
				w.after(time.Second)
				w.deliver(2)
				w.after(10 * time.Second)
				if got := w.uids(); len(got) != 2 || got[0] != imap.UID(old+1) {
					t.Errorf("arrived: %v", got)
				}
			})
		})
	}
}

// A connection that is cut at every command, before it or instead of its
// reply, loses nothing and repeats nothing.
func TestCutAtEveryCommand(t *testing.T) {
	for _, name := range []string{"LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH", "NOOP", "IDLE"} {
		for _, after := range []bool{false, true} {
			for n := int64(1); n <= 3; n++ {
				t.Run(fmt.Sprintf("%s %d %v", name, n, after), func(t *testing.T) {
					in(t, func(w *world) {
						w.w.Patient = true
						w.faults(cut(name, n, after))
						w.deliver(2)
						w.start()
						for range 10 {
							w.after(47 * time.Second)
							w.deliver(1)
						}
						w.after(20 * time.Minute)
						w.exact(12)
					})
				})
			}
		}
	}
}

// A message that arrives while any command is under way is found.
func TestArrivesDuringEveryCommand(t *testing.T) {
	for _, name := range []string{"LOGIN", "EXAMINE", "UID FETCH", "IDLE", "NOOP"} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				var sent atomic.Int64
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == name && sent.Load() < 5 {
						sent.Add(1)
						w.deliver(1)
					}
					return nil
				}})
				w.start()
				w.after(30 * time.Minute)
				w.deliver(1)
				w.after(5 * time.Second)
				if sent.Load() == 0 {
					t.Error("the command was not seen")
				}
				w.exact(int(sent.Load()) + 1)
			})
		})
	}
}

func TestArrivesWhileOffline(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		w.faults(imaptest.Faults{RefuseConnect: true})
		w.srv.Disconnect("alice", "going down")
		w.after(time.Second)
		w.deliver(3)
		w.after(10 * time.Minute)
		w.faults(imaptest.Faults{})
		w.after(6 * time.Minute)
		w.exact(3)
		off := all[watch.Offline](w)
		if off[0].Reason != watch.ReasonBye || off[1].Reason != watch.ReasonRefused || off[1].Attempt != 2 {
			t.Errorf("offline: %+v", off[:2])
		}
		if on := all[watch.Online](w); len(on) != 2 || on[1].Attempt != len(off)+1 {
			t.Errorf("online: %+v after %d", on, len(off))
		}
	})
}

// The network forgets the connection: found by the safety scan.
func TestBlackhole(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Second)
		w.srv.Blackhole()
		w.deliver(1)
		lost := time.Since(w.began)
		w.after(5*time.Minute + 30*time.Second)
		w.exact(1)
		if off := all[watch.Offline](w); len(off) != 1 || off[0].Reason != watch.ReasonTimeout {
			t.Errorf("offline: %+v", off)
		}
		if d := when[watch.Arrived](w, 0) - lost; d > 5*time.Minute+30*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// A server that takes IDLE and is silent: the safety scan finds mail, and then
// it is asked every minute.
func TestMuteIdle(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{MuteIdle: true})
		w.start()
		w.after(time.Second)
		w.deliver(1)
		w.after(5 * time.Minute)
		w.exact(1)
		w.deliver(1)
		w.after(70 * time.Second)
		w.exact(2)
		if off := all[watch.Offline](w); len(off) != 0 {
			t.Errorf("offline: %+v", off)
		}
	})
}

func TestHoldExists(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{HoldExists: true})
		w.start()
		w.after(time.Second)
		w.deliver(3)
		w.after(5 * time.Minute)
		w.exact(3)
	})
}

// "Still here" every two minutes does not put the safety scan off.
func TestKeepalive(t *testing.T) {
	inWith(t, &imaptest.Options{IdleKeepalive: 2 * time.Minute}, func(w *world) {
		w.faults(imaptest.Faults{HoldExists: true})
		w.start()
		w.after(time.Second)
		w.deliver(1)
		w.after(5 * time.Minute)
		w.exact(1)
	})
}

func TestWithoutIdle(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"IDLE"}}, func(w *world) {
		w.start()
		for i := range 5 {
			w.after(time.Minute)
			w.exact(i)
			w.deliver(1)
			w.after(67 * time.Second)
			w.exact(i + 1)
		}
		if on := all[watch.Online](w); on[0].Mode != watch.ModePoll {
			t.Errorf("mode %q", on[0].Mode)
		}
	})
}

// Without IDLE, news that a server tells nevertheless is taken at once.
func TestPush(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"IDLE"}, PushAlways: true}, func(w *world) {
		w.start()
		w.after(5 * time.Second)
		w.deliver(1)
		w.after(time.Second)
		w.exact(1)
	})
}

func TestIdleRefused(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{RefuseIdle: "not now"})
		w.start()
		w.after(time.Second)
		w.deliver(1)
		w.after(67 * time.Second)
		w.exact(1)
		w.faults(imaptest.Faults{})
		w.after(20 * time.Minute)
		w.deliver(1)
		w.after(3 * time.Second)
		w.exact(2)
		if off := all[watch.Offline](w); len(off) != 0 {
			t.Errorf("offline: %+v", off)
		}
	})
}

// One goes and one comes: the number of messages is the same.
func TestExpungeAndArrival(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(2)
		w.start()
		w.after(time.Minute)
		hold := imaptest.Faults{HoldExists: true}
		w.faults(hold)
		if err := w.srv.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		w.deliver(1)
		w.after(6 * time.Minute)
		w.exact(3)
	})
}

func TestTenThousandAtOnce(t *testing.T) {
	in(t, func(w *world) {
		largest := 0
		w.body = func(b *watch.Batch) bool { largest = max(largest, len(b.Events)); return true }
		w.start()
		w.after(time.Minute)
		w.deliver(10_000)
		w.after(time.Minute)
		w.exact(10_000)
		if largest > 100 {
			t.Errorf("a batch of %d", largest)
		}
	})
}

func TestBacklog(t *testing.T) {
	in(t, func(w *world) {
		w.deliver(3000)
		w.faults(cut("UID FETCH", 4, false))
		w.start()
		w.after(time.Minute)
		w.exact(3000)
	})
}

func TestFlood(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		var fetches atomic.Int64
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" {
				fetches.Add(1)
			}
			return nil
		}})
		for range 600 {
			w.deliver(1)
			w.after(100 * time.Millisecond)
		}
		if fetches.Load() > 245 {
			t.Errorf("%d scans in a minute of mail", fetches.Load())
		}
		w.after(3 * time.Second)
		w.exact(600)
		fetches.Store(0)
		for i := range 600 {
			if err := w.srv.SetFlags("alice", "INBOX", 1, []string{`\Seen`, `\Flagged`}[i%2]); err != nil {
				t.Fatal(err)
			}
			w.after(100 * time.Millisecond)
		}
		if fetches.Load() > 40 {
			t.Errorf("%d scans in a minute of changes that are no mail", fetches.Load())
		}
	})
}

func TestUIDValidity(t *testing.T) {
	in(t, func(w *world) {
		w.w.OnReset = watch.PolicyReplay
		w.deliver(3)
		w.start()
		w.after(time.Minute)
		if err := w.srv.ResetUIDValidity("alice", "INBOX"); err != nil {
			t.Fatal(err)
		}
		w.deliver(1)
		w.after(10 * time.Second)
		reset := all[watch.Reset](w)
		if len(reset) != 1 || reset[0].OldUIDValidity != 1 || reset[0].UIDValidity != 2 || reset[0].Policy != watch.PolicyReplay {
			t.Fatalf("reset: %+v", reset)
		}
		if got := fmt.Sprint(w.uids()); got != "[1 2 3 1 2 3 4]" {
			t.Errorf("arrived: %v", got)
		}
		ids := map[string]bool{reset[0].ID: true}
		for _, a := range all[watch.Arrived](w) {
			ids[a.ID] = true
		}
		if len(ids) != 8 {
			t.Errorf("%d different ids", len(ids))
		}
	})
}

func TestBackoff(t *testing.T) {
	for _, k := range []time.Duration{0, 100 * time.Millisecond, time.Minute} {
		t.Run(k.String(), func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Patient = true
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == "IDLE" {
						return &imaptest.Action{Delay: k, Cut: true}
					}
					return nil
				}})
				w.start()
				w.after(time.Hour)
				// Ten to reach five minutes, then one every 2.5 minutes on average.
				if n := w.dials.Load(); n < 12 || n > 60 {
					t.Errorf("%d dials in an hour", n)
				}
				w.faults(imaptest.Faults{})
				w.deliver(1)
				w.after(5*time.Minute + 30*time.Second)
				w.exact(1)
			})
		})
	}
}

// A good connection that ends is replaced within a second.
func TestBackoffAfterHealth(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		for range 5 {
			w.after(6 * time.Minute)
			w.srv.Disconnect("alice", "")
			synctestNow := time.Since(w.began)
			w.after(1100 * time.Millisecond)
			if n := len(all[watch.Online](w)); when[watch.Online](w, n-1) < synctestNow {
				t.Error("not online again within a second")
			}
		}
		for _, off := range all[watch.Offline](w) {
			if off.Attempt != 1 || off.Reason != watch.ReasonEOF {
				t.Errorf("offline: %+v", off)
			}
		}
	})
}

func TestLoginRefused(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(10 * time.Minute)
		w.faults(imaptest.Faults{RefuseLogin: "[AUTHENTICATIONFAILED] no"})
		w.dials.Store(0)
		w.srv.Disconnect("alice", "")
		w.after(time.Hour)
		if n := w.dials.Load(); n != 3 {
			t.Errorf("%d logins in the first hour", n)
		}
		w.after(5 * time.Hour)
		if n := w.dials.Load(); n != 8 {
			t.Errorf("%d logins in six hours", n)
		}
		off := all[watch.Offline](w)
		if off[1].Reason != watch.ReasonLogin || off[1].Retry != 5*time.Minute || off[2].Retry != 30*time.Minute {
			t.Errorf("offline: %+v", off[:3])
		}
	})
}

func TestFirstConnection(t *testing.T) {
	for _, tt := range []struct {
		name    string
		faults  imaptest.Faults
		mailbox string
		want    error
	}{
		{"login", imaptest.Faults{RefuseLogin: "[AUTHENTICATIONFAILED] no"}, "", imap.CodeAuthenticationFailed},
		{"mailbox", imaptest.Faults{}, "Nothing", imap.CodeNonExistent},
		{"cut", cut("EXAMINE", 1, false), "", imap.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in(t, func(w *world) {
				w.faults(tt.faults)
				w.w.Mailboxes = []string{tt.mailbox}
				w.start()
				if w.ended() && !errors.Is(w.err, tt.want) {
					t.Errorf("ended with %v", w.err)
				}
				if n := len(w.events); n != 0 {
					t.Errorf("%d events", n)
				}
			})
		})
	}
}

func TestVanishedMailbox(t *testing.T) {
	in(t, func(w *world) {
		user := w.srv.AddUser("alice", "secret")
		if err := user.CreateMailbox("Lists"); err != nil {
			t.Fatal(err)
		}
		w.w.Mailboxes = []string{"Lists"}
		w.start()
		w.after(time.Second)
		c, err := w.dial(w.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Delete(w.t.Context(), "Lists"); err != nil {
			t.Fatal(err)
		}
		w.after(10 * time.Minute)
		missing := all[watch.Missing](w)
		if len(missing) != 1 || missing[0].Reason != watch.MissingNonExistent || missing[0].Retry == 0 {
			t.Fatalf("missing: %+v", missing)
		}
		if err := user.CreateMailbox("Lists"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.srv.Deliver("alice", "Lists", mail, nil); err != nil {
			t.Fatal(err)
		}
		w.after(20 * time.Minute)
		w.exact(1)
		if len(all[watch.Reset](w)) != 1 || len(all[watch.Recovered](w)) != 1 {
			t.Errorf("%d resets, %d times recovered", len(all[watch.Reset](w)), len(all[watch.Recovered](w)))
		}
		c.Close()
	})
}

func TestBreak(t *testing.T) {
	in(t, func(w *world) {
		var logout atomic.Bool
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "LOGOUT" {
				logout.Store(true)
			}
			return nil
		}})
		w.deliver(1)
		w.body = func(b *watch.Batch) bool { return b.Events[0].Kind() != watch.KindArrived }
		w.start()
		<-w.stopped
		if !logout.Load() || w.srv.Connections() != 0 {
			t.Errorf("logout %v, %d connections", logout.Load(), w.srv.Connections())
		}
	})
}

// When the server is dead, leaving takes two seconds.
func TestStopWithoutAnswer(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Minute)
		w.srv.Blackhole()
		began := time.Now()
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if d := time.Since(began); d > 3*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// The body of the loop may fetch, and even select another mailbox.
func TestBodyUsesConnection(t *testing.T) {
	in(t, func(w *world) {
		if err := w.srv.AddUser("alice", "secret").CreateMailbox("Other"); err != nil {
			t.Fatal(err)
		}
		fetched := 0
		w.body = func(b *watch.Batch) bool {
			a, ok := b.Events[0].(watch.Arrived)
			if !ok {
				return true
			}
			for m, err := range b.Open.Fetch(w.t.Context(), a.UID, &imap.FetchOptions{Sections: []imap.Section{{}}}) {
				if err != nil || m.Body(imap.Section{}) == nil {
					t.Errorf("fetch: %v", err)
					continue
				}
				fetched++
			}
			if a.UID%2 == 1 {
				if _, err := b.Open.Client().Select(w.t.Context(), "Other", nil); err != nil {
					t.Error(err)
				}
			}
			return true
		}
		w.start()
		for range 4 {
			w.after(time.Minute)
			w.deliver(1)
		}
		w.after(10 * time.Second)
		w.exact(4)
		if fetched != 4 || len(all[watch.Offline](w)) != 0 {
			t.Errorf("fetched %d, offline %v", fetched, all[watch.Offline](w))
		}
	})
}

func TestAlert(t *testing.T) {
	in(t, func(w *world) {
		w.start()
		w.after(time.Second)
		w.faults(imaptest.Faults{BeforeTagged: []string{"OK [ALERT] disk is full"}})
		w.after(5 * time.Minute)
		w.faults(imaptest.Faults{})
		w.after(time.Minute)
		alerts := all[watch.Alert](w)
		if len(alerts) == 0 || alerts[0].Text != "disk is full" {
			t.Errorf("alerts: %q", alerts)
		}
	})
}

// A message that the server cannot describe is reported nevertheless.
func TestPoison(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" && contains(c.Args, "ENVELOPE") {
				return &imaptest.Action{Reply: "NO [SERVERBUG] some messages could not be fetched"}
			}
			return nil
		}})
		w.deliver(3)
		w.start()
		w.after(time.Minute)
		w.exact(3)
	})
}

// A consumer that takes its time holds the watcher back, and misses nothing.
func TestSlowBody(t *testing.T) {
	in(t, func(w *world) {
		w.body = func(b *watch.Batch) bool { <-time.After(7 * time.Minute); return true }
		w.start()
		for range 20 {
			w.deliver(1)
			w.after(time.Minute)
		}
		w.after(4 * time.Hour)
		w.exact(20)
	})
}

// Nothing is ever changed in the mailbox.
func TestReadOnly(t *testing.T) {
	in(t, func(w *world) {
		w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			switch c.Name {
			case "SELECT", "STORE", "UID STORE", "EXPUNGE", "CLOSE", "UID EXPUNGE":
				t.Errorf("%s %s", c.Name, c.Args)
			}
			return nil
		}})
		w.start()
		w.deliver(5)
		w.after(time.Hour)
		w.exact(5)
	})
}

// A quiet mailbox costs a scan every five minutes, also if its last message
// has gone, so that "n:*" is answered with one that is below n.
func TestQuiet(t *testing.T) {
	for _, next := range []string{"4", "", "0", "2"} {
		t.Run("UIDNEXT "+next, func(t *testing.T) {
			in(t, func(w *world) {
				w.w.Dial = func(ctx context.Context) (*imap.Client, error) { return rewritten(ctx, w.srv, next) }
				w.deliver(3)
				if err := w.srv.Remove("alice", "INBOX", 3); err != nil {
					t.Fatal(err)
				}
				w.start()
				w.after(time.Minute)
				var fetches atomic.Int64
				w.faults(imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
					if c.Name == "UID FETCH" {
						fetches.Add(1)
					}
					return nil
				}})
				w.after(time.Hour)
				want := int64(12)
				if next == "2" {
					want++ // it may be another mailbox, so the messages are compared once
				}
				if fetches.Load() != want {
					t.Errorf("%d scans in an hour", fetches.Load())
				}
				w.exact(2)
			})
		})
	}
}
