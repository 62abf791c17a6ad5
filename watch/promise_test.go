package watch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// The promises of the README, each with its test. What is behind them is in the
// tests of the faults (fault_*_test.go) and in test/sim.

// P1: each message that comes after the beginning, and is there when it is looked
// for, is told at least once, though the program is killed again and again, the
// network fails, and what is handled is committed or not as it happens.
func TestP1_AtLeastOnce(t *testing.T) {
	for seed := range uint64(9) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inMode(t, int(seed), func(w *world, names []string, _ time.Duration) {
				random := rand.New(rand.NewPCG(seed, 1))
				pick := func(n int) int { return random.IntN(n) }
				w.w.Store, w.w.Patient = new(memory), true
				n := make([]int, len(names))
				w.start()
				w.after(time.Minute)
				for range 60 {
					for i, name := range names {
						more := pick(3)
						w.deliverTo(name, more)
						n[i] += more
					}
					w.lazy.Store(pick(2) == 0)
					switch pick(5) {
					case 0:
						w.stop()
						w.after(time.Duration(pick(600)) * time.Second)
						w.start()
					case 1:
						w.srv.Disconnect("alice", "")
					case 2:
						w.srv.Blackhole()
					}
					w.after(time.Duration(pick(200_000)) * time.Millisecond)
				}
				w.after(time.Hour)
				for i, name := range names {
					got := w.in(name)
					slices.Sort(got)
					if got = slices.Compact(got); len(got) != n[i] {
						t.Errorf("%d of %d messages in %s were told", len(got), n[i], name)
					}
				}
			})
		})
	}
}

// P2: an event's ID is the same on every attempt, after every restart, and on
// another host.
func TestP2_StableIDs(t *testing.T) {
	eachMode(t, func(w *world, names []string, _ time.Duration) {
		for _, name := range names {
			w.deliverTo(name, 3)
		}
		w.lazy.Store(true)
		attempts := map[string]map[string]int{}
		for range 3 {
			w.w.Store = new(memory) // another host's
			for range 3 {
				w.forget()
				w.start()
				w.after(time.Minute)
				w.stop()
				for _, a := range all[watch.Arrived](w) {
					key := fmt.Sprint(a.Mailbox, a.UID)
					if attempts[key] == nil {
						attempts[key] = map[string]int{}
					}
					attempts[key][a.ID]++
				}
			}
		}
		ids := map[string]bool{}
		for key, of := range attempts {
			for id, n := range of {
				if len(of) != 1 || n != 9 || ids[id] {
					w.t.Errorf("%s has the IDs %v", key, of)
				}
				ids[id] = true
			}
		}
		if len(attempts) != 3*len(names) {
			w.t.Errorf("%d messages", len(attempts))
		}
		w.start()
		w.after(time.Minute)
	})
}

// P6: a message is told within Bound of its arrival, whatever IDLE or NOTIFY say,
// while a session can be made.
func TestP6_Bound(t *testing.T) {
	for name, f := range map[string]imaptest.Faults{
		"mute":             {MuteIdle: true, HoldExists: true},
		"only when opened": {HoldUntilSelect: true},
		"forgotten":        {Forget: 3 * time.Minute},
		"storm":            {Storm: 10 * time.Second, StormBy: 3},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(w *world, names []string, _ time.Duration) {
				w.faults(f)
				w.start()
				random := rand.New(rand.NewPCG(1, 2))
				n := 0
				for range 12 {
					w.after(time.Duration(random.IntN(600_000)) * time.Millisecond)
					for _, name := range names {
						w.deliverTo(name, 1)
					}
					n++
					if random.IntN(4) == 0 {
						w.srv.Blackhole()
					}
				}
				w.after(w.w.Bound())
				w.exactIn(n, names...)
				if d := w.delay("alice", names...); d > w.w.Bound() {
					w.t.Errorf("a message was told after %v; the bound is %v", d, w.w.Bound())
				}
			})
		})
	}
	if d := new(watch.Watcher).Bound(); d != 5*time.Minute+30*time.Second {
		t.Errorf("the bound is %v by default", d)
	}
}

// P9: a new UIDVALIDITY is told, once, and the policy is followed, whichever it
// is and however the server does it.
func TestP9_Reset(t *testing.T) {
	for _, policy := range []watch.Policy{"", watch.PolicyResume, watch.PolicyBaseline, watch.PolicyReplay} {
		for how, evict := range map[string]imaptest.Eviction{"BYE": imaptest.EvictBye, "without a word": imaptest.EvictQuiet} {
			for _, away := range []bool{false, true} {
				t.Run(fmt.Sprint(policy, " ", how, " ", away), func(t *testing.T) {
					in(t, func(w *world) {
						w.w.OnReset, w.w.Store = policy, new(memory)
						for i := range 20 {
							if _, err := w.srv.Deliver("alice", "INBOX", numbered(i), nil); err != nil {
								t.Fatal(err)
							}
						}
						w.start()
						w.after(time.Minute)
						w.forget()
						if away {
							w.stop()
						}
						if err := w.srv.Rebuild("alice", "INBOX", &imaptest.RebuildOptions{Sessions: evict}); err != nil {
							t.Fatal(err)
						}
						if _, err := w.srv.Deliver("alice", "INBOX", numbered(20), nil); err != nil {
							t.Fatal(err)
						}
						if away {
							w.start()
						}
						w.after(w.w.Bound())
						reset := all[watch.Reset](w)
						if len(reset) != 1 || reset[0].OldUIDValidity == reset[0].UIDValidity {
							t.Errorf("reset: %+v", reset)
							return
						}
						if want := cmpOr(policy, watch.PolicyResume); reset[0].Policy != want {
							t.Errorf("policy %q, want %q", reset[0].Policy, want)
						}
						want := map[watch.Policy]int{"": 1, watch.PolicyResume: 1, watch.PolicyBaseline: 0, watch.PolicyReplay: 21}[policy]
						if got := len(w.uids()); got != want {
							t.Errorf("%d messages were told, want %d", got, want)
						}
						skipped := 0
						for _, s := range all[watch.Skipped](w) {
							skipped += s.Count
						}
						if policy == watch.PolicyBaseline && skipped != 21 {
							t.Errorf("%d messages were skipped", skipped)
						}
					})
				})
			}
		}
	}
}

func cmpOr(a, b watch.Policy) watch.Policy {
	if a != "" {
		return a
	}
	return b
}

// numbered is a message unlike all others.
func numbered(n int) []byte {
	return imaptest.CRLF(fmt.Sprintf("From: bob@example.org\nSubject: %d\nMessage-ID: <%d@example.org>\n\nHi.\n", n, n))
}

// P10: what is deleted before it was looked at is counted.
func TestP10_SkippedIsCounted(t *testing.T) {
	for name, opts := range map[string]imaptest.Options{
		"QRESYNC": {}, "CONDSTORE": {Without: []string{"QRESYNC"}}, "neither": {Without: []string{"QRESYNC", "CONDSTORE", "NOTIFY"}},
	} {
		for _, changes := range []bool{false, true} {
			t.Run(fmt.Sprint(name, changes), func(t *testing.T) {
				inWith(t, &opts, func(w *world) {
					w.w.Changes, w.w.Store = changes, new(memory)
					w.start()
					w.after(time.Minute)
					random := rand.New(rand.NewPCG(3, 4))
					sent := 0
					for range 20 {
						away := random.IntN(2) == 0
						if away {
							w.stop()
						} else {
							w.faults(imaptest.Faults{MuteIdle: true, HoldExists: true})
						}
						for range 5 {
							uid, err := w.srv.Deliver("alice", "INBOX", mail, nil)
							if err != nil {
								t.Fatal(err)
							}
							sent++
							if random.IntN(2) == 0 {
								if err := w.srv.Remove("alice", "INBOX", uid); err != nil {
									t.Fatal(err)
								}
							}
						}
						w.faults(imaptest.Faults{})
						if away {
							w.start()
						}
						w.after(w.w.Bound())
						var skipped imap.UIDSet
						count := 0
						for _, s := range all[watch.Skipped](w) {
							skipped = skipped.With(s.UIDs)
							count += s.Count
						}
						told := w.uids()
						if len(told)+count != sent || uint64(count) != skipped.Len() {
							t.Errorf("%d sent, %d told, %d skipped: %v", sent, len(told), count, skipped)
							return
						}
						for _, uid := range told {
							if skipped.Contains(uid) {
								t.Errorf("message %d was told and skipped", uid)
							}
						}
					}
				})
			})
		}
	}
}
